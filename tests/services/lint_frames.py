"""What the templates of `tests.services.lint_pairs` are made of, around what they are about.

``▸`` stands in front of what a finding should name, by line and column, and is taken out before the
template is read. A broken template without it has a finding that is about the file as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PREHEADER = "Forty characters at the least, and no more than inboxes show."
VORSPANN = "Mindestens vierzig Zeichen, aber nicht mehr, als man dort sieht."
WORDS = {
    "en": "Words enough to be a letter, because a mail of pictures alone is another matter "
    "altogether and has a rule of its own.",
    "de": "So viele Worte, wie ein Brief sie hat, denn eine Mail aus nichts als Bildern wäre etwas "
    "ganz anderes und hat eine eigene Regel.",
}
LAYOUT = """\
<mjml lang="{{ language }}">
  <mj-head><mj-title>{{ subject }}</mj-title>
  <mj-attributes><mj-all font-size="16px" /></mj-attributes></mj-head>
  <mj-body>
{{ content }}
    <mj-section><mj-column><mj-text font-size="16px">{{ postal_address }}
      <a href="{{ links.unsubscribe }}">Unsubscribe</a></mj-text></mj-column></mj-section>
  </mj-body>
</mjml>
"""
#: For the settings of one case: a picture that weighs more than a megabyte.
HEAVY = {"files/heavy.png": b"\x89PNG\r\n\x1a\n" + bytes(1_500_000)}
LIGHT = {"files/heavy.png": b"\x89PNG\r\n\x1a\n" + bytes(15_000)}


@dataclass(frozen=True, slots=True)
class Pair:
    """A broken template and a clean one, which are files beginning with front matter.

    `form` is ``mjml``, ``md`` or ``txt``, `language` that of the words. `files` lie beside both,
    those in `mended` beside the clean one instead. `person` is what is known of the reader,
    `settings` what the workspace is set to. `also` are rules that the broken one must break too.
    """

    rule: str
    form: str
    broken: str
    clean: str
    language: str = "en"
    place: str = "mail"
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    mended: Mapping[str, str | bytes] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    mended_settings: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def _words(language: str) -> str:
    return WORDS.get(language, WORDS["en"])


def _head(values: Mapping[str, str | None], language: str) -> str:
    usual = {
        "subject": "Was der Frühling bringt" if language == "de" else "What the spring brings",
        "preheader": VORSPANN if language == "de" else PREHEADER,
        "language": language,
    }
    lines = [f"{key}: {value}" for key, value in {**usual, **values}.items() if value is not None]
    return "---\n" + "\n".join(lines) + "\n---\n"


def md(body: str, *, language: str = "en", foot: bool = True, **head: str | None) -> str:
    """Return a letter in Markdown with this body."""
    stop = "\n\n[Unsubscribe]({{ links.unsubscribe }}) {{ postal_address }}\n" if foot else "\n"
    return f"{_head(head, language)}{body}\n\n{_words(language)}{stop}"


def mjml(inside: str, *, language: str = "en", head_of: str = "", **head: str | None) -> str:
    """Return a page in MJML with these elements in its column."""
    return (
        f'{_head(head, language)}<mjml lang="{{{{ language }}}}">\n'
        f"<mj-head><mj-title>{{{{ subject }}}}</mj-title>{head_of}</mj-head>\n"
        f"<mj-body><mj-section><mj-column>\n{inside}\n"
        f'<mj-text font-size="16px">{_words(language)} {{{{ postal_address }}}}\n'
        '<a href="{{ links.unsubscribe }}">Unsubscribe</a></mj-text>\n'
        "</mj-column></mj-section></mj-body></mjml>\n"
    )


def text(inside: str) -> str:
    """Return an element of MJML that holds HTML."""
    return f'<mj-text font-size="16px">{inside}</mj-text>'


def image(attributes: str) -> str:
    """Return an image in HTML, with a size."""
    return f'<img {attributes} width="90" height="60">'


def as_text(inside: str, **head: Any) -> str:
    return mjml(text(inside), **head)


def pictures(number: int) -> str:
    return "".join(image(f'alt="" src="https://e.example/{n}.png"') for n in range(number))


SPRING = "https://e.example/spring"
TEXT = "'Stop: {{ links.unsubscribe }} {{ postal_address }}'"
NIGHT = """<mj-raw><meta name="color-scheme" content="light dark"></mj-raw>
<mj-style>@media (prefers-color-scheme: dark) {{ {} }}</mj-style>"""
DEFAULT = "{{ contact.first_name | default('you') }}"
GERMAN_DEFAULT = "{{ contact.first_name | default('zusammen') }}"
