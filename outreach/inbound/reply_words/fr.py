"""French."""

from outreach.inbound.reply_words.table import ReplyWords

WORDS = ReplyWords(
    wrote=("a [ée]crit", "[ée]crit", "[ée]crivait", "[ée]crivit"),
    on=("le", "en date du", "dans (?:son|un) message du", "du"),
    sender=("de", "exp[ée]diteur", "from"),
    sent=("envoy[ée]e?", "date", "envoy[ée] le", "date d'envoi"),
    to=("[àa]", "pour", "cc", "destinataires?", "copie [àa]", "r[ée]pondre [àa]"),
    subject=("objet", "sujet", "importance", "pi[èe]ces? jointes?"),
    original=(
        "message d'origine",
        "rendez-vous d'origine",
        "message original",
        "mail original",
        "message transf[ée]r[ée]",
        "message initial",
        "d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])",
        "courriel original",
    ),
    sent_from=(
        "envoy[ée]e? (?:de(?:puis)?|[àa] partir|via|avec|par) .{1,60}",
        "t[ée]l[ée]charge[rz] outlook .{1,40}",
        "obten(?:ez|ir) outlook .{1,40}",
        "provenance : .{1,40}",
    ),
)
