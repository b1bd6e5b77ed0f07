"""How wide columns and groups are, and all that MJML writes of it.

The engine calculates with 32 bits and knows no gutter. The reference calculates with 64, in places
with whole numbers, and says the width of a column five times: as a class, as a rule for the class,
as the width on a phone, as that of Outlook's cell, and as the room that its content has. So widths
are worked out here, as the reference does it; the engine is given whole pixels, and what it wrote
of its columns is written anew, in their order.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_COLUMN = re.compile(
    r'(?:width:-?[\d.]+px;(?P<seam>"><!\[endif\]-->))?'
    r'<div class="(?:mj-outlook-group-fix )?mj-column-(?:per|px)-[\d-]+(?: mj-outlook-group-fix)?'
    r'(?P<classes>[^"]*)" style="(?P<style>[^"]*?)width:[\d.]+%;'
)
_RULES = re.compile(r"(?P<prefix>\.moz-text-html )?\.mj-column-[\w-]+ ?\{[^}]*\}\s*")
_RUN_OF_RULES = re.compile(rf"(?:{_RULES.pattern.replace('?P<prefix>', '?:')})+")
_UNIT = re.compile(r"[\d.,]*(\D*)$")
_SIDES = {1: (0, 0), 2: (1, 1), 3: (1, 1), 4: (1, 3)}
"""Where right and left stand in a shorthand of so many values."""


def whole(text: str) -> int:
    """Return the whole number at the start of `text`, as JavaScript's ``parseInt``, or 0."""
    found = re.match(r"\s*([-+]?\d+)", text)
    return int(found[1]) if found else 0


def _fraction(text: str) -> float:
    found = re.match(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)", text)
    return float(found[0]) if found else 0.0


def digits(number: float) -> str:
    """Return a number as JavaScript writes it."""
    return repr(float(number)).removesuffix(".0")


def _six(number: float) -> float:
    return round(number, 6)


def _nearest(number: float) -> int:
    return math.floor(number + 0.5)


def length(text: str) -> tuple[float, str]:
    """Return a length and its unit: ``%`` with its fraction, all others as whole pixels."""
    unit = _UNIT.search(text)
    if unit and unit[1] == "%":
        return _fraction(text), "%"
    return float(whole(text)), "px"


def across(attributes: Mapping[str, str], *, borders: bool = True) -> int:
    """Return what the left and right padding take, and the borders with them, in whole pixels.

    A percentage counts as that many pixels: so it does in the reference.
    """
    parts = attributes.get("padding", "").split()[:4]
    taken = 0
    for side, place in zip(("right", "left"), _SIDES.get(len(parts), (0, 0)), strict=True):
        shorthand = parts[place] if parts else ""
        taken += whole(attributes.get(f"padding-{side}") or shorthand)
    return taken + (border(attributes) if borders else 0)


def border(attributes: Mapping[str, str], name: str = "border") -> int:
    """Return what the left and right border take, in whole pixels."""
    return sum(
        int(found[1])
        for side in ("left", "right")
        if (
            found := re.search(
                r"(?:^| )(\d+)", attributes.get(f"{name}-{side}") or attributes.get(name, "")
            )
        )
    )


@dataclass(frozen=True, slots=True)
class Place:
    """What an element has to know of the one around it, whose tag is `tag`.

    `width` is the room it has, in pixels, shared by `columns`; it is number `index` of `siblings`,
    raw text and comments counted. `gap` keeps the sections of a wrapper apart, whose borders may be
    `uneven`, `gutter` the columns of a section. `outer` is the room of the column around a
    carousel, `thumbnails` and `thumbnail_width` what that says of them. `font` is that of an
    accordion.
    """

    width: float
    tag: str = ""
    columns: int = 1
    siblings: int = 1
    index: int = 0
    grouped: bool = False
    outer: float = 0.0
    icon_border: str = "0"
    gap: str = ""
    uneven: bool = False
    gutter: str = ""
    direction: str = "ltr"
    thumbnails: str = ""
    thumbnail_width: str = ""
    font: str = "Ubuntu, Helvetica, Arial, sans-serif"

    def share(self, width: str) -> float:
        """Return how wide a column or group is that asks for `width`, in pixels."""
        value, unit = length(width or f"{self.width / self.columns}px")
        return self.width * value / 100 if unit == "%" else value

    def image_width(self, attributes: Mapping[str, str]) -> int:
        """Return how wide an image is."""
        room = int(self.width) - across({"padding": "10px 25px"} | dict(attributes))
        return min(room, whole(attributes.get("width", "")) or room)

    def divider_width(self, attributes: Mapping[str, str]) -> str:
        """Return how wide a divider is to Outlook."""
        room = int(self.width) - across({"padding": "10px 25px"} | dict(attributes), borders=False)
        value, unit = length(attributes.get("width") or "100%")
        return f"{digits(room * (int(value) / 100)) if unit == '%' else digits(value)}px"


@dataclass(frozen=True, slots=True)
class _Column:
    """What is written of one column: its classes, its width on a phone, and Outlook's cell."""

    classes: str
    phone: str
    cell: str


@dataclass(slots=True)
class Columns:
    """The columns and groups of a page, in order."""

    _columns: list[_Column] = field(default_factory=list)
    _rules: dict[str, str] = field(default_factory=dict)

    def add_group(self, width: str, place: Place) -> None:
        """Note a group."""
        value, unit = length(width or f"{digits(100 / place.columns)}%")
        pixels = place.width * value / 100 if unit == "%" else value
        name = f"mj-column-{_token(unit)}-{int(value)}"
        self._rule(name, value, unit)
        self._columns.append(_Column(name, "100%", f"width:{digits(pixels)}px"))

    def add_column(self, width: str, place: Place) -> None:
        """Note a column of a section or group."""
        gutter = _Gutter(width, place)
        value, unit = gutter.width if place.gutter else length(gutter.asked)
        value = float(_nearest(value)) if unit == "px" else value
        name = f"mj-column-{_token(unit)}-{digits(value).replace('.', '-', 1)}"
        self._rule(name, value, unit)
        asked, asked_unit = length(gutter.asked)
        pixels = place.width * asked / 100 if asked_unit == "%" else asked
        cell, classes = f"width:{_nearest(pixels)}px", name
        phone = _phone(width, gutter, place)
        if place.gutter:
            classes += f" {gutter.name}"
            if place.grouped:
                phone += f";padding:{gutter.padding(asked_unit)}"
            else:
                self._rules.setdefault(gutter.name, "")
                self._rules[gutter.name] = (
                    f"{{ padding: {gutter.padding(asked_unit)} !important; }}"
                )
                phone += f";padding:{gutter.phone_padding}"
                cell += f";padding:{gutter.padding('px')}"
        self._columns.append(_Column(classes, phone, cell))

    def _rule(self, name: str, value: float, unit: str) -> None:
        said = digits(value) + unit
        self._rules[name] = f"{{ width:{said} !important; max-width: {said}; }}"

    def written(self, head: str, content: str) -> tuple[str, str]:
        """Return the engine's head and body with what it says of columns said anew."""
        if len(_COLUMN.findall(content)) != len(self._columns):
            return head, content
        columns = iter(self._columns)

        def column(found: re.Match[str]) -> str:
            said = next(columns)
            before = f"{said.cell};{found['seam']}" if found["seam"] else ""
            return (
                f'{before}<div class="{said.classes} mj-outlook-group-fix{found["classes"]}" '
                f'style="{found["style"]}width:{said.phone};'
            )

        return _RUN_OF_RULES.sub(self._grouped, head), _COLUMN.sub(column, content)

    def _grouped(self, found: re.Match[str]) -> str:
        """Return all rules, those with the same declarations as one."""
        first = _RULES.match(found[0])
        prefix = (first["prefix"] if first else None) or ""
        selectors: dict[str, list[str]] = {}
        for name, rule in self._rules.items():
            selectors.setdefault(rule, []).append(f"{prefix}.{name}")
        return "\n".join(f"{', '.join(names)} {rule}" for rule, names in selectors.items()) + "\n"


def _token(unit: str) -> str:
    return "per" if unit == "%" else unit


def _phone(width: str, gutter: "_Gutter", place: Place) -> str:
    """Return how wide a column is on a phone; only those in a group share a row there."""
    if not place.grouped:
        return "100%"
    if not width and not place.gutter:
        return f"{int(100 / place.columns)}%"
    value, unit = gutter.width if place.gutter else length(width)
    if unit == "%":
        return f"{digits(value)}%" if place.gutter else width.strip()
    return f"{digits(_six(value / int(place.width) * 100))}%" if int(place.width) else "100%"


@dataclass(frozen=True, slots=True)
class _Gutter:
    """The space between the columns of a section, and what it makes of one column."""

    given: str
    place: Place

    @property
    def asked(self) -> str:
        """The width that the column asks for, or its equal share."""
        return self.given or f"{digits(100 / self.place.columns)}%"

    @property
    def width(self) -> tuple[float, str]:
        """The width of the column without its part of the gutters, with its unit."""
        value, unit = length(self.asked)
        count = self.place.siblings
        reduced = max(0.0, _six(value - self._size(unit) * (count - 1) / count))
        if unit == "%":
            return reduced, unit
        spare = max(0, min(count, _nearest(count * (reduced - math.floor(reduced)))))
        return float(math.floor(reduced) + (self.place.index < spare)), unit

    def _size(self, unit: str) -> float:
        value, own = length(self.place.gutter)
        if own == unit:
            return value
        return value / self.place.width * 100 if unit == "%" else self.place.width * value / 100

    @property
    def name(self) -> str:
        """The class of the column's padding."""
        unit = length(self.asked)[1]
        size = self._size(unit)
        said = digits(_six(float(_nearest(size)) if unit == "px" else size)).replace(".", "-", 1)
        turned = "-rtl" if self.place.direction == "rtl" else ""
        position = f"{self.place.siblings}-{self.place.index + 1}"
        return f"mj-column-gutter-{position}-{_token(unit)}-{said}{turned}"

    def padding(self, unit: str) -> str:
        """Return the padding that keeps the column from its neighbours in a row."""
        return _padding(self._in_row(unit), unit)

    @property
    def phone_padding(self) -> str:
        """The padding that keeps the column from those above and below it."""
        return _padding(self._stacked(), "%")

    def _in_row(self, unit: str) -> Iterator[float]:
        size = self._size(unit)
        size = float(_nearest(size)) if unit == "px" else size
        leading = float(math.ceil(size / 2)) if unit == "px" else size / 2
        trailing = float(math.floor(size / 2)) if unit == "px" else size / 2
        first, last = self._ends()
        turned = self.place.direction == "rtl"
        yield 0
        yield (0 if first else trailing) if turned else (0 if last else leading)
        yield 0
        yield (0 if last else leading) if turned else (0 if first else trailing)

    def _stacked(self) -> Iterator[float]:
        first, last = self._ends()
        half = self._size("%") / 2
        yield 0 if first else half
        yield 0
        yield 0 if last else half
        yield 0

    def _ends(self) -> tuple[bool, bool]:
        return self.place.index == 0, self.place.index + 1 == self.place.siblings


def _padding(sides: Iterator[float], unit: str) -> str:
    return " ".join(
        f"{_nearest(side)}px" if unit == "px" else f"{digits(_six(side))}{unit}" for side in sides
    )
