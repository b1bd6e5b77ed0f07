"""Front matter: the lines between ``---`` at the head of a template, in YAML.

Known keys describe the mail and are checked; every other key is a variable of the template. The
body keeps its line numbers, because the front matter is replaced by as many empty lines.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

import yaml

from outreach.domain.mailing import ContentClass, MailKind
from outreach.errors import Problem, TemplateError, suggestion
from outreach.rendering.assets import AttachmentSpec, attachment_specs
from outreach.rendering.invites import EventSpec, event_spec

MAX_SERIES = 80
"""Characters in the name of a series; it is part of keys, headers and database rows."""

_FENCE = re.compile(r"---[ \t]*\Z")
_END = re.compile(r"(?:---|\.\.\.)[ \t]*\Z")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\Z")
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")


class Period(StrEnum):
    """How often a template is sent anew: its key names the period, and a key is sent once."""

    NONE = "none"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    def name_of(self, day: date) -> str:
        """Return the name of the period that `day` lies in, such as ``2026-12`` or ``2026-W49``.

        Weeks are those of ISO 8601. `NONE` has no names and gives an empty text.
        """
        week = day.isocalendar()
        return {
            Period.NONE: "",
            Period.DAY: day.isoformat(),
            Period.WEEK: f"{week.year}-W{week.week:02d}",
            Period.MONTH: f"{day.year}-{day.month:02d}",
            Period.QUARTER: f"{day.year}-Q{(day.month + 2) // 3}",
            Period.YEAR: str(day.year),
        }[self]

    def end_of(self, name: str) -> date:
        """Return the first day after the period called `name`, or raise `ValueError`."""
        if self is Period.WEEK:
            return date.fromisoformat(f"{name}-1") + timedelta(weeks=1)
        if self is Period.QUARTER:
            year, quarter = int(name[:4]), int(name[-1])
            return date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
        if self is Period.MONTH:
            year, month = int(name[:4]), int(name[5:])
            return date(year + month // 12, month % 12 + 1, 1)
        if self is Period.YEAR:
            return date(int(name) + 1, 1, 1)
        return date.fromisoformat(name) + timedelta(days=1)

    @staticmethod
    def named(name: str) -> "Period":
        """Return the kind of period that `name` is the name of; `NONE` if it is none."""
        for period, form in _PERIOD_NAMES.items():
            if re.fullmatch(form, name):
                return period
        return Period.NONE


_PERIOD_NAMES = {
    Period.DAY: r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    Period.WEEK: r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])",
    Period.MONTH: r"\d{4}-(0[1-9]|1[0-2])",
    Period.QUARTER: r"\d{4}-Q[1-4]",
    Period.YEAR: r"\d{4}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """What a template says of the mail it makes.

    `subject`, `preheader` and `text` are template source themselves. `text` is a hand-written text
    part: its source, or the name of a ``.txt`` file beside the template. `send_at` is the wall
    time in the firm's zone from which it may be sent. `language` is that of the
    words in the template. `lines` tells where each key stands; the texts of `event` are template
    source and are found in the sheet.
    """

    subject: str
    preheader: str | None = None
    content_class: ContentClass = ContentClass.GIVE
    kind: MailKind = MailKind.NEWSLETTER
    series: str | None = None
    layout: str | None = None
    sender: str | None = None
    segment: str | None = None
    period: Period = Period.NONE
    send_at: datetime | None = None
    language: str | None = None
    text: str | None = None
    attachments: tuple[AttachmentSpec, ...] = ()
    event: EventSpec | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A template file taken apart: the values of its front matter, where they stand, its body.

    The body has an empty line for each line of front matter. `starts` is the line on which a value
    begins: for a block of text the line below its key.
    """

    name: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    starts: Mapping[str, int]
    body: str

    def text(self, key: str) -> str | None:
        """Return the text of a key, or of one in a map, such as ``event.title``; None without."""
        value: Any = self.values
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else None


def take_apart(text: str, name: str) -> Sheet:
    """Split the file called `name`, or raise `TemplateError` with all that is wrong in its YAML."""
    lines = text.split("\n")
    if not _FENCE.match(lines[0]):
        return Sheet(name, {}, {}, {}, text)
    end = next((number for number, line in enumerate(lines[1:], 1) if _END.match(line)), None)
    if end is None:
        raise TemplateError(
            "the front matter that begins here has no end",
            source=name,
            line=1,
            hint="put a line with --- below its last key",
        )
    reader = _Reader("\n".join(lines[1:end]), name)
    if reader.problems:
        raise TemplateError(reader.problems)
    body = "\n" * (end + 1) + "\n".join(lines[end + 1 :])
    return Sheet(name, reader.values, reader.lines, reader.starts, body)


def front_matter(
    sheet: Sheet,
    layout: Sheet | None,
    *,
    reserved: Sequence[str] = (),
    original: tuple[Sheet, FrontMatter] | None = None,
    language: str | None = None,
) -> FrontMatter:
    """Return the checked front matter of a template, with what its layout says as defaults.

    `reserved` are names that templates already have. For a translation into `language`, `original`
    is what it translates: that says what kind of mailing it is, and gives what is not translated.
    Raises `TemplateError` with all problems.
    """
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    if original is not None:
        sheet, values = _translated(sheet, *original, problems)
    for part in filter(None, (layout, sheet)):
        problems += _problems_of(part, reserved, is_layout=part is layout)
        for key, value in part.values.items():
            if original is not None and part is layout and key in (*_OF_MAILING, "language"):
                continue
            values[key] = value
            if part is sheet:
                lines |= {
                    name: line
                    for name, line in part.lines.items()
                    if name == key or name.startswith(f"{key}.")
                }
    if original is not None:
        values.setdefault("language", language)
    if "subject" not in values:
        near = next((key for key in sheet.values if suggestion("subject", [key])), None)
        problems.append(
            Problem(
                "there is no subject",
                sheet.name,
                sheet.lines.get(near, 1) if near else 1,
                hint=f'"{near}" looks like it; write subject: …'
                if near
                else "add a line such as  subject: News for December  between two lines of ---",
            )
        )
    if problems:
        raise TemplateError(problems)
    event = event_spec(values["event"]) if "event" in values else None
    attachments = attachment_specs(values["attachments"]) if "attachments" in values else ()
    content_class = ContentClass(values.get("class", ContentClass.GIVE))
    is_service = content_class is ContentClass.SERVICE
    return FrontMatter(
        subject=values["subject"],
        content_class=content_class,
        kind=MailKind(values.get("kind", MailKind.SERVICE if is_service else MailKind.NEWSLETTER)),
        period=Period(values.get("period", Period.NONE)),
        send_at=_wall_time(values["send_at"]) if "send_at" in values else None,
        attachments=attachments,
        event=event,
        variables={key: value for key, value in values.items() if key not in KEYS},
        lines=lines,
        **{key: values.get(key) for key in _TEXTS},
    )


_OF_MAILING = ("class", "kind", "series", "sender", "segment", "period", "send_at")


def _translated(
    sheet: Sheet, original: Sheet, matter: FrontMatter, problems: list[Problem]
) -> tuple[Sheet, dict[str, Any]]:
    """Return a translation's sheet with its event whole, and the values that it does not give."""
    settings = {
        "class": matter.content_class.value,
        "kind": matter.kind.value,
        "period": matter.period.value,
        "series": matter.series,
        "sender": matter.sender,
        "segment": matter.segment,
        "send_at": original.values.get("send_at"),
    }
    problems += [
        Problem(
            f"a translation has no {key} of its own",
            sheet.name,
            sheet.lines[key],
            hint=f"one mailing, one {key}: say it in {original.name}",
        )
        for key in _OF_MAILING
        if key in sheet.values and sheet.values[key] != settings[key]
    ]
    values: dict[str, Any] = {key: value for key, value in settings.items() if value is not None}
    values |= matter.variables
    values |= {
        key: original.values[key] for key in ("attachments", "event") if key in original.values
    }
    own, whole = sheet.values.get("event"), original.values.get("event")
    if isinstance(own, Mapping) and isinstance(whole, Mapping):
        sheet = replace(sheet, values={**sheet.values, "event": {**whole, **own}})
    return sheet, values


def _enum(kinds: type[StrEnum]) -> Any:  # noqa: ANN401 - one shape for all checks of a value
    def check(value: object) -> str | None:
        known = [kind.value for kind in kinds]
        if value in known:
            return None
        near = suggestion(str(value), known)
        return f"must be one of {', '.join(known)}" + (f" ({near})" if near else "")

    return check


def _template_text(value: object) -> str | None:
    if not isinstance(value, str):
        return "must be text; put it in quotes"
    return None if value.strip() else "is empty"


def _name(value: object) -> str | None:
    if isinstance(value, str) and _NAME.match(value) and len(value) <= MAX_SERIES:
        return None
    return "must be a name of lower-case letters, digits, - and _"


def _language(value: object) -> str | None:
    if isinstance(value, str) and _LANGUAGE.match(value):
        return None
    # YAML 1.1 reads the Norwegian `no` as false.
    return "must be a language tag in quotes, such as en, de-AT or 'no'"


def _wall_time(value: object) -> datetime:
    """Return a wall time such as ``2026-12-01 09:00``, or raise `ValueError`."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    raise ValueError("must be a day and time such as 2026-12-01 09:00, in the firm's time zone")


def _read_by(read: Callable[[object], object]) -> Callable[[object], str | None]:
    def check(value: object) -> str | None:
        try:
            read(value)
        except ValueError as error:
            return str(error)
        return None

    return check


_TEXTS = (
    "preheader",
    "series",
    "layout",
    "sender",
    "segment",
    "language",
    "text",
)
KEYS = {
    "subject": _template_text,
    "preheader": _template_text,
    "class": _enum(ContentClass),
    "kind": _enum(MailKind),
    "series": _name,
    "layout": _name,
    "sender": _name,
    "segment": _name,
    "period": _enum(Period),
    "send_at": _read_by(_wall_time),
    "language": _language,
    "text": _template_text,
    "attachments": _read_by(attachment_specs),
    "event": _read_by(event_spec),
}
_NOT_IN_LAYOUT = ("layout", "text", "attachments", "event")


def _problems_of(sheet: Sheet, reserved: Sequence[str], *, is_layout: bool) -> list[Problem]:
    problems = []
    for key, value in sheet.values.items():
        message, hint = None, None
        if is_layout and key in _NOT_IN_LAYOUT:
            message = f"a layout has no {key}"
        elif key in KEYS:
            message = KEYS[key](value)
            message = message and f"{key} {message}"
        elif key in reserved:
            message = f'templates already have a "{key}" of their own'
            hint = f"call it something else, such as my_{key}"
        elif not _VARIABLE.match(key):
            message = f'"{key}" cannot be used as a variable'
            hint = f"call it {re.sub(r'[^a-z0-9]+', '_', key.lower()).strip('_') or 'something'}"
        if message:
            problems.append(Problem(message, sheet.name, sheet.lines[key], hint=hint))
    return problems


class _Loader(yaml.SafeLoader):
    """YAML of plain values: no tags beyond the standard ones, and no aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML has no types
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not taken", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


class _Reader:
    """Gathers values, their lines and all problems from one piece of YAML."""

    #: YAML's first line is the second line of the file.
    OFFSET = 2

    def __init__(self, source: str, name: str) -> None:
        self.name = name
        self.text = source.split("\n")
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        self.starts: dict[str, int] = {}
        self.problems: list[Problem] = []
        loader = None
        try:
            loader = _Loader(source)
            root = loader.get_single_node()
            if isinstance(root, yaml.MappingNode):
                for key, value in root.value:
                    self._take(loader, key, value)
            elif root is not None:
                self._problem("front matter must be lines of the form  key: value", 0)
        except yaml.YAMLError as error:
            self._yaml_problem(error)
        except RecursionError:
            self._problem("the front matter is nested too deeply", 0)
        finally:
            if loader is not None:
                loader.dispose()

    def _take(self, loader: _Loader, key_node: yaml.Node, node: yaml.Node) -> None:
        line = key_node.start_mark.line
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode) or not isinstance(key, str):
            self._problem("a key must be a word", line)
            return
        if key in self.values:
            self._problem(f'"{key}" stands here and on line {self.lines[key]}', line)
            return
        try:
            value = loader.construct_object(node, deep=True)
        except yaml.YAMLError as error:
            self._yaml_problem(error)
            return
        except (ValueError, TypeError, OverflowError) as error:
            loader.recursive_objects.clear()  # else it takes what it failed at for a loop
            bad = next(_unreadable(loader, node), None)
            at = bad.start_mark if bad else key_node.start_mark
            told = (
                f"{key} has the value {bad.value}, which cannot be read"
                if bad
                else f"{key} cannot be read"
            )
            self._problem(f"{told}: {error}", at.line, None, at.column + 1)
            return
        if wrong := _unusable(value):
            self._problem(f"{key} holds {wrong}", line, "use texts, numbers, dates, lists and maps")
            return
        self.values[key] = value
        self.lines[key] = line + self.OFFSET
        self._note_start(key, node)
        if isinstance(node, yaml.MappingNode):
            for inner_key, inner in node.value:
                name = f"{key}.{inner_key.value}"
                self.lines[name] = inner_key.start_mark.line + self.OFFSET
                self._note_start(name, inner)

    def _note_start(self, name: str, node: yaml.Node) -> None:
        block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        self.starts[name] = node.start_mark.line + self.OFFSET + block

    def _yaml_problem(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        reason = getattr(error, "problem", None) or str(error).split("\n", maxsplit=1)[0]
        line = mark.line if mark else 0
        text = self.text[line] if line < len(self.text) else ""
        hint = None
        if re.search(r":\s*[^\"'|>\s][^\"']*\{[{%]|:\s*\{[{%]", text):
            hint = "put the value in quotes, because it holds braces"
        elif re.search(r":\s+[^\"'|>].*:\s", text):
            hint = "put the value in quotes, because it holds a colon"
        column = mark.column + 1 if mark else None
        self._problem(f"not valid YAML: {reason}", line, hint, column)

    def _problem(
        self, message: str, line: int, hint: str | None = None, column: int | None = None
    ) -> None:
        self.problems.append(Problem(message, self.name, line + self.OFFSET, column, hint))


def _unreadable(loader: _Loader, node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Yield the values in `node` that look like a date or a number, and are none."""
    if isinstance(node, yaml.ScalarNode):
        try:
            loader.construct_object(node)
        except (ValueError, TypeError, OverflowError):
            yield node
    elif isinstance(node, yaml.CollectionNode):
        for child in node.value:
            for part in child if isinstance(child, tuple) else (child,):
                yield from _unreadable(loader, part)


def _unusable(value: object) -> str | None:
    """Return what in `value` no template could use, or None."""
    if value is None or isinstance(value, str | int | float | date | datetime):
        return None
    if isinstance(value, list):
        return next(filter(None, map(_unusable, value)), None)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return "a map whose keys are not all words"
        return next(filter(None, map(_unusable, value.values())), None)
    return f"a value of type {type(value).__name__}"
