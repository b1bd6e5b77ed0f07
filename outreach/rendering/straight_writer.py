"""Writes what a folded template does for a contact as one Python function, or gives up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jinja2 import nodes
from jinja2.utils import _PassArg

from outreach.rendering.filters import FILTERS, TESTS
from outreach.rendering.folding import PURE_METHODS
from outreach.rendering.keys import PRINT, PUT_ASIDE, Keys, KeySandbox
from outreach.rendering.mjml_source import words
from outreach.rendering.sandbox import Language
from outreach.rendering.snapshot import CONTACT_FIELDS, CONTACT_SETS, NAMES
from outreach.rendering.straight_calls import UnfitError
from outreach.rendering.values import Value

_MOST_CALLS = 1000  # of filters and methods: so no budget of the sandbox is ever near its end

#: What depends on the moment and the language alone.
_AMBIENT = ("now", "today", "language", "locale", "direction")
#: Filters that ask for nothing but their arguments, and those that ask for locale, zone or budget.
_STATELESS = words(
    "abs capitalize count first float int last length lower round title trim truncate upper "
    "urlencode wordcount"
)
_STATEFUL = words("date datetime join money number percent sort time")
_OPERATORS = {
    "eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in",
    "notin": "not in",
}  # fmt: skip
_ARITHMETIC = {nodes.Sub: "-", nodes.Div: "/", nodes.FloorDiv: "//"}


@dataclass(frozen=True, slots=True)
class Source:
    """A folded tree and the sandbox it was folded in. `head` is set for the subject, say."""

    tree: nodes.Template
    sandbox: KeySandbox
    head: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is the same for all contacts: names with their values, and heads that are constant.

    `attributes` are those that contacts are declared to have. `promise` looks up what a tier is
    promised. `letter` is whether language and direction belong to the key.
    """

    shared: Mapping[str, object]
    attributes: frozenset[str]
    subject: str | None
    preheader: str | None
    promise: Callable[[str, str], object]
    letter: bool


@dataclass(frozen=True, slots=True)
class _Term:
    """An expression in Python.

    `missing` if it may be None, where a template has a missing value; `ambient` if it depends on
    no contact; `literal` if it is a constant and nothing else; `is_set` if it is a set of texts;
    `is_field` if it comes from the contact as it is, and so is no markup.
    """

    code: str
    missing: bool = False
    ambient: bool = False
    literal: bool = False
    is_set: bool = False
    is_field: bool = False


@dataclass(slots=True)
class Writer:
    """Writes the function, line by line."""

    keys: Keys
    around: Surroundings
    lines: list[str] = field(default_factory=list)
    names: dict[str, object] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)
    hoisted: dict[str, int] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)
    uses_now: bool = False
    has_state: bool = False
    sandbox: KeySandbox | None = None
    head: str | None = None
    depth: int = 1
    bits: int = 0
    calls: int = 0
    keyed: bool = False

    def __post_init__(self) -> None:
        for name, text in (("subject", self.around.subject), ("preheader", self.around.preheader)):
            if text is not None or name == "preheader":
                self._line(f"{name} = {self._bound(text or '')}")
                self._line(f"{name}_value = {self._bound(Value(text or ''))}")

    def code(self) -> str:
        """Return the source of ``run`` and ``ambient``."""
        if self.around.letter:
            self._key(self._settled(_Term("language", ambient=True)))
            self._key(self._settled(_Term("direction", ambient=True)))
        values = "v[:2] = subject_value, preheader_value"
        result = "(p, *k)" if self.keyed else "p"
        return "\n".join(
            [
                "def run(contact, a, spoken):",
                "    p, k, v, pairs = 0, [], [None, None], {}",
                "    add = v.append",
                *(f"    {local} = {code}" for code, local in self.reads.items()),
                *(f"    {local} = unset" for local in self.unset),
                *self.lines,
                f"    {values}",
                f"    return {result}, v, subject, preheader or None",
                "def ambient(names):",
                *(f"    {name} = names[{name!r}]" for name in _AMBIENT),
                f"    return ({''.join(f'{code}, ' for code in self.hoisted)})",
            ]
        )

    def write(self, source: Source) -> None:
        """Write what a tree does."""
        self.sandbox = source.sandbox
        self.head = source.head
        self.variables = {}
        if self.head:
            self._line("h = []")
        self._body(source.tree.body)
        if not self.head:
            return
        self._line(f"{self.head} = one_line(''.join(h))")
        self._line(f"if {self.head}:")
        self._line(f"    {self.head}_value = known[{self.head}]")
        if self.head == "preheader":
            self._line(f"    p |= {self._bit()}")
        else:
            self._line("else:")
            self._line("    raise UnfitError")

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def _bit(self) -> int:
        self.bits += 1
        return 1 << (self.bits - 1)

    def _bound(self, value: object) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    # Statements.

    def _body(self, body: Sequence[nodes.Node]) -> None:
        for node in body:
            if isinstance(node, nodes.Output):
                for child in node.nodes:
                    self._print(child)
            elif isinstance(node, nodes.If):
                self._if(node)
            elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
                self._assign(node.target.name, node.node)
            elif not _is_charge(node):
                raise UnfitError(f"{type(node).__name__} is left to Jinja")

    def _if(self, node: nodes.If) -> None:
        branches = [(node.test, node.body), *((other.test, other.body) for other in node.elif_)]
        depth = self.depth
        for test, body in branches:
            self._line(f"if {self._settled(self._term(test))}:")
            self.depth += 1
            self._line(f"p |= {self._bit()}")
            self._body(body)
            self.depth -= 1
            self._line("else:")
            self.depth += 1
        self._line("pass")
        self._body(node.else_)
        self.depth = depth

    def _assign(self, name: str, node: nodes.Node) -> None:
        known = {"contact", "promise", "content", "subject", "preheader", *_AMBIENT}
        if name in known or name in self.around.shared:
            raise UnfitError("a name that means something gets a value")
        code = self._whole(self._term(node))
        if name not in self.variables:
            self.variables[name] = f"x{len(self.unset)}"
            self.unset.append(self.variables[name])
        self._line(f"{self.variables[name]} = {code}")

    def _print(self, child: nodes.Expr) -> None:
        if isinstance(child, nodes.TemplateData):
            if self.head:
                self._line(f"h.append({child.data!r})")
            return
        if not isinstance(child, nodes.Filter) or child.name not in (PRINT, PUT_ASIDE):
            raise UnfitError("something is printed in a way of its own")
        inner = child.node
        if isinstance(inner, nodes.Name) and inner.name == "content" and not self.head:
            return
        assert inner is not None
        term = self._term(inner)
        code = self._whole(term)
        if child.name == PUT_ASIDE and not self.head:
            assert isinstance(child.args[0], nodes.Const)
            site = child.args[0].value
            if term.is_field:
                self._put_aside(site, code)
                return
            if term.ambient and self._is_plain(site):
                self._put_constant(site, term)
                return
        self._line(f"x = {code}")
        self._line("if x.__class__ is not str: x = text(x)")
        if self.head:
            self._line("h.append(x)")
            return
        if child.name != PUT_ASIDE:
            raise UnfitError("a text that is not taken apart")
        assert isinstance(child.args[0], nodes.Const)
        self._put_aside(child.args[0].value, "x")

    def _is_plain(self, site: int) -> bool:
        """Whether what a site prints is put aside whatever it is like."""
        assert self.sandbox is not None
        return self.sandbox.language is not Language.MARKDOWN and site not in self.keys.paired

    def _put_constant(self, site: int, term: _Term) -> None:
        """Put aside what depends on no contact, and is made ready once for many."""
        self._line(f"x = {self._settled(_Term(f'constant({term.code})', ambient=True))}")
        self._line(f"if x is None: p |= {self._bit()}")
        self._line("elif x is False: raise UnfitError")
        if site in self.keys.keyed:
            self._line("else:")
            self.depth += 1
            self._key("x.text")
            self.depth -= 1
        else:
            self._line("else: add(x)")

    def _put_aside(self, site: int, code: str) -> None:
        assert self.sandbox is not None
        self._line(f"if {code}:")
        self.depth += 1
        if site in self.keys.keyed:
            self._key(f"known[{code}].text")
        elif site in self.keys.paired:
            self._pair(code)
        else:
            self._line(f"add(known[{code}])")
            if self.sandbox.language is Language.MARKDOWN:
                for edge in ("[0]", "[-1]"):
                    self._line(f"if not {code}{edge}.isalnum():")
                    self._line(f"    if not {code}{edge}.isascii(): raise UnfitError")
                    self._line(f"    p |= {self._bit()}")
        self.depth -= 1
        empty = self._bit()
        # What is false and no text is not empty: a zero is printed, and what is missing is not.
        self._line(f"elif {code} == '': p |= {empty}")
        self._line("else: raise UnfitError")

    def _pair(self, code: str) -> None:
        """Put a value aside that stands for all such that are equal to it."""
        assert self.sandbox is not None
        if self.sandbox.language is Language.MARKDOWN:
            raise UnfitError("a value in Markdown that is told apart from others")
        self._line(f"if {code} not in pairs:")
        self._line(f"    pairs[{code}] = len(v)")
        self._line(f"    add(known[{code}])")
        self._key(f"pairs[{code}]")

    def _key(self, code: str) -> None:
        self.keyed = True
        self._line(f"k.append({code})")

    # Expressions.

    def _settled(self, term: _Term) -> str:
        """Return the code of a term as it stands in the function for a contact."""
        if term.literal or not term.ambient:
            return term.code
        return f"a[{self.hoisted.setdefault(term.code, len(self.hoisted))}]"

    def _whole(self, term: _Term) -> str:
        """Return the code of a term that is more than looked into."""
        return f"tuple(sorted({term.code}))" if term.is_set else self._settled(term)

    def _joined(self, write: Callable[..., str], *terms: _Term, missing: bool = False) -> _Term:
        """Return a term made of others."""
        ambient = all(term.ambient for term in terms)
        codes = [term.code if ambient else self._settled(term) for term in terms]
        return _Term(write(*codes), missing, ambient)

    def _some(self, term: _Term) -> _Term:
        """Return the term, sure to be there and not to be huge."""
        if term.literal:
            return term
        code = f"tuple(sorted({term.code}))" if term.is_set else term.code
        return _Term(f"some({code})", ambient=term.ambient)

    def _term(self, node: nodes.Node) -> _Term:
        write = _TERMS.get(type(node))
        if write is None:
            raise UnfitError(f"{type(node).__name__} is left to Jinja")
        return write(self, node)

    def _const(self, node: nodes.Const) -> _Term:
        if node.value is None or not isinstance(node.value, str | int | float):
            raise UnfitError("a constant of another kind")
        return _Term(repr(node.value), ambient=True, literal=True)

    def _own_constant(self, node: nodes.EnvironmentAttribute) -> _Term:
        return self._shared_constant(getattr(self.sandbox, node.name))

    def _shared_constant(self, value: object) -> _Term:
        if not isinstance(value, str | int | float | list | tuple | dict | date):
            raise UnfitError("a name that stands for no plain value")
        return _Term(self._bound(value), ambient=True, literal=True)

    def _list(self, node: nodes.List | nodes.Tuple) -> _Term:
        if not all(isinstance(item, nodes.Const) for item in node.items):
            raise UnfitError("a list of what differs")
        items = [item.value for item in node.items]  # type: ignore[attr-defined]
        return _Term(
            self._bound(items if isinstance(node, nodes.List) else tuple(items)), False, True, True
        )

    def _name(self, node: nodes.Name) -> _Term:
        name = node.name
        if name in self.variables:
            return _Term(f"given({self.variables[name]})", missing=True)
        if name in _AMBIENT:
            self.uses_now = self.uses_now or name in ("now", "today")
            return _Term(name, ambient=True)
        if name in ("subject", "preheader"):
            return _Term(name)
        if name in self.around.shared:
            return self._shared_constant(self.around.shared[name])
        raise UnfitError(f"{name} is left to Jinja")

    def _field(self, node: nodes.Getattr | nodes.Getitem) -> _Term:
        owner = node.node.name if isinstance(node.node, nodes.Name) else None
        if isinstance(node, nodes.Getattr):
            name: object = node.attr
        else:
            name = node.arg.value if isinstance(node.arg, nodes.Const) else None
        if not isinstance(name, str) or owner not in ("contact", "promise"):
            raise UnfitError("a part of what only Jinja knows")
        if owner == "promise":
            return _Term(f"promised({self._read('contact.tier')}, {name!r})", missing=True)
        if name in CONTACT_FIELDS:
            return _Term(self._read(f"contact.{name}"), missing=True, is_field=True)
        if name in CONTACT_SETS:
            return _Term(self._read(f"contact.{name}"), is_set=True)
        if name == "attributes":
            raise UnfitError("all attributes at once")
        if name in self.around.attributes:
            return _Term(
                self._read(f"contact.attributes.get({name!r})"), missing=True, is_field=True
            )
        return _Term(self._read(f"contact.attributes[{name!r}]"))

    def _read(self, code: str) -> str:
        return self.reads.setdefault(code, f"f{len(self.reads)}")

    def _filter(self, node: nodes.Filter) -> _Term:
        if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise UnfitError("a filter with arguments of its own")
        if node.name == "weighed":
            return self._term(node.node)
        if node.name in ("default", "d"):
            return self._default(node)
        if node.name == "concatenated" and isinstance(node.node, nodes.List):
            parts = [self._some(self._term(one)) for one in node.node.items]
            return self._joined(lambda *codes: f"some(joined(({', '.join(codes)},)))", *parts)
        function = FILTERS.get(node.name)
        stateful = node.name in _STATEFUL
        if function is None or not (stateful or node.name in _STATELESS):
            raise UnfitError(f"the filter {node.name} is left to Jinja")
        terms = [self._some(self._term(one)) for one in (node.node, *node.args)]
        return self._called(function, terms, stateful=stateful)

    def _called(
        self, function: Callable[..., object], terms: Sequence[_Term], *, stateful: bool
    ) -> _Term:
        self.calls += 1
        if self.calls > _MOST_CALLS:
            raise UnfitError("more filters than one would write")
        first = ""
        passed = _PassArg.from_obj(function)
        if passed is _PassArg.environment:
            first = f"{self._bound(self.sandbox)}, "
        elif passed is not None:
            raise UnfitError("a filter that looks around")
        name = self._bound(function)
        made = self._joined(lambda *codes: f"some({name}({first}{', '.join(codes)}))", *terms)
        self.has_state = self.has_state or (stateful and not made.ambient)
        return made

    def _default(self, node: nodes.Filter) -> _Term:
        assert node.node is not None
        other = self._term(node.args[0]) if node.args else _Term("''", ambient=True, literal=True)
        if len(node.args) > 1 or other.is_set:
            raise UnfitError("a default with conditions")
        if self._is_unknown(node.node):
            return other
        value = self._term(node.node)
        if value.is_set:
            raise UnfitError("a default with conditions")
        if not value.missing:
            return value
        return self._joined(
            lambda one, two: f"({two} if {one} is None else {one})",
            value,
            other,
            missing=other.missing,
        )

    def _is_unknown(self, node: nodes.Node) -> bool:
        """Whether a node is a name that nothing gives a value to."""
        return isinstance(node, nodes.Name) and not (
            node.name in self.variables or node.name in NAMES or node.name in self.around.shared
        )

    def _test(self, node: nodes.Test) -> _Term:
        value = self._term(node.node)
        if node.name in ("defined", "undefined") and not node.args:
            sign = "is not" if node.name == "defined" else "is"
            return self._joined(lambda code: f"({code} {sign} None)", value)
        function = TESTS.get(node.name)
        if function is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise UnfitError(f"the test {node.name} is left to Jinja")
        terms = [self._some(self._term(one)) for one in (node.node, *node.args)]
        return self._called(function, terms, stateful=False)

    def _compare(self, node: nodes.Compare) -> _Term:
        terms = [self._term(node.expr)]
        signs = []
        for operand in node.ops:
            other = self._term(operand.expr)
            if operand.op in ("in", "notin") and not (other.is_set or other.literal):
                other = self._some(other)
            elif operand.op not in ("in", "notin", "eq", "ne"):
                terms[-1], other = self._some(terms[-1]), self._some(other)
            elif other.is_set and operand.op in ("eq", "ne"):
                raise UnfitError("a set compared with something")
            terms.append(other)
            signs.append(_OPERATORS[operand.op])
        if terms[0].is_set:
            raise UnfitError("a set compared with something")

        def write(first: str, *rest: str) -> str:
            pairs = zip(signs, rest, strict=True)
            return f"({first} {' '.join(f'{sign} {code}' for sign, code in pairs)})"

        return self._joined(write, *terms)

    def _both(self, node: nodes.And | nodes.Or) -> _Term:
        left, right = self._term(node.left), self._term(node.right)
        if left.is_set or right.is_set:
            left, right = (
                _Term(f"bool({term.code})") if term.is_set else term for term in (left, right)
            )
        word = "and" if isinstance(node, nodes.And) else "or"
        missing = right.missing or (left.missing and word == "and")
        return self._joined(lambda one, two: f"({one} {word} {two})", left, right, missing=missing)

    def _not(self, node: nodes.Not) -> _Term:
        return self._joined(lambda code: f"(not {code})", self._term(node.node))

    def _either(self, node: nodes.CondExpr) -> _Term:
        if node.expr2 is None:
            raise UnfitError("a choice without an else")
        terms = [self._term(one) for one in (node.expr1, node.test, node.expr2)]
        if terms[0].is_set or terms[2].is_set:
            raise UnfitError("a choice of sets")
        return self._joined(
            lambda one, test, two: f"({one} if {test} else {two})",
            *terms,
            missing=terms[0].missing or terms[2].missing,
        )

    def _arithmetic(self, node: nodes.BinExpr) -> _Term:
        sign = _ARITHMETIC[type(node)]
        terms = [self._some(self._term(one)) for one in (node.left, node.right)]
        return self._joined(lambda one, two: f"({one} {sign} {two})", *terms)

    def _call(self, node: nodes.Call) -> _Term:
        if node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise UnfitError("a call with arguments of its own")
        callee = node.node
        if isinstance(callee, nodes.Name) and callee.name == "greeting" and len(node.args) < 2:
            if node.args:
                name = self._settled(self._term(node.args[0]))
            else:
                name = self._read("contact.first_name")
            return _Term(f"greeting_in(spoken, {name})")
        if isinstance(callee, nodes.Getattr) and callee.attr in PURE_METHODS:
            owner = self._some(self._term(callee.node))
            terms = [owner, *(self._some(self._term(one)) for one in node.args)]
            self.calls += 1
            return self._joined(
                lambda one, *rest: f"some(a_text({one}).{callee.attr}({', '.join(rest)}))", *terms
            )
        raise UnfitError("a call is left to Jinja")


_TERMS: Mapping[type[nodes.Node], Callable[[Writer, Any], _Term]] = {
    nodes.Const: Writer._const,
    nodes.EnvironmentAttribute: Writer._own_constant,
    nodes.List: Writer._list,
    nodes.Tuple: Writer._list,
    nodes.Name: Writer._name,
    nodes.Getattr: Writer._field,
    nodes.Getitem: Writer._field,
    nodes.Filter: Writer._filter,
    nodes.Test: Writer._test,
    nodes.Compare: Writer._compare,
    nodes.And: Writer._both,
    nodes.Or: Writer._both,
    nodes.Not: Writer._not,
    nodes.CondExpr: Writer._either,
    nodes.Call: Writer._call,
    **dict.fromkeys(_ARITHMETIC, Writer._arithmetic),
}


def _is_charge(node: nodes.Node) -> bool:
    """Whether a statement only charges the budget, which nothing written here can use up."""
    return (
        isinstance(node, nodes.ExprStmt)
        and isinstance(node.node, nodes.Filter)
        and node.node.name == "spend"
    )
