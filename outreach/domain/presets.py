"""What the columns of a contact file mean: by who wrote it, by their names, by their content.

A `Mapping` names for each column its target. A target is a field of a contact (`TARGETS`),
``attributes.NAME`` for one declared in the workspace, or `IGNORED`. Nothing is guessed twice: the
person's own ``--map`` comes first, then the preset of the program that is recognised by its header,
then words of several languages, and last what stands in the column.
"""

import re
import unicodedata
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from outreach.domain.address import AddressError, normalise
from outreach.domain.contact import AttributeType
from outreach.domain.entry import likely_type
from outreach.errors import Problem, UsageError, suggestion

IGNORED = "-"
"""The target of a column that is left out on purpose."""

# Each target with the words for it. Words are compared without accents, marks and letter case.
_WORDS: dict[str, str] = {
    "email": """email|e mail|mail|email address|e mail address|mail address|emailadresse|
        e mail adresse|mailadresse|adresse mail|adresse email|adresse e mail|courriel|
        adresse electronique|adresse de messagerie|correo|correo electronico|
        direccion de correo electronico|direccion de correo|direccion de email|posta elettronica|
        indirizzo email|indirizzo e mail|indirizzo di posta elettronica|endereco de email|
        endereco de e mail|correio eletronico|e mailadres|emailadres|mailadres|epost|e post|
        e postadress|epostadress|mejl|mejladress|adres email|adres e mail|poczta|
        poczta elektroniczna|primary email|contact email|work email|email 1|e mail 1|
        subscriber email|adres mailowy""",
    "also_email": """additional email addresses|other email|secondary email|email 2|e mail 2|
        second email|private email|weitere e mail|zweite e mail|also email""",
    "first_name": """first name|firstname|given name|forename|fname|vorname|rufname|prenom|nombre|
        nombre de pila|nome proprio|primeiro nome|voornaam|fornamn|imie|name first""",
    "last_name": """last name|lastname|surname|family name|lname|nachname|familienname|zuname|
        nom de famille|apellido|apellidos|cognome|sobrenome|apelido|ultimo nome|achternaam|
        efternamn|nazwisko|name last""",
    "name": """name|full name|fullname|display name|contact name|contact|vollstandiger name|
        ganzer name|anzeigename|nom complet|nom et prenom|nombre completo|nombre y apellidos|
        nome completo|nome e cognome|volledige naam|naam|fullstandigt namn|namn|imie i nazwisko""",
    "company": """company|company name|organization|organisation|organization name|business|firm|
        employer|account name|firma|unternehmen|firmenname|betrieb|societe|entreprise|empresa|
        nombre de la empresa|compania|azienda|ditta|societa|ragione sociale|nome da empresa|
        bedrijf|bedrijfsnaam|foretag|foretagsnamn|organisationsname|przedsiebiorstwo|
        nazwa firmy""",
    "job_title": """job title|jobtitle|title|position|role title|organization title|beruf|funktion|
        stelle|jobtitel|berufsbezeichnung|fonction|poste|intitule du poste|cargo|puesto|
        profesion|ruolo|qualifica|posizione|funcao|functie|functietitel|titel|befattning|
        yrkestitel|stanowisko""",
    "phone": """phone|phone number|telephone|mobile|mobile phone|mobile phone number|cell|tel|
        telefon|telefonnummer|handy|mobil|mobilnummer|rufnummer|telephone portable|portable|
        numero de telephone|telefono|numero de telefono|movil|cellulare|telefone|celular|
        telemovel|telefoon|telefoonnummer|mobiel|mobiltelefon|telefonnr|numer telefonu|komorka|
        phone 1 value""",
    "locale": """locale|language|lang|preferred language|sprache|langue|idioma|lingua|lengua|taal|
        sprak|jezyk""",
    "timezone": """timezone|time zone|tz|zeitzone|fuseau horaire|zona horaria|fuso orario|
        fuso horario|tijdzone|tidszon|strefa czasowa""",
    "country": """country|country code|country region|countrycode|nation|land|landercode|
        landeskennzeichen|pays|pais|paese|nazione|landcode|kraj|cc""",
    "owner": """owner|contact owner|account owner|relationship owner|betreuer|ansprechpartner|
        zustandig|responsable|propietario|proprietario|eigenaar|agare|opiekun""",
    "source": """source|lead source|original source|contact source|quelle|herkunft|provenance|
        origen|fonte|origem|bron|kalla|zrodlo""",
    "relies_on": "relies on|verlasst sich auf",
    "interests": """interests|interest|topics|topic|interessen|interesse|themen|
        centres d interet|interets|intereses|interessi|interesses|interesses temas|
        interessegebieden|intressen|zainteresowania""",
    "roles": "roles|role|rolle|rollen|roles of contact",
    "tier": "tier|standing|contact tier|stufe",
    "attributes.tags": """tags|tag|labels|label|categories|category|groups|group membership|
        schlagworte|kategorien|etiquettes|etiquetas|etichette|marcadores|trefwoorden|etiketter|
        etykiety""",
    "created_at": """created at|created|date created|create date|creation date|date added|
        subscribed at|signup date|sign up date|erstellt|erstellt am|angelegt am|anmeldedatum|
        cree le|date de creation|date d inscription|fecha de creacion|fecha de alta|
        data di creazione|data creazione|data iscrizione|data de criacao|criado em|
        aangemaakt op|aangemaakt|skapad|skapad datum|utworzono|data utworzenia""",
    "note": """note|notes|comment|comments|remarks|notiz|notizen|bemerkung|bemerkungen|
        kommentar|remarques|commentaire|commentaires|notas|comentarios|commenti|observacoes|
        opmerkingen|notitie|anteckning|anteckningar|notatki|uwagi""",
    "consent": "consent|consent status|consent basis|opt in|optin|einwilligung|consentement|"
    "consentimiento|consenso|consentimento|toestemming|samtycke|zgoda",
    "consent_at": """consent at|consent date|consent given|opt in date|opted in at|
        einwilligung am|date de consentement|fecha de consentimiento|data del consenso""",
    "consent_evidence": "consent evidence|evidence|proof of consent|nachweis|preuve",
    "consent_expires": "consent expires|consent until|einwilligung bis",
    "consent_ip": "consent ip|opt in ip|ip|ip address|ip adresse",
    "opted_out": """opted out|opt out|optout|unsubscribed|unsubscribed from all email|
        email opt out|do not email|abgemeldet|desabonne|desinscrit|dado de baja|disiscritto|
        descadastrado|afgemeld|avregistrerad|wypisany""",
    "suppressed": "suppressed|gesperrt",
    "opted_out_at": "opted out at|unsubscribed at|opt out date|abgemeldet am",
}

TARGETS = tuple(dict.fromkeys(name for name in _WORDS if not name.startswith("attributes.")))
"""What a column can be besides an attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How one program writes its contacts.

    `columns` maps a column's plain name to a target. A file is this program's if it has all of
    `signature` (each a set of which one is enough). `carries_consent` says that rows may hold the
    proof of a permission.
    """

    name: str
    title: str
    signature: tuple[frozenset[str], ...]
    columns: Map[str, str]
    carries_consent: bool = False
    month_first: bool = False


def _one_of(*names: str) -> frozenset[str]:
    return frozenset(names)


_MAILCHIMP_OWN = (
    "member rating|latitude|longitude|gmtoff|dstoff|region|leid|euid|last changed|"
    "unsub campaign title|unsub campaign id|unsub reason other|clean campaign title|"
    "clean campaign id"
)

PRESETS = (
    Preset(
        name="mailchimp",
        title="Mailchimp",
        # The first columns are translated, the tail is not.
        signature=(_one_of("leid"), _one_of("euid")),
        columns={
            **dict.fromkeys(_MAILCHIMP_OWN.split("|"), IGNORED),
            "optin time": "optin_at",
            "optin ip": "optin_ip",
            "confirm time": "confirm_at",
            "confirm ip": "confirm_ip",
            "timezone": "timezone",
            "cc": "country",
            "language": "locale",
            "notes": "note",
            "tags": "attributes.tags",
            "unsub time": "opted_out_at",
            "unsub reason": "unsubscribe_reason",
            "clean time": "cleaned_at",
            "fname": "first_name",
            "lname": "last_name",
        },
        carries_consent=True,
        month_first=True,
    ),
    Preset(
        name="hubspot",
        title="HubSpot",
        signature=(
            _one_of("record id", "contact id", "hs object id"),
            _one_of(
                "marketing contact status",
                "unsubscribed from all email",
                "lifecycle stage",
                "associated company",
                "lead status",
            ),
        ),
        columns={
            "record id": IGNORED,
            "contact id": IGNORED,
            "hs object id": IGNORED,
            "associated company ids": IGNORED,
            "associated company": "company",
            "marketing contact status": "marketing_status",
            "unsubscribed from all email": "opted_out",
            "email hard bounce reason": "bounce_reason",
            "preferred language": "locale",
            "country region": "country",
        },
    ),
    Preset(
        name="google",
        title="Google Contacts",
        signature=(_one_of("e mail 1 value"),),
        columns={
            "e mail 1 value": "email",
            "e mail 2 value": "also_email",
            "e mail 3 value": "also_email",
            "e mail 4 value": "also_email",
            "given name": "first_name",
            "family name": "last_name",
            "name": IGNORED,
            "organization name": "company",
            "organization 1 name": "company",
            "organization title": "job_title",
            "organization 1 title": "job_title",
            "phone 1 value": "phone",
            "address 1 country": "country",
            "labels": "attributes.tags",
            "group membership": "attributes.tags",
            "photo": IGNORED,
        },
    ),
    Preset(
        name="ghost",
        title="Ghost",
        signature=(_one_of("subscribed to emails"), _one_of("stripe customer id")),
        columns={
            "id": IGNORED,
            "subscribed to emails": "subscribed",
            "stripe customer id": IGNORED,
            "complimentary plan": IGNORED,
            "gift id": IGNORED,
            "tiers": IGNORED,
            "deleted at": "deleted_at",
            "labels": "attributes.tags",
        },
    ),
    Preset(
        name="listmonk",
        title="listmonk",
        signature=(_one_of("attributes"), _one_of("email"), _one_of("name")),
        columns={
            "attributes": "json_attributes",
            "uuid": IGNORED,
            "status": "listmonk_status",
            "updated at": IGNORED,
        },
    ),
    Preset(name="vcard", title="vCard", signature=(), columns={}),
    Preset(name="plain", title="a table", signature=(), columns={}),
)
"""Every preset; the first that fits is taken."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the file, what it becomes (None: nothing yet), and who said so."""

    index: int
    header: str
    target: str | None
    by: str

    @property
    def attribute(self) -> str | None:
        """The attribute this column becomes, if it does."""
        return self.target.partition(".")[2] if self.target and "." in self.target else None


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A column that could be an attribute, and the line that would declare it."""

    header: str
    name: str
    type: AttributeType

    @property
    def line(self) -> str:
        """What to add below ``[attributes]`` in ``outreach.toml``."""
        return f'{self.name} = "{self.type.value}"'


@dataclass(frozen=True, slots=True)
class Mapping:
    """What every column of a file becomes.

    `status` is what a Mailchimp file says of all its people: ``subscribed``, ``unsubscribed``,
    ``cleaned`` or ``nonsubscribed``.
    """

    preset: Preset
    columns: tuple[Column, ...]
    undeclared: tuple[Undeclared, ...]
    status: str | None = None

    def indexes(self, target: str) -> tuple[int, ...]:
        """Return where the columns with this target are."""
        return tuple(column.index for column in self.columns if column.target == target)

    @property
    def carries_consent(self) -> bool:
        """Whether rows may say for themselves that somebody agreed to be mailed."""
        return self.preset.carries_consent or bool(self.indexes("consent"))


@cache
def _vocabulary() -> dict[str, str]:
    words: dict[str, str] = {}
    for target, several in _WORDS.items():
        for word in several.split("|"):
            words.setdefault(plain(word), target)
        words.setdefault(plain(target.replace("_", " ")), target)
    return words


def plain(header: str) -> str:
    """Return a column's name without accents, marks and letter case, as words in one form."""
    folded = header.casefold().replace("ł", "l").replace("ø", "o").replace("æ", "ae")
    bare = "".join(
        char for char in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(char)
    )
    return " ".join(re.findall(r"\w+", bare.replace("_", " ")))


def attribute_name(header: str) -> str:
    """Return a name that a column could have as an attribute."""
    name = re.sub(r"[^a-z0-9]+", "_", plain(header).encode("ascii", "ignore").decode()).strip("_")
    return (name if re.match(r"[a-z]", name) else f"column_{name}".rstrip("_"))[:63]


def map_columns(
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    *,
    file_name: str,
    attributes: Map[str, AttributeType],
    explicit: Map[str, str] | None = None,
    preset: str | None = None,
) -> Mapping:
    """Decide what each column becomes, or raise `UsageError` with everything that is wrong.

    `explicit` maps column names to targets, as the person gave them; `preset` names a preset where
    the person chose one.
    """
    chosen = _preset(header, preset)
    ordered, problems = _explicit_targets(header, explicit or {}, attributes)
    targets: dict[int, tuple[str, str]] = {
        index: (target, "--map") for index, target in ordered.items()
    }
    taken = {target for target, _ in targets.values()}

    def give(index: int, target: str, by: str) -> None:
        attribute = target.partition(".")[2]
        if attribute and attribute not in attributes:
            return
        if target in taken and target not in (IGNORED, "also_email"):
            if target != "email":
                return
            target = "also_email"
        targets[index] = (target, by)
        taken.add(target)

    names = [plain(name) for name in header]
    if [*names[:2]] == ["line", "reason"]:  # a rejects file that was mended
        targets.update({0: (IGNORED, "rejects"), 1: (IGNORED, "rejects")})
    for index, name in enumerate(names):
        if index not in targets and name in chosen.columns:
            give(index, chosen.columns[name], chosen.title)
    for index in range(len(header)):
        if index not in targets and (declared := _declared(header[index], attributes)):
            give(index, f"attributes.{declared}", "declared")
    for index, name in enumerate(names):
        if index not in targets and name in _vocabulary():
            give(index, _vocabulary()[name], "name")
    if "email" not in taken:
        found = _address_column(sample, targets, len(header))
        if found is not None:
            give(found, "email", "content")
    if "email" not in taken:
        problems.append(_no_address(header, file_name))
    if problems:
        raise UsageError(problems)
    columns = tuple(
        Column(index, name, *targets.get(index, (None, ""))) for index, name in enumerate(header)
    )
    undeclared = tuple(
        Undeclared(
            column.header,
            attribute_name(column.header),
            AttributeType.LIST
            if _vocabulary().get(names[column.index]) == "attributes.tags"
            else likely_type([row[column.index] for row in sample if column.index < len(row)]),
        )
        for column in columns
        if column.target is None and any(row[column.index].strip() for row in sample)
    )
    return Mapping(chosen, columns, undeclared, _status(chosen, names, file_name))


def _preset(header: Sequence[str], named: str | None) -> Preset:
    if named is not None:
        return next(preset for preset in PRESETS if preset.name == named)
    names = {plain(name) for name in header}
    return next(
        (
            preset
            for preset in PRESETS
            if preset.signature and all(names & several for several in preset.signature)
        ),
        PRESETS[-1],
    )


def _declared(header: str, attributes: Map[str, AttributeType]) -> str | None:
    bare = header.strip().removeprefix("attributes.")
    if bare in attributes:
        return bare
    if plain(header) in _vocabulary():
        return None
    name = attribute_name(bare)
    return name if name in attributes else None


def _explicit_targets(
    header: Sequence[str], explicit: Map[str, str], attributes: Map[str, AttributeType]
) -> tuple[dict[int, str], list[Problem]]:
    targets: dict[int, str] = {}
    problems = []
    for name, target in explicit.items():
        exact = [index for index, column in enumerate(header) if column == name]
        found = exact or [i for i, column in enumerate(header) if plain(column) == plain(name)]
        if not found:
            hint = suggestion(name, header) or f"its columns are {', '.join(header[:20])}"
            problems.append(Problem(f'the file has no column "{name}"', "--map", hint=hint))
            continue
        kind, dot, attribute = target.partition(".")
        if dot and kind == "attributes":
            if attribute not in attributes:
                hint = suggestion(attribute, attributes) or (
                    f'add {attribute_name(attribute)} = "text" under [attributes] in outreach.toml'
                )
                problems.append(
                    Problem(f'no attribute "{attribute}" is declared', "--map", hint=hint)
                )
                continue
        elif target not in (*TARGETS, IGNORED):
            known = [*TARGETS, *(f"attributes.{known}" for known in attributes)]
            hint = suggestion(target, known) or f"use one of {', '.join(known)}, or {IGNORED}"
            problems.append(
                Problem(f'a contact has no field "{target}" to import into', "--map", hint=hint)
            )
            continue
        targets[found[0]] = target
    counted = [target for target in targets.values() if target not in (IGNORED, "also_email")]
    problems += [
        Problem(f"two columns cannot both be {target}", "--map")
        for target in sorted({target for target in counted if counted.count(target) > 1})
    ]
    return targets, problems


def _address_column(
    sample: Sequence[Sequence[str]], taken: Map[int, object], width: int
) -> int | None:
    best, most = None, 0
    for index in range(width):
        cells = [row[index].strip() for row in sample if index < len(row) and row[index].strip()]
        good = sum(_is_address(cell) for cell in cells)
        if index not in taken and good > most and good * 2 > len(cells):
            best, most = index, good
    return best


def _is_address(cell: str) -> bool:
    try:
        return bool(normalise(cell))
    except AddressError:
        return False


def _no_address(header: Sequence[str], file_name: str) -> Problem:
    shown = ", ".join(f'"{name}"' for name in header[:20])
    return Problem(
        f"no column holds mail addresses (the columns are {shown})",
        file_name,
        1,
        hint=f'say which one with --map "{header[0]}=email"',
    )


def _status(preset: Preset, names: Sequence[str], file_name: str) -> str | None:
    """Return what a Mailchimp export is of: its columns say so, else the name of the file."""
    if preset.name != "mailchimp":
        return None
    if "clean time" in names:
        return "cleaned"
    if "unsub time" in names:
        return "unsubscribed"
    base = re.split(r"[\\/]", file_name)[-1].lower()
    return next(
        (
            word
            for word in ("nonsubscribed", "unsubscribed", "cleaned", "subscribed")
            if re.match(rf"{word}[_ -]", base)
        ),
        "subscribed",
    )
