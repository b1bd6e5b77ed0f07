"""Jinja's expression grammar, with what Jinja leaves out: columns, and errors that help.

`read_tree` gives the syntax tree that Jinja's own parser makes of an expression. Nothing of it is
run; `outreach.domain.expression` says what it means.
"""

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream
from jinja2.parser import Parser

#: Longest expression, in characters. Long lists of addresses belong into an attribute or a role.
MAX_LENGTH = 20_000

_BAD_ESCAPE = re.compile(r"""\\(?:[\\'"abfnrtvN0-7\n]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00)|(\\.)""")


class GrammarError(Exception):
    """A text is no expression: at which character, what is wrong, and perhaps what to do."""

    def __init__(self, offset: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.hint = hint


def read_tree(text: str) -> nodes.Expr:
    """Return Jinja's tree for the expression `text`, or raise `GrammarError`."""
    if len(text) > MAX_LENGTH:
        raise GrammarError(
            0,
            f"the expression has {len(text):,} characters, more than {MAX_LENGTH:,}",
            "give the contacts a role or an attribute and ask for that",
        )
    if "\r" in text:
        # Jinja's lexer takes it for a line break, and drops it if another follows.
        raise GrammarError(text.index("\r"), "a carriage return cannot stand here")
    try:
        parser = Parser(_JINJA, text, state="variable")
        tree = parser.parse_expression()
        rest = parser.stream.current
    except TemplateSyntaxError as error:
        raise _syntax_error(text, error.message or "", error.lineno - 1) from error
    except RecursionError as error:
        raise GrammarError(0, "the expression is nested too deeply") from error
    if rest.type != "eof":
        raise _leftover_error(str(rest.value), rest.lineno - 1)
    return tree


def start_of(node: nodes.Node) -> int:
    """Return the offset at which `node` starts; Jinja places some nodes at their middle or end."""
    position = node.lineno
    while (first := _first_part(node)) is not None:
        node = first
        position = min(position, node.lineno)
    return max(position - 1, 0)


def _first_part(node: nodes.Node) -> nodes.Node | None:
    match node:
        case nodes.BinExpr(left=inner) | nodes.Compare(expr=inner) | nodes.CondExpr(expr1=inner):
            return inner
        case nodes.Getattr(node=inner) | nodes.Getitem(node=inner) | nodes.Call(node=inner):
            return inner
        case nodes.Test(node=inner) | nodes.Not(node=nodes.Test() as inner):
            return inner
        case nodes.Filter(node=nodes.Expr() as inner) | nodes.Concat(nodes=[inner, *_]):
            return inner
        case _:
            return None


def test_name_offset(node: nodes.Test, text: str) -> int:
    """Return where the name of a test stands in `text`; the node itself is at its ``is``."""
    found = re.compile(r"is\s+(?:not\s+)?").match(text, node.lineno - 1)
    return found.end() if found else node.lineno - 1


def spine(node: nodes.And | nodes.Or) -> Iterator[nodes.Expr]:
    """Yield the parts of ``a or b or c``, however many, without recursion."""
    kind = type(node)
    waiting: list[nodes.Expr] = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, nodes.And | nodes.Or) and type(current) is kind:
            waiting += [current.right, current.left]
        else:
            yield current


def source_of(node: nodes.Node | None) -> str | None:
    """Return how a name was written, or None if `node` is something else."""
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=nodes.Name(name=name), attr=attribute):
            return f"{name}.{attribute}"
        case nodes.Filter(node=inner):
            return source_of(inner)
        case _:
            return None


class _Positions(Environment):
    """Jinja's parser, whose nodes say at which character they start.

    Jinja keeps no columns. But a node's line is whatever its first token calls its line, so the
    tokens are numbered by character, from 1, in place of lines.
    """

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        def numbered() -> Iterator[tuple[int, str, str]]:
            position = 1
            tokens = self.lexer.tokeniter(source, name, filename, state)
            while True:
                try:
                    _, kind, value = next(tokens)
                except StopIteration:
                    return
                except TemplateSyntaxError as error:
                    message = re.sub(r" at \d+$", "", error.message or "")
                    raise TemplateSyntaxError(message, position) from error
                _check_token(kind, value, position)
                yield position, kind, value
                position += len(value)

        return TokenStream(self.lexer.wrap(numbered(), name, filename), name, filename)


def _check_token(kind: str, value: str, position: int) -> None:
    """Raise `TemplateSyntaxError` for what Jinja's lexer would only stumble over."""
    if kind == "integer" and len(value) > 20:
        raise TemplateSyntaxError("the number is too large", position)
    if kind == "string":
        for escape in _BAD_ESCAPE.finditer(value):
            if escape[1]:
                raise TemplateSyntaxError(f"unknown escape {escape[1]}", position + escape.start(1))


_JINJA = _Positions()


def _syntax_error(text: str, message: str, offset: int) -> GrammarError:
    message = message.replace("end of template", "end of the expression").rstrip(".")
    message = message[:1].lower() + message[1:]
    near = text[offset : offset + 1]
    hint = None
    if "end of the expression" in message:
        offset = len(text.rstrip())
        message = "the expression stops too early"
        hint = "something is missing here: a value, a closing bracket, or the second half"
    elif near in ("&", "!"):
        hint = 'write "and", "or", "not" and "!="'
    elif near in ('"', "'") and "unexpected char" in message:
        message = "the text is not closed"
        hint = "the same quotation mark is missing at its end"
    elif text[max(offset - 1, 0) : offset + 1] == "<>":
        hint = 'write "!=" for "is not equal to"'
    elif "escape" in message:
        hint = r"write \\ for a backslash"
    elif "chain" in message:
        hint = "put brackets around each part"
    return GrammarError(offset, message, hint)


def _leftover_error(word: str, offset: int) -> GrammarError:
    hint = 'is "and" or "or" missing?'
    lower = word.lower()
    if word == "=":
        hint = 'write "==" to compare'
    elif lower in ("and", "or", "not", "in", "is"):
        hint = f'write "{lower}" in lower case'
    elif word == "|":
        hint = 'write "or" between two conditions'
    elif lower in ("like", "ilike", "matches", "contains", "startswith", "endswith"):
        hint = 'write "is contains", "is startswith" or "is endswith"'
    return GrammarError(offset, f'unexpected "{word}"', hint)
