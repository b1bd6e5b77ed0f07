"""Why a condition is true or false of a contact, part by part."""

from dataclasses import dataclass
from datetime import datetime

from outreach.domain.condition import (
    Condition,
    Literal,
    Received,
    Touched,
    Value,
    operands_of,
    parts_of,
)
from outreach.domain.contact import Contact


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a condition holds for one contact, what was looked at, and the same for its parts."""

    text: str
    holds: bool
    #: What was looked at, as (how it reads, what it is), constants left out.
    facts: tuple[tuple[str, Value], ...]
    parts: tuple["Finding", ...]


def explain(condition: Condition, contact: Contact, now: datetime) -> Finding:
    """Return why `condition` is true or false of `contact`, part by part."""
    facts: list[tuple[str, Value]] = [
        (str(operand), operand.value(contact, now))
        for operand in operands_of(condition)
        if not isinstance(operand, Literal)
    ]
    if isinstance(condition, Touched):
        newest = max((touch.at for touch in contact.touches or ()), default=None)
        facts.append(("touches", len(contact.touches or ())))
        facts.append(("newest touch", newest))
    if isinstance(condition, Received):
        facts.append(("received", contact.received))
    return Finding(
        text=str(condition),
        holds=condition.matches(contact, now),
        facts=tuple(facts),
        parts=tuple(explain(part, contact, now) for part in parts_of(condition)),
    )
