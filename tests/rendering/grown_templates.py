"""Templates that grow at random from Jinja's grammar, and contacts to send them to.

What people combine by hand, `test_compiled.py` has; here is what nobody would write: sets in loops
in macros in blocks, filters of filters, blanks stripped anywhere. The same number gives the same
ones.
"""

import random
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from outreach.domain.contact import Contact
from outreach.rendering.templates import Template
from tests.rendering.mail import contact, template
from tests.rendering.test_compiled import NAMES, TIERS, USUAL, in_page

DEEPEST, DEEPEST_EXPRESSION = 4, 3
# What may stand in a record and would do harm if it were taken for anything but text.
HOSTILE = [name for name in NAMES if name is not None] + [
    "<script>alert(1)</script>", "a\r\nBcc: x@y", "x" * 3000, "\u200frtl\u200e", "a\u2028b", "\x85",
    "--=_alternative_x", "From ", "}}", "{% raw %}", "]]>", "<!--", "-->", "&nbsp;", "'", '"', "\\",
    "\ufeff", "x=", " ", "\u3000", "()", "@", "#5", "::: button", "1. one", "- two", "> q",
    "    code", "***", "https://x.example/?a=1&b=2", "mailto:a@b", "javascript:x", "cid:pic",
]  # fmt: skip

FIELDS = [
    "contact.first_name", "contact.company", "contact.attributes.plan", "contact.email",
    "contact.tier", "(contact.first_name|d('N'))", "(contact.company|d('C', true))",
    "(contact.attributes.plan|d(''))",
]  # fmt: skip
NAMES_OF_OURS = [
    "greeting()", "greeting(contact.company)", "sender.name", "company", "subject", "language",
    "now|date('short')", "today|date", "links.unsubscribe", "links.view", "(links.preferences)",
    "promise.title", "ns.v", "1+2", "3*len|d(2)",
]  # fmt: skip
FILTERS = [
    "upper", "lower", "title", "capitalize", "trim", "default('-')", "d('z')", "length", "e",
    "first", "replace('a','b')", "truncate(5)", "last", "wordcount", "urlencode", "string",
    "reverse", "int", "list|join('+')", "indent(2)", "center(9)", "striptags", "wordwrap(7)",
    "safe", "forceescape", "default('q',true)", "round", "float", "abs",
]  # fmt: skip
METHODS = ["upper()", "lower()", "strip()", "title()", "split()|first"]
TESTS = [
    "defined", "none", "string", "number", "undefined", "sequence", "mapping", "lower",
    "divisibleby(2)",
]  # fmt: skip
OF_LOOPS = [
    "loop.index", "loop.index0", "loop.first", "loop.last", "loop.length", "loop.revindex",
    "loop.cycle('a','b')", "loop.previtem|d('')", "loop.changed(contact.tier)",
]  # fmt: skip
ROWS = [
    "contact.attributes.items|d([])", "[1,2,3]", "range(2)", "['a',contact.company|d('c')]",
    "contact.interests", "(contact.first_name|d('ab'))|list", "{'k':1}.items()", "[[1,[2]],[3]]",
]  # fmt: skip
WORDS = [
    "word ", " ä & ", "\n", "<b>x</b>", "tail. ", "[", "]", " - ", "\n\n", "  ", "&amp;", "'q'",
    "*em* ", "{# note #}", " =?utf-8?q?a?= ", "From here\n", ".dot\n", "https://x.example/",
]  # fmt: skip
LITERALS = ["a", "b c", "ä", "<i>", "&", "", "1", "x y", "*"]
VARIABLES = ["x", "y", "item", "contact_name", "loopv"]
FILES = {
    "inc.txt": "<inc {{ contact.first_name|d('?') }}{{ x|d('') }}>",
    "mac.txt": "{% macro hi(a) %}hi {{ a }}{{ company }}{% endmacro %}",
    "layouts/b.mjml": (
        "<mjml><mj-body><mj-section><mj-column>{% block main %}{% endblock %}<mj-text>"
        "{% block foot %}F {{ contact.company|d(0) }} {{ self.main()|length }}{% endblock %} "
        "{{ links.unsubscribe }}"
        "</mj-text></mj-column></mj-section></mj-body></mjml>"
    ),
}


@dataclass(frozen=True)
class Grown:
    """The source of a template, its file's suffix and head, and who gets its mail."""

    body: str
    suffix: str
    head: str
    people: tuple[Contact, ...]

    def loaded(self) -> Template:
        """The template, read and checked. Raises `OutreachError` where Outreach refuses it."""
        names = ("plan", "items")
        return template(
            self.body, suffix=self.suffix, head=self.head, files=FILES, attributes=names
        )


def grown(number: int) -> Grown:
    """Return the template of this number."""
    dice = random.Random(number)
    form = dice.choice(["text", "letter", "layout", "page", "page", "extends"])
    growth = _Growth(dice, has_markup=form != "text")
    body = growth.several(dice.randint(2, 6))
    head = "subject: " + dice.choice(["Hello", "'Hi {{ contact.first_name|d(\"you\") }}'"])
    suffix = {"text": "txt", "letter": "md", "layout": "md"}.get(form, "mjml")
    if form == "layout":
        head += "\nlayout: letter"
    elif form == "page":
        body = f"<mjml><mj-body>{in_page([body])}</mj-body></mjml>"
    elif form == "extends":
        more = dice.choice(["", growth.several(1)])
        body = (
            "{% extends 'layouts/b.mjml' %}{% block main %}<mj-text>" + body + "</mj-text>"
            "{% endblock %}{% block foot %}{{ super() }}" + more + "{% endblock %}"
        )
    return Grown(body, suffix, head, tuple(_person(dice, at) for at in range(5)))


def _person(dice: random.Random, number: int) -> Contact:
    def name() -> str | None:
        kinds = [USUAL, HOSTILE, [None]]
        return dice.choice(dice.choices(kinds, weights=(14, 5, 1))[0]) or None

    return contact(
        id=number + 1,
        first_name=name(),
        company=name(),
        last_name=name(),
        tier=dice.choice(list(TIERS)),
        locale=dice.choice([None, "en", "de", "fr-CH", "ar", "ja"]),
        timezone=dice.choice([None, "Asia/Tokyo", "Europe/Berlin"]),
        interests=frozenset(dice.sample(["tax", "law"], dice.randint(0, 2))),
        attributes={
            "plan": name() or "x",
            "items": tuple(name() or "-" for _ in range(dice.randint(0, 3))),
        },
    )


class _Growth:
    """What grows one template: statements, expressions and conditions, with the names in reach."""

    def __init__(self, dice: random.Random, *, has_markup: bool) -> None:
        self._dice = dice
        self._words = [word for word in WORDS if has_markup or "<" not in word]
        self._names = [*FIELDS]
        self._macros: list[str] = []
        self._depth = 0
        self._loops = 0

    def several(self, number: int) -> str:
        return "".join(self._statement() for _ in range(number))

    def _choice(self, *kinds: tuple[int, Callable[[], str]]) -> str:
        """Take one of the kinds, by weight."""
        weights, made = zip(*kinds, strict=True)
        (make,) = self._dice.choices(made, weights=weights)
        return make()

    def _statement(self) -> str:
        self._depth += 1
        has_macros = bool(self._macros)
        try:
            if self._depth > DEEPEST:
                return self._dice.choice(self._words)
            return self._choice(
                (25, lambda: self._dice.choice(self._words)),
                (30, self._printed),
                (11, self._branches),
                (10, self._loop),
                (7, self._set),
                (5, self._macro),
                (3 * has_macros, self._call),
                (2, self._filter_block),
                (2, lambda: self._block("with x = " + self._expression(), "with")),
                (1, lambda: self._block(f"autoescape {self._dice.choice(['false', 'true'])}")),
                (2, self._include),
                (1, self._namespace),
                (1, lambda: self._tag("import 'mac.txt' as mm") + self._printed_call("mm.hi")),
            )
        finally:
            self._depth -= 1

    def _tag(self, inside: str) -> str:
        before, after = self._dice.choice(["", "", "-", "+"]), self._dice.choice(["", "", "-"])
        return "{%" + before + " " + inside + " " + after + "%}"

    def _block(self, inside: str, name: str = "", number: int = 2) -> str:
        end = "end" + (name or inside.split(" ", 1)[0])
        return self._tag(inside) + self.several(number) + self._tag(end)

    def _printed(self) -> str:
        before, after = self._dice.choice(["", "-"]), self._dice.choice(["", "-"])
        return "{{" + before + " " + self._expression() + " " + after + "}}"

    def _printed_call(self, name: str) -> str:
        return "{{ " + name + "(" + self._expression() + ") }}"

    def _branches(self) -> str:
        made = self._tag("if " + self._condition()) + self.several(2)
        if self._dice.random() < 0.3:
            made += self._tag("elif " + self._condition()) + self.several(1)
        if self._dice.random() < 0.5:
            made += self._tag("else") + self.several(1)
        return made + self._tag("endif")

    def _loop(self) -> str:
        name, rows = self._dice.choice(VARIABLES), self._dice.choice(ROWS)
        is_recursive = self._dice.random() < 0.1
        condition = f" if {self._condition()}" if self._dice.random() < 0.2 else ""
        with self._reaching(name):
            self._loops += 1
            body = self.several(2) + ("{{ loop.depth }}" if is_recursive else "")
            self._loops -= 1
        made = self._tag(f"for {name} in {rows}{condition}{' recursive' if is_recursive else ''}")
        made += body
        if self._dice.random() < 0.3:
            made += self._tag("else") + self.several(1)
        return made + self._tag("endfor")

    def _set(self) -> str:
        name = self._dice.choice(VARIABLES)
        if self._dice.random() < 0.5:
            made = self._tag(f"set {name} = {self._expression()}")
        else:
            made = self._block(f"set {name}{self._dice.choice(['', ' | upper', ' | trim'])}")
        self._names.append(name)
        return made

    def _macro(self) -> str:
        name = f"m{len(self._macros)}"
        with self._reaching("p"):
            body = self.several(2) + self._dice.choice(["", "{{ caller() if caller else '' }}"])
        made = self._tag(f"macro {name}(p, q={self._literal()})") + body + self._tag("endmacro")
        self._macros.append(name)
        return made

    def _call(self) -> str:
        name = self._dice.choice(self._macros)
        return self._block(f"call {name}({self._expression()})", number=1)

    def _filter_block(self) -> str:
        names = ["upper", "trim", "title", "replace('o','0')", "indent(3)"]
        return self._block("filter " + self._dice.choice(names))

    def _include(self) -> str:
        names = ["'inc.txt'", "'no.txt' ignore missing", "['no.txt','inc.txt']"]
        return self._tag("include " + self._dice.choice(names))

    def _namespace(self) -> str:
        begin = self._tag("set ns = namespace(v='0')")
        return begin + self._tag(f"set ns.v = {self._expression()}") + "{{ ns.v }}"

    @contextmanager
    def _reaching(self, name: str):
        """Have `name` mean something for as long."""
        before = [*self._names]
        self._names.append(name)
        yield
        self._names = before

    def _literal(self) -> str:
        return repr(self._dice.choice(LITERALS))

    def _expression(self, depth: int = 0) -> str:
        def part() -> str:
            return self._expression(depth + 1)

        def name() -> str:
            return self._dice.choice(self._names)

        if depth > DEEPEST_EXPRESSION:
            return name()
        pick = self._dice.choice
        return self._choice(
            (35, name),
            (7, self._literal),
            (8, lambda: f"{part()} ~ {part()}"),
            (22, lambda: f"({part()})|{pick(FILTERS)}"),
            (8, lambda: f"({part()} if {self._condition(depth + 1)} else {part()})"),
            (5 * bool(self._macros), lambda: f"{pick(self._macros)}({part()})"),
            (5, lambda: f"({part()}).{pick(METHODS)}"),
            (4, lambda: f"({part()})[{pick(['0', '-1', '1:', '0:2'])}]"),
            (4 * bool(self._loops), lambda: pick(OF_LOOPS)),
            (6, lambda: pick(NAMES_OF_OURS)),
        )

    def _condition(self, depth: int = 0) -> str:
        def part() -> str:
            return self._expression(depth + 1)

        def other() -> str:
            return self._condition(depth + 1)

        if depth > DEEPEST_EXPRESSION:
            return part()
        pick = self._dice.choice
        return self._choice(
            (30, part),
            (15, lambda: "'tax' in contact.interests"),
            (15, lambda: f"contact.tier == '{pick(list(TIERS))}'"),
            (10, lambda: f"{part()} is {pick(TESTS)}"),
            (10, lambda: f"not ({other()})"),
            (10, lambda: f"({other()} {pick(['and', 'or'])} {other()})"),
            (10, lambda: f"{part()} {pick(['==', '!=', '<', '>', 'in'])} {part()}"),
        )
