"""The rules that mail is checked against: what each is called, how grave it is, what mends it.

An id never changes its meaning and is never used again. An error is what must not go out, a warning
what some readers suffer from, a note what is good to know.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a finding is."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """A number that is higher the graver it is."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is looked for. `sentence` says what is wrong, `hint` what to do about it."""

    id: str
    name: str
    severity: Severity
    sentence: str
    hint: str


_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            "L001",
            "not-made",
            _ERROR,
            "the mail cannot be made",
            "mend the place that is named; names are checked before anything is rendered",
        ),
        Rule(
            "L002",
            "template-remark",
            _WARNING,
            "the template says something that has no effect",
            "change or remove what is named",
        ),
        Rule(
            "L003",
            "unknown-rule",
            _WARNING,
            "a lint comment names no rule",
            "write an id or name from the table of rules",
        ),
        Rule(
            "L004",
            "not-translated",
            _NOTE,
            "contacts have a locale for which the template has no translation",
            "they get it as it is there; a file beside it, such as NAME.fi.md, translates it",
        ),
        Rule(
            "L005",
            "not-compiled",
            _NOTE,
            "mail of the template is made one by one, which takes a hundred times as long",
            "change what is named, or leave it: the mail is the same",
        ),
        Rule(
            "L011",
            "size-clipped",
            _ERROR,
            "the HTML is so large that Gmail cuts its end off",
            "bring it below 102,400 octets; personal links count too",
        ),
        Rule(
            "L012",
            "size-near",
            _WARNING,
            "the HTML is nearly so large that Gmail cuts its end off",
            "keep it below 90,000 octets",
        ),
        Rule(
            "L013",
            "unsubscribe-clipped",
            _ERROR,
            "the unsubscribe link lies beyond where Gmail cuts the mail off",
            "shorten the mail, or print the link near its top",
        ),
        Rule(
            "L101",
            "image-alt",
            _ERROR,
            "an image has no alt text",
            'say in alt="…" what it shows; alt="" if it only adorns',
        ),
        Rule(
            "L102",
            "link-text",
            _ERROR,
            "a link has no text",
            "write words into it, or an alt text for its image",
        ),
        Rule(
            "L103",
            "language",
            _WARNING,
            "the mail does not say in which language it is",
            'write <mjml lang="{{ language }}"> in the layout',
        ),
        Rule(
            "L104",
            "title",
            _WARNING,
            "the mail has no title",
            "write <mj-title>{{ subject }}</mj-title> in the layout",
        ),
        Rule(
            "L105",
            "contrast",
            _WARNING,
            "text is hard to tell from its background",
            "4.5:1 is the least, 3:1 for text of 24 px, or 19 px and bold",
        ),
        Rule(
            "L106",
            "contrast-dark",
            _WARNING,
            "text is hard to tell from its background where the reader's screen is dark",
            "give it a colour of its own under @media (prefers-color-scheme: dark)",
        ),
        Rule(
            "L107",
            "font-small",
            _WARNING,
            "text is smaller than 14 px",
            "telephones make it smaller still",
        ),
        Rule(
            "L108",
            "heading-order",
            _WARNING,
            "a heading skips a level",
            "who listens to a mail goes from heading to heading; let each be one below the last",
        ),
        Rule(
            "L109",
            "table-role",
            _WARNING,
            'a table has neither header cells nor role="presentation"',
            'write role="presentation" if it only lays out, else <th> in its first row',
        ),
        Rule(
            "L201",
            "link-empty",
            _ERROR,
            "a link leads nowhere",
            "give it its target, or make it plain text",
        ),
        Rule(
            "L202",
            "link-scheme",
            _ERROR,
            "a link does what no mail program allows",
            "links begin with https:, mailto: or tel:",
        ),
        Rule(
            "L203",
            "link-http",
            _WARNING,
            "something is fetched without encryption",
            "write https://",
        ),
        Rule(
            "L204",
            "anchor-dead",
            _ERROR,
            "a link leads to a place in the mail that is not there",
            'put id="…" with the same name where it should lead',
        ),
        Rule(
            "L205",
            "link-relative",
            _ERROR,
            "a link has no host: a mail has no page that it could be relative to",
            "write the whole address, with https://",
        ),
        Rule(
            "L206",
            "link-in-disguise",
            _WARNING,
            "a link shows one host and leads to another",
            "mail programs warn of this; write words, or the host that it leads to",
        ),
        Rule(
            "L207",
            "text-links",
            _WARNING,
            "the text part lacks a link that the HTML has",
            "write the same links into the text, or leave `text` out",
        ),
        Rule(
            "L301",
            "unsubscribe-html",
            _ERROR,
            "readers of the HTML see no way to unsubscribe",
            "print {{ links.unsubscribe }} in the template or its layout",
        ),
        Rule(
            "L302",
            "unsubscribe-text",
            _ERROR,
            "readers of the text see no way to unsubscribe",
            "print {{ links.unsubscribe }} in the text too",
        ),
        Rule(
            "L303",
            "address-unset",
            _ERROR,
            "there is no postal address",
            "set postal_address in outreach.toml and print it; many laws ask for it",
        ),
        Rule(
            "L304",
            "address-missing",
            _ERROR,
            "the postal address is not in the mail",
            "print {{ postal_address }} in the template or its layout",
        ),
        Rule(
            "L305",
            "subject-reply",
            _ERROR,
            "the subject pretends to be an answer",
            "take Re: or Fwd: away; receivers and laws call it misleading",
        ),
        Rule(
            "L306",
            "sender-name",
            _ERROR,
            "the sender's name holds more than who writes",
            "write the name of the person or firm, and nothing else",
        ),
        Rule(
            "L307",
            "give-sells",
            _WARNING,
            "the mail is declared `give`, and sells",
            "declare class: ask, or take the price or shop link out",
        ),
        Rule(
            "L308",
            "word",
            _WARNING,
            "a word is used that this tier is not spoken to with",
            "the words stand in tiers.toml under [words]",
        ),
        Rule(
            "L401",
            "preheader-missing",
            _WARNING,
            "there is no preheader",
            "inboxes show it beside the subject; without one they show the first words of the mail",
        ),
        Rule(
            "L402",
            "preheader-short",
            _WARNING,
            "the preheader is too short to tell why to open the mail",
            "use 40 to 130 characters",
        ),
        Rule(
            "L403",
            "preheader-long",
            _WARNING,
            "the preheader is longer than any inbox shows",
            "use 40 to 130 characters",
        ),
        Rule(
            "L404",
            "subject-long",
            _WARNING,
            "the subject is longer than inboxes show",
            "say it in 60 characters; telephones show about 40",
        ),
        Rule(
            "L501",
            "image-size",
            _WARNING,
            "an image does not say how wide and high it is",
            "give it width and height, or the text jumps when it arrives",
        ),
        Rule(
            "L502",
            "image-heavy",
            _WARNING,
            "the mail is more pictures than words",
            "say in text what matters; many readers see no pictures, and filters distrust them",
        ),
        Rule(
            "L503",
            "image-data",
            _ERROR,
            "an image is written into the HTML, where Gmail and Outlook do not show it",
            "put it on a web server and link to it",
        ),
        Rule(
            "L504",
            "image-large",
            _WARNING,
            "an image is heavy",
            "bring it below 1 MB; a telephone loads it over the air",
        ),
        Rule(
            "L601",
            "client-unsupported",
            _WARNING,
            "something does not work in a mail client that matters to you",
            "do without it, or make sure that the mail reads well when it is missing",
        ),
        Rule(
            "L602",
            "client-partial",
            _NOTE,
            "something works only in part in a mail client that matters to you",
            "look at the page that is named",
        ),
        Rule(
            "L603",
            "client-adornment",
            _NOTE,
            "an adornment is not shown by a mail client that matters to you",
            "nothing is lost but looks",
        ),
    )
}
"""Every rule, by its id."""


def named(word: str) -> Rule | None:
    """Return the rule whose id or name is `word`."""
    return next(
        (rule for rule in RULES.values() if word.lower() in (rule.id.lower(), rule.name)), None
    )
