"""For every rule of `outreach check`, a template that breaks it and one like it that does not.

``▸`` stands in front of what a finding should name, by line and column, and is taken out before the
template is read. A broken template without it has a finding that is about the file as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PREHEADER = "Forty characters at the least, and no more than inboxes show."
VORSPANN = "Mindestens vierzig Zeichen, aber nicht mehr, als man dort sieht."
_WORDS = {
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
    return _WORDS.get(language, _WORDS["en"])


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


def _as_text(inside: str, **head: Any) -> str:
    return mjml(text(inside), **head)


def _pictures(number: int) -> str:
    return "".join(image(f'alt="" src="https://e.example/{n}.png"') for n in range(number))


_SPRING = "https://e.example/spring"
_TEXT = "'Stop: {{ links.unsubscribe }} {{ postal_address }}'"
_NIGHT = """<mj-raw><meta name="color-scheme" content="light dark"></mj-raw>
<mj-style>@media (prefers-color-scheme: dark) {{ {} }}</mj-style>"""
_DEFAULT = "{{ contact.first_name | default('you') }}"
_GERMAN_DEFAULT = "{{ contact.first_name | default('zusammen') }}"

PAIRS = (
    Pair("L001", "md", md("Hello {{ contact.▸first_nam }}"), md(f"Hello {_DEFAULT}")),
    Pair("L001", "mjml", mjml("▸<mj-txet>Hello</mj-txet>"), mjml(text("Hello"))),
    Pair(
        "L001",
        "md",
        md("Hallo {{ contact.▸first_name }}", language="de"),
        md(f"Hallo {_GERMAN_DEFAULT}", language="de"),
        language="de",
        person={"first_name": None},
    ),
    Pair(
        "L002",
        "md",
        md("Hello", **{"▸hero": "files/hero.png"}),
        md("Hello from {{ hero }}", hero="the Alps"),
    ),
    Pair(
        "L002",
        "mjml",
        mjml(text("Hello"), **{"▸hero": "unused"}),
        mjml(text("{{ hero }}"), hero="x"),
    ),
    Pair(
        "L003",
        "md",
        md("<!-- lint: ignore ▸image-alts -->"),
        md("<!-- lint: ignore image-alt -->"),
    ),
    Pair("L003", "mjml", mjml("{# lint: ignore ▸L999 #}"), mjml("{# lint: ignore L107 #}")),
    Pair(
        "L004",
        "md",
        md("Hello"),
        md("Hello"),
        files={"mail.de.md": md("Hallo", language="de")},
        mended={"mail.fi.md": md("Hei").replace(": en", ": fi")},
        person={"locale": "fi"},
    ),
    Pair(
        "L004",
        "mjml",
        mjml(text("Hello")),
        mjml(text("Hello")),
        files={"mail.de.mjml": mjml(text("Hallo"), language="de")},
        mended={"mail.pl.mjml": mjml(text("Hej")).replace(": en", ": pl")},
        person={"locale": "pl-PL"},
    ),
    Pair(
        "L005",
        "md",
        md("Hello", foot=False, layout="odd"),
        md("Hello", foot=False, layout="odd"),
        files={
            "layouts/odd.mjml": LAYOUT.replace(
                "{{ content }}", "{{ content | replace('Hello', contact.tier) }}"
            )
        },
        mended={"layouts/odd.mjml": LAYOUT},
    ),
    Pair(
        "L005",
        "mjml",
        "---\nsubject: What the spring brings\npreheader: " + PREHEADER + "\nlayout: odd\n---\n"
        "<mj-section><mj-column>"
        + text("Hello")
        + text(_WORDS["en"])
        + "</mj-column></mj-section>",
        "---\nsubject: What the spring brings\npreheader: " + PREHEADER + "\nlayout: odd\n---\n"
        "<mj-section><mj-column>"
        + text("Hello")
        + text(_WORDS["en"])
        + "</mj-column></mj-section>",
        files={
            "layouts/odd.mjml": LAYOUT.replace(
                "{{ content }}", "{{ content | replace('Hello', contact.tier) }}"
            )
        },
        mended={"layouts/odd.mjml": LAYOUT},
    ),
    Pair(
        "L011",
        "md",
        md("[Unsubscribe]({{ links.unsubscribe }})\n\n" + "word " * 21_000),
        md("word " * 15_000),
    ),
    Pair(
        "L011",
        "mjml",
        mjml(text('<a href="{{ links.unsubscribe }}">Stop</a>') + text("word " * 21_000)),
        mjml(text("word " * 15_000)),
    ),
    Pair("L012", "md", md("word " * 19_000), md("word " * 15_000)),
    Pair("L012", "mjml", mjml(text("Wort " * 18_500)), mjml(text("Wort " * 15_000))),
    Pair(
        "L013",
        "md",
        md("word " * 21_000, foot=False)
        + "[Stop]({{ ▸links.unsubscribe }}) {{ postal_address }}\n",
        md("word " * 15_000),
        also=("L011",),
    ),
    Pair(
        "L013",
        "mjml",
        mjml(text("word " * 21_000)).replace("links.unsubscribe", "▸links.unsubscribe"),
        mjml(text("word " * 15_000)),
        also=("L011",),
    ),
    Pair(
        "L101",
        "md",
        md(image("src=▸https://e.example/a.png")),
        md(image('src="https://e.example/a.png" alt="A lamb"')),
    ),
    Pair(
        "L101",
        "md",
        md("▸![](https://e.example/a.png)", foot=False, layout="letter"),
        md("![A lamb](https://e.example/a.png)", foot=False, layout="letter"),
        files={"layouts/letter.mjml": LAYOUT},
    ),
    Pair(
        "L101",
        "mjml",
        mjml('▸<mj-image src="https://e.example/a.png" />'),
        mjml('<mj-image src="https://e.example/a.png" alt="" />'),
    ),
    Pair("L102", "md", md(f"Read [](▸{_SPRING})"), md(f"Read [about it]({_SPRING})")),
    Pair(
        "L102",
        "mjml",
        mjml(f'<mj-button href="▸{_SPRING}"></mj-button>'),
        mjml(f'<mj-button font-size="16px" href="{_SPRING}">Read about it</mj-button>'),
    ),
    Pair(
        "L103",
        "md",
        md("Hello", foot=False, layout="letter"),
        md("Hello", foot=False, layout="letter"),
        files={"layouts/letter.mjml": LAYOUT.replace('<mjml lang="{{ language }}">', "▸<mjml>")},
        mended={"layouts/letter.mjml": LAYOUT},
        place="layouts/letter",
    ),
    Pair(
        "L103",
        "mjml",
        mjml(text("Hello")).replace('<mjml lang="{{ language }}">', "▸<mjml>"),
        mjml(text("Hello")),
    ),
    Pair(
        "L104",
        "md",
        md("Hello", foot=False, layout="letter"),
        md("Hello", foot=False, layout="letter"),
        files={
            "layouts/letter.mjml": LAYOUT.replace(
                "<mj-head><mj-title>{{ subject }}</mj-title>", "▸<mj-head>"
            )
        },
        mended={"layouts/letter.mjml": LAYOUT},
        place="layouts/letter",
    ),
    Pair(
        "L104",
        "mjml",
        mjml(text("Hello")).replace("<mj-title>{{ subject }}", "▸<mj-title>"),
        mjml(text("Hello")),
    ),
    Pair(
        "L105",
        "md",
        md('Is <span style="color:#999999">▸this hard to read</span>?'),
        md('Is <span style="color:#767676;background:#ffffff">this hard to read</span>?'),
    ),
    Pair(
        "L105",
        "mjml",
        mjml('<mj-text font-size="16px" color="#aaaaaa">▸Hard to read</mj-text>'),
        mjml('<mj-text font-size="16px" color="#555555">Not hard to read</mj-text>'),
    ),
    Pair(
        "L106",
        "md",
        md('<span style="color:#222222">▸Black is gone at night</span>'),
        md("Black is white at night"),
    ),
    Pair(
        "L106",
        "mjml",
        mjml(
            '<mj-text font-size="16px" css-class="tale">▸A tale of the night</mj-text>',
            head_of=_NIGHT.format(
                "div, a { color: #eeeeee !important } .tale div { color: #333333 !important }"
            ),
        ),
        mjml(
            '<mj-text font-size="16px" css-class="tale">A tale of the night</mj-text>',
            head_of=_NIGHT.format(
                "div, a { color: #eeeeee !important } .tale div { color: #dddddd !important }"
            ),
        ),
    ),
    Pair(
        "L107",
        "md",
        md('<small style="font-size:12px">▸Small print</small>'),
        md('<small style="font-size:14px">Small print</small>'),
    ),
    Pair(
        "L107",
        "mjml",
        mjml('<mj-text font-size="11px">▸Small print</mj-text>'),
        mjml('<mj-text font-size="15px">Small print</mj-text>'),
    ),
    Pair("L108", "md", md("# Spring\n\n### ▸Lambs"), md("# Spring\n\n## Lambs")),
    Pair(
        "L108",
        "mjml",
        mjml(text("<h1>Spring</h1><h3>▸Lambs</h3>")),
        mjml(text("<h1>Spring</h1><h2>Lambs</h2>")),
    ),
    Pair(
        "L109",
        "md",
        md("<table><tr><td>▸Lambs in the hills</td><td>12</td></tr></table>"),
        md("| Beasts | Number |\n|---|---|\n| Lambs in the hills | 12 |"),
    ),
    Pair(
        "L109",
        "mjml",
        mjml(text("<table><tr><td>▸Lambs in the hills</td></tr></table>")),
        mjml(text('<table role="presentation"><tr><td>Lambs in the hills</td></tr></table>')),
    ),
    Pair("L201", "md", md("Read [▸about lambs]()."), md(f"Read [about lambs]({_SPRING}).")),
    Pair(
        "L201",
        "mjml",
        mjml(text('Read <a href="#">▸about lambs</a>.')),
        mjml(text(f'Read <a href="{_SPRING}">about lambs</a>.')),
    ),
    Pair("L202", "md", md("[Press](▸javascript:alert(1))"), md("[Press](https://e.example/x)")),
    Pair("L202", "md", md("<a href='▸vbscript:x'>Press</a>"), md("<a href='tel:+491'>Ring</a>")),
    Pair(
        "L202",
        "mjml",
        mjml(text('<a href="▸javascript:alert(1)">Press</a>')),
        mjml(text('<a href="mailto:anna@e.example">Write</a>')),
    ),
    Pair("L203", "md", md("[Read](▸http://e.example/a)"), md("[Read](https://e.example/a)")),
    Pair(
        "L203",
        "mjml",
        mjml('<mj-image src="▸http://e.example/a.png" alt="A lamb" />'),
        mjml('<mj-image src="https://e.example/a.png" alt="http: in words" />'),
    ),
    Pair(
        "L204",
        "md",
        md("[Down](▸#lambs)"),
        md('[Down](#lambs)\n\n<div id="lambs">Lambs</div>'),
        settings={"clients": ("apple-mail",)},
    ),
    Pair(
        "L204",
        "mjml",
        mjml(text('<a href="▸#lambs">Down</a>')),
        mjml(text('<a href="#lambs">Down</a> <p id="lambs">Lambs</p>')),
        settings={"clients": ("apple-mail",)},
    ),
    Pair("L205", "md", md("[Read](▸lambs.html)"), md("[Read](https://e.example/lambs.html)")),
    Pair(
        "L205",
        "mjml",
        mjml(text('<a href="▸/lambs">Read</a>')),
        mjml(text('<a href="https://e.example/lambs">Read</a>')),
    ),
    Pair(
        "L206",
        "md",
        md("[https://bank.example/login](▸https://evil.example/login)"),
        md("[https://bank.example](https://www.bank.example/login)"),
    ),
    Pair(
        "L206",
        "mjml",
        mjml(text('<a href="▸https://evil.example/x">www.bank.example</a>')),
        mjml(text('<a href="https://bank.example/x">Your bank</a>')),
    ),
    Pair(
        "L207",
        "md",
        md(f"[Read]({_SPRING})", text='▸"Stop: {{ links.unsubscribe }} {{ postal_address }}"'),
        md(
            f"[Read]({_SPRING})",
            text=f'"{_SPRING} Stop: {{{{ links.unsubscribe }}}} {{{{ postal_address }}}}"',
        ),
    ),
    Pair(
        "L207",
        "mjml",
        mjml(
            text(f'<a href="{_SPRING}">Read</a>'),
            text='▸"Stop: {{ links.unsubscribe }} {{ postal_address }}"',
        ),
        mjml(text(f'<a href="{_SPRING}">Read</a>')),
    ),
    Pair(
        "L301",
        "md",
        md("{{ postal_address }}", foot=False, text=_TEXT),
        md("{{ postal_address }}", text=_TEXT),
    ),
    Pair(
        "L301",
        "mjml",
        mjml(text("Hello"), text=_TEXT).replace('<a href="{{ links.unsubscribe }}">', "<a>"),
        mjml(text("Hello"), text=_TEXT),
    ),
    Pair(
        "L302",
        "md",
        md("Hello", text="▸'{{ postal_address }}'"),
        md("Hello", text="'{{ postal_address }} {{ links.unsubscribe }}'"),
        also=("L207",),
    ),
    Pair(
        "L302",
        "mjml",
        mjml(text("Hello"), text="▸'{{ postal_address }}'"),
        mjml(text("Hello")),
        also=("L207",),
    ),
    Pair(
        "L303",
        "md",
        md("Hello").replace("{{ postal_address }}", ""),
        md("Hello"),
        settings={"postal_address": None},
        mended_settings={"postal_address": "1 Main Street, Town"},
        place="outreach.toml",
    ),
    Pair(
        "L303",
        "mjml",
        mjml(text("Hello")).replace("{{ postal_address }}", ""),
        mjml(text("Hello")),
        settings={"postal_address": None},
        mended_settings={"postal_address": "1 Main Street, Town"},
        place="outreach.toml",
    ),
    Pair("L304", "md", md("Hello").replace("{{ postal_address }}", ""), md("Hello")),
    Pair(
        "L304",
        "mjml",
        mjml(text("Hello")).replace("{{ postal_address }}", "2 Other Street"),
        mjml(text("Hello")),
    ),
    *(
        Pair(
            "L305",
            form,
            make("Hello", language=language, subject=f'▸"{bad}"'),
            make("Hello", language=language, subject=f'"{good}"'),
            language=language,
        )
        for form, make, language, bad, good in (
            ("md", md, "en", "Re: your offer", "Regarding: your offer"),
            ("md", md, "de", "AW: Ihr Angebot", "Awesome: Ihr Angebot"),
            ("mjml", _as_text, "en", "Fwd: it", "Forward: it"),
            ("mjml", _as_text, "de", "WG: es", "WGs: es"),
            ("md", md, "sv", "SV: brevet", "Svar: brevet"),
        )
    ),
    Pair(
        "L306",
        "md",
        md("Hello"),
        md("Hello"),
        settings={"sender": "Save 20% today!"},
        mended_settings={"sender": "Anna Weber"},
        place="outreach.toml",
    ),
    Pair(
        "L306",
        "mjml",
        mjml(text("Hallo"), language="de"),
        mjml(text("Hallo"), language="de"),
        language="de",
        settings={"sender": "AW: Anna Weber"},
        mended_settings={"sender": "Anna Weber (Büro)"},
        place="outreach.toml",
    ),
    *(
        Pair(
            "L307",
            form,
            make(bad, language=language),
            make(good, language=language),
            language=language,
        )
        for form, make, language, bad, good in (
            ("md", md, "en", "Now ▸$49 only", "Some 49 lambs only"),
            ("md", md, "en", "Now ▸20 percent off", "Some 20 percent of lambs"),
            ("md", md, "de", "Nur ▸49,90 € heute", "Nur 49,90 m heute"),
            ("md", md, "de", "Heute ▸15 % Rabatt", "Heute 15 % Regen"),
            (
                "mjml",
                _as_text,
                "de",
                '<a href="▸https://e.example/warenkorb">Mehr</a>',
                '<a href="https://e.example/warenkunde">Mehr</a>',
            ),
            (
                "mjml",
                _as_text,
                "en",
                '<a href="▸https://shop.e.example/lamb">More</a>',
                '<a href="https://e.example/shopping-with-lambs">More</a>',
            ),
        )
    ),
    *(
        Pair(
            "L308",
            form,
            make(bad, language=language),
            make(good, language=language),
            language=language,
            person={"tier": "client"},
            settings={"words": {"client": {"customer": "client", "Kunde": "Mandant"}}},
        )
        for form, make, language, bad, good in (
            ("md", md, "en", "Our ▸customers say", "Our customary way"),
            ("md", md, "de", "Unser ▸Kunde sagt", "Unsere Kunden-Nummer, Kundenkreis"),
            ("mjml", _as_text, "en", "A ▸customer's view", "A client's view"),
            ("mjml", _as_text, "de", "Als ▸Kunde wissen Sie", "Als Mandant wissen Sie"),
        )
    ),
    Pair("L401", "md", md("Hello", subject="▸Spring", preheader=None), md("Hello")),
    Pair("L401", "mjml", _as_text("Hello", subject="▸Spring", preheader=None), _as_text("Hello")),
    Pair("L402", "md", md("Hello", preheader="▸For you."), md("Hello")),
    Pair("L402", "mjml", _as_text("Hallo", preheader="▸Für dich."), _as_text("Hallo")),
    Pair("L403", "md", md("Hello", preheader="▸" + "word " * 27), md("Hello")),
    Pair("L403", "mjml", _as_text("Hallo", preheader="▸" + "Wort " * 27), _as_text("Hallo")),
    Pair("L404", "md", md("Hello", subject="▸" + "word " * 13), md("Hello", subject="word " * 12)),
    Pair("L404", "mjml", _as_text("x", subject="▸" + "Wort " * 13), _as_text("x")),
    Pair(
        "L501",
        "md",
        md("<img alt='A lamb' src='▸https://e.example/a.png'>"),
        md(image("alt='A lamb' src='https://e.example/a.png'")),
    ),
    Pair(
        "L501",
        "mjml",
        _as_text("<img alt='A lamb' src='▸https://e.example/a.png' width='90'>"),
        mjml("<mj-image alt='A lamb' src='https://e.example/a.png' />"),
    ),
    Pair(
        "L502",
        "md",
        md(_pictures(4)).replace(_WORDS["en"], ""),
        md(_pictures(2)),
    ),
    Pair("L502", "mjml", _as_text(_pictures(4)), _as_text(_pictures(2))),
    Pair(
        "L503",
        "md",
        md(image('alt="" src="▸data:image/png;base64,iVBORw0KGgo="')),
        md(image('alt="" src="https://e.example/data:image.png"')),
    ),
    Pair(
        "L503",
        "mjml",
        mjml('<mj-image alt="" src="▸data:image/png;base64,iVBORw0KGgo=" />'),
        mjml('<mj-image alt="" src="https://e.example/data.png" />'),
    ),
    Pair(
        "L504",
        "md",
        md("![A lamb](▸files/heavy.png)", foot=False, layout="letter"),
        md("![A lamb](files/heavy.png)", foot=False, layout="letter"),
        files={"layouts/letter.mjml": LAYOUT, **HEAVY},
        mended=LIGHT,
    ),
    Pair(
        "L504",
        "mjml",
        mjml('<mj-image alt="A lamb" src="▸files/heavy.png" />'),
        mjml('<mj-image alt="A lamb" src="files/heavy.png" />'),
        files=HEAVY,
        mended=LIGHT,
    ),
    Pair(
        "L601",
        "md",
        md('<div style="▸display:flex">Side by side</div>'),
        md('<div style="display:block">One by one</div>'),
    ),
    Pair(
        "L601",
        "mjml",
        mjml("<mj-raw>▸<video src='https://e.example/a.mp4'></video></mj-raw>"),
        mjml("<mj-raw><p style='font-size:16px'>No film</p></mj-raw>"),
    ),
    Pair(
        "L602",
        "md",
        md("A ▸<dfn>lamb</dfn> is a young sheep."),
        md("A <em>lamb</em> is a young sheep."),
    ),
    Pair(
        "L602",
        "mjml",
        _as_text('<p style="▸text-indent:9px">Lambs</p>'),
        _as_text('<p style="padding:9px">Lambs</p>'),
    ),
    Pair(
        "L603",
        "md",
        md('<div style="▸box-shadow:0 0 3px red">In a box</div>'),
        md('<div style="border:1px solid red">In a box</div>'),
    ),
    Pair(
        "L603",
        "mjml",
        _as_text('<div style="▸text-shadow:0 0 3px red">Aglow</div>'),
        _as_text('<div style="color:#a00000">Aglow</div>'),
    ),
)
