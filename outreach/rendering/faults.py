"""Mistakes in templates: where they are and what they mean, for the person who wrote them."""

import re
from collections.abc import Callable, Mapping
from html import escape

import jinja2

from outreach.errors import OutreachError, Problem, TemplateError, suggestion
from outreach.rendering.filters import FILTERS, TESTS
from outreach.rendering.sources import Place, Sources

EXPECTED = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What Jinja, and the code it makes, raise for a mistake in a template."""


def as_template_error(
    error: Exception, display: Callable[[str], str], sources: Mapping[str, str]
) -> OutreachError:
    """Return the `TemplateError` that tells a person what `error`, raised by a template, means.

    `sources` is name to text, for finding the column; `display` makes a name one that people know.
    """
    if isinstance(error, OutreachError):
        return error
    name, line = _place(error)
    column = None
    word = getattr(error, "word", None)
    if name and line and word:
        column = column_of(word, sources.get(name, ""), line)
    message, hint = _message(error)
    return TemplateError(Problem(message, display(name) if name else None, line, column, hint))


class LinkError(TemplateError):
    """A mail would have a link that no mail program may follow."""


def link_error(link: str, sources: Mapping[str, str]) -> LinkError:
    """Return the error for `link`, which is looked for in `sources`, the template itself first."""
    place = Sources(sources).find((link, escape(link))) or Place(next(iter(sources)))
    return LinkError(
        f"there is a link to {link[:80]!r}, which no mail program may follow",
        source=place.file,
        line=place.line,
        column=place.column,
        hint="links begin with https:, mailto: or tel:",
    )


def column_of(word: str, source: str, line: int) -> int | None:
    """Return the column at which `word` stands by itself in a line, or None."""
    lines = source.split("\n")
    found = re.search(
        rf"(?<!\w){re.escape(word)}(?!\w)", lines[line - 1] if line <= len(lines) else ""
    )
    return found.start() + 1 if found else None


def _place(error: Exception) -> tuple[str | None, int | None]:
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.name, error.lineno
    name, line = None, None
    trace = error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            name, line = template.name, template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return name, line


def _message(error: Exception) -> tuple[str, str | None]:
    hint = getattr(error, "hint", None)
    if isinstance(error, jinja2.TemplateNotFound):
        return f'there is no file "{error.name}"', hint
    if isinstance(error, RecursionError):
        return "the template calls itself without end", "look for a macro or include in itself"
    if isinstance(error, ZeroDivisionError):
        return "division by zero", "test the number with {% if %} first"
    text = str(error).strip().rstrip(".") or type(error).__name__
    if found := re.match(r"No (filter|test) named '(\w+)'", text):
        known = FILTERS if found[1] == "filter" else TESTS
        if found[2] in ("e", "escape", "forceescape"):
            hint = "values are escaped already; leave it out"
        return f'there is no {found[1]} "{found[2]}"', hint or suggestion(
            found[2], known
        ) or f"there are {', '.join(known)}"
    if found := re.match(r"Encountered unknown tag '(\w+)'", text):
        hint = suggestion(found[1], _TAGS) or f"there are {', '.join(_TAGS)}"
        return f'there is no tag "{found[1]}"', hint
    if "nexpected end of template" in text or "end of print statement" in text:
        hint = hint or "look for a {% … %} or {{ … }} that is not closed"
    return text[0].lower() + text[1:], hint


_TAGS = (
    "block",
    "call",
    "extends",
    "filter",
    "for",
    "from",
    "if",
    "import",
    "include",
    "macro",
    "raw",
    "set",
    "with",
)
