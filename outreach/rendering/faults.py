"""Mistakes in templates: where they are and what they mean, for the person who wrote them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

import jinja2

from outreach.errors import OutreachError, Problem, TemplateError, suggestion
from outreach.rendering.editions import INSTEAD, OUTSIDE
from outreach.rendering.filters import FILTERS, TESTS
from outreach.rendering.origins import without_values
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
    word = getattr(error, "word", None) or _named(error)
    if name and line and word:
        column = column_of(word, sources.get(name, ""), line)
    message, hint = _message(error)
    if isinstance(error, jinja2.TemplateSyntaxError):
        column = column or _column_of_sign(error, sources)
    else:
        told = without_values(message, sources.values())
        if told != message and hint and hint.startswith("did you mean"):
            hint = None  # it would say much of the value
        message = told
    return TemplateError(Problem(message, display(name) if name else None, line, column, hint))


class LinkError(TemplateError):
    """A mail would have a link that no mail program may follow."""


def link_error(link: str, sources: Mapping[str, str]) -> LinkError:
    """Return the error for `link`, which is looked for in `sources`, the template itself first."""
    place = Sources(sources).find((link, escape(link))) or Place(next(iter(sources)))
    return LinkError(
        without_values(
            f"there is a link to {link[:80]!r}, which no mail program may follow", sources.values()
        ),
        source=place.file,
        line=place.line,
        column=place.column,
        hint="links begin with https:, mailto: or tel:",
    )


def image_error(
    written: str,
    sources: Mapping[str, str],
    *,
    known: Iterable[str],
    folder: str,
    outside: Sequence[str],
) -> TemplateError:
    """Return the error that there is no image of this name, in files like `link_error`'s.

    `outside` are links of that name to what is none of the templates' files.
    """
    hint = f"put it into {folder}/ and write its whole path in the template"
    message = f"there is no image {written[:80]!r} in PNG, JPEG or GIF"
    told = without_values(message, sources.values())
    if outside and told == message:
        told, hint = f"{outside[0]} {OUTSIDE}", INSTEAD
    elif told == message:
        hint = suggestion(written, known) or hint
    place = Sources(sources).find((written,)) or Place(next(iter(sources)))
    return TemplateError(told, source=place.file, line=place.line, column=place.column, hint=hint)


def column_of(word: str, source: str, line: int) -> int | None:
    """Return the column at which `word` stands by itself in a line, or None."""
    lines = source.split("\n")
    found = re.search(
        rf"(?<!\w){re.escape(word)}(?!\w)", lines[line - 1] if line <= len(lines) else ""
    )
    return found.start() + 1 if found else None


def _column_of_sign(error: jinja2.TemplateSyntaxError, sources: Mapping[str, str]) -> int | None:
    """Return the column of the sign that Jinja stumbled over, of which it tells the offset."""
    found = _UNEXPECTED.match(str(error.message))
    read, lines = error.source, sources.get(error.name or "", "").split("\n")
    if found is None or read is None or error.lineno > len(lines):
        return None
    begin = read.rfind("\n", 0, int(found[2])) + 1
    # In front matter, what Jinja reads does not begin where the line does.
    shift = lines[error.lineno - 1].find(read[begin:].partition("\n")[0])
    return None if shift < 0 else shift + int(found[2]) - begin + 1


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
    text = str(error).strip().rstrip(".") or type(error).__name__
    if plain := _beyond(error) or _mistyped(error, text) or _unread(text):
        return plain[0], hint or plain[1]
    if found := re.match(r"No (filter|test) named '(\w+)'", text):
        known = FILTERS if found[1] == "filter" else TESTS
        if found[2] in ("e", "escape", "forceescape"):
            hint = "values are escaped already; leave it out"
        return f'there is no {found[1]} "{found[2]}"', hint or suggestion(
            found[2], known
        ) or f"there are {', '.join(known)}"
    if found := re.match(r"Encountered unknown tag '(\w+)'", text):
        hint = suggestion(found[1], _TAGS) or f"there are {', '.join(_TAGS)}"
        if found[1] == "autoescape":
            hint = "values are always escaped; write | safe where one is markup"
        return f'there is no tag "{found[1]}"', hint
    if "nexpected end of template" in text or "end of print statement" in text:
        hint = hint or "look for a {% … %} or {{ … }} that is not closed"
    return text[0].lower() + text[1:], hint


def _unread(text: str) -> tuple[str, str | None] | None:
    """Return what to say where Jinja cannot read a sign, or tags do not belong together."""
    if found := _UNEXPECTED.match(text):
        sign = found[1][1:-1]
        if sign in "'\"":
            message = "a text in quotation marks begins here and never ends"
            return message, "put the same quotation mark behind it"
        return f'"{sign}" means nothing here', None
    found = _NESTING.match(text)
    return None if found is None else _unclosed(found)


def _unclosed(found: re.Match[str]) -> tuple[str, str] | None:
    tag, block = found["tag"], found["open"]
    if tag is None:
        return (
            f'the template ends, but "{block}" is still open',
            f"close it with {{% end{block} %}}",
        )
    if tag not in ("else", "elif") and tag.removeprefix("end") not in _TAGS:
        return None
    if block:
        message = f'{{% {tag} %}} stands here, but "{block}" is still open'
        return message, f"close it with {{% end{block} %}} first"
    begun = tag.removeprefix("end") if tag.startswith("end") else "if"
    hint = f"take it away, or write {{% {begun} … %}} before it"
    return f"{{% {tag} %}} closes nothing that is open", hint


def _circle(error: Exception) -> list[str]:
    """Return the files that include or extend each other, the first also at the end; or nothing."""
    names: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None and trace.tb_frame.f_code.co_name == "root":
            names.append(template.name)
        trace = trace.tb_next
    before = names[:-1]
    if not before or names[-1] not in before:
        return []
    return names[len(before) - 1 - before[::-1].index(names[-1]) :]


def _beyond(error: Exception) -> tuple[str, str] | None:
    """Return what to say of what no template can do."""
    if isinstance(error, RecursionError) and (circle := _circle(error)):
        return f"includes run in a circle: {' → '.join(circle)}", "remove one"
    if isinstance(error, RecursionError) and _place(error)[0]:
        return "the template calls itself without end", "look for a macro or include in itself"
    if isinstance(error, RecursionError) or "too many statically nested" in str(error):
        return "the template is nested too deeply", "take it apart, with {% include %} or {% set %}"
    if isinstance(error, MemoryError):
        return "the template needs more memory than there is", "look for a value that grows"
    if isinstance(error, ZeroDivisionError):
        return "division by zero", "test the number with {% if %} first"
    return None


def _mistyped(error: Exception, text: str) -> tuple[str, str | None] | None:
    """Return what to say of a value of the wrong kind."""
    if isinstance(error, TypeError | ValueError):
        for pattern, words, advice in _PYTHONS:
            if found := re.search(pattern, text):
                return words.format(*map(_called, found.groups())), advice
    return None


def _named(error: Exception) -> str | None:
    """Return the filter, test or tag that Jinja says there is none of."""
    found = re.match(r"(?:No (?:filter|test) named|Encountered unknown tag) '(\w+)'", str(error))
    return found[1] if found else None


def _called(name: str) -> str:
    """Return what people call a type of Python's, or a filter by its function."""
    return _KINDS.get(name) or re.sub(r"^(?:sync_)?(?:do)?_", "", name)


_UNEXPECTED = re.compile(r"unexpected char (.+) at (\d+)\Z")
_NESTING = re.compile(
    r"(?:Encountered unknown tag '(?P<tag>\w+)'|Unexpected end of template)"
    r"(?:\..* closed is '(?P<open>\w+)'|(?(tag)\Z|(?!)))"
)
_KINDS = {
    "int": "a number",
    "float": "a number",
    "Decimal": "a number",
    "str": "a text",
    "Markup": "a text",
    "bool": "a yes or no",
    "NoneType": "nothing",
    "list": "a list",
    "tuple": "a list",
    "range": "a list",
    "dict": "a map",
    "date": "a date",
    "datetime": "a date",
    "Record": "a record such as contact",
}
#: What Python says of a template's mistakes, and what a person is told.
_PYTHONS = (
    (r"(\w+)\(\) got an unexpected keyword argument '(\w+)'", "{0} takes no {1}=…", None),
    (r"(\w+)\(\) takes .* positional arguments? but", "{0} is given too much in brackets", None),
    (r"(\w+)\(\) missing .* required", "{0} lacks something in brackets", None),
    (r"'(\w+)' object is not iterable", "{0} is no list to go through", None),
    (r"'(\w+)' object is not callable", "{0} cannot be called", "take the ( ) behind it away"),
    (
        r"not supported between instances of '(\w+)' and '(\w+)'",
        "{0} and {1} cannot be compared",
        "make numbers of both with | int, or texts with | string",
    ),
    (
        r"unsupported operand type\(s\) for \S+ '(\w+)' and '(\w+)'",
        "this cannot be done with {0} and {1}",
        "~ joins texts; | int makes a number of a text",
    ),
    (r"'in <string>' requires", "only a text can be looked for in a text", "write | string"),
    (r"can only concatenate (\w+)", "only {0} can be added to {0}", "~ joins texts"),
    (r"unhashable type", "a list or a map cannot be the key of a map", None),
    (
        r"(?:not enough|too many) values to unpack",
        "the loop has more or fewer names than its items have parts",
        None,
    ),
)
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
