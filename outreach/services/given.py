"""What a person typed about a contact, read with everything that is wrong reported at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from outreach.domain import entry
from outreach.domain.contact import AttributeType, AttributeValue
from outreach.errors import Problem, suggestion
from outreach.storage.contacts import FIELDS

Types = Mapping[str, AttributeType]
"""The attributes that the workspace declares, by name."""

_FIELD_READERS: Mapping[str, Callable[[str], str | None]] = {
    "timezone": entry.timezone,
    "locale": entry.locale,
    "country": entry.country,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Texts, as yet unread. `clear` names what to empty: a field, or ``attributes.NAME``."""

    fields: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    interests: Collection[str] = ()
    no_interests: Collection[str] = ()
    clear: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """The values that were given, None for what is to be emptied, and all `problems`."""

    fields: Mapping[str, str | None]
    attributes: Mapping[str, AttributeValue | None]
    interests: tuple[str, ...]
    no_interests: tuple[str, ...]
    problems: tuple[Problem, ...]

    def __bool__(self) -> bool:
        """Whether anything is to be changed."""
        return bool(self.fields or self.attributes or self.interests or self.no_interests)


def read(given: Given, types: Types) -> Read:
    """Turn what was typed into values."""
    problems: list[Problem] = []
    fields: dict[str, str | None] = {}
    attributes: dict[str, AttributeValue | None] = {}
    for name, cell in given.fields.items():
        value = _converted(name, _FIELD_READERS.get(name, entry.text), cell, problems)
        fields[name] = value if isinstance(value, str) else None
    for name, cell in given.attributes.items():
        kind = types.get(name)
        if kind is None:
            problems.append(_undeclared(name, types))
        else:
            convert = entry.attribute(kind, None)
            attributes[name] = _converted(f"attributes.{name}", convert, cell, problems)
    for name in given.clear:
        _, is_attribute, attribute = name.partition("attributes.")
        if is_attribute:
            # Also one that is no longer declared, or else it could never be got rid of.
            attributes[attribute] = None
        elif name in FIELDS:
            fields[name] = None
        else:
            hint = suggestion(name, FIELDS) or f"use {', '.join(FIELDS)} or attributes.NAME"
            problems.append(Problem(f'"{name}" is nothing that can be cleared', hint=hint))
    interests = [_converted("interest", entry.text, cell, problems) for cell in given.interests]
    return Read(
        fields,
        attributes,
        tuple(text.casefold() for text in interests if isinstance(text, str)),
        tuple(text.strip().casefold() for text in given.no_interests),
        tuple(problems),
    )


def _undeclared(name: str, types: Types) -> Problem:
    return Problem(
        f'there is no attribute "{name}"',
        hint=suggestion(name, types)
        or f'declare it in outreach.toml, below [attributes]: {name} = "text"',
    )


def _converted(
    name: str,
    convert: Callable[[str], AttributeValue | None],
    cell: str,
    problems: list[Problem],
) -> AttributeValue | None:
    try:
        found = convert(cell)
    except ValueError as error:
        problems.append(Problem(f"{name}: {error}"))
        return None
    if found is None:
        hint = None if name == "interest" else f"to empty it, use --clear {name}"
        problems.append(Problem(f"{name} is empty", hint=hint))
    return found
