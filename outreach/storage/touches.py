"""Touches: recording one together with the summaries it belongs to, and reading a timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from outreach.domain.mailing import ContentClass
from outreach.domain.touches import REPLY, SUMMARIES, Direction, summed_up_in
from outreach.storage.tables import ContactRow, TouchRow, table_of

_CONTACTS = table_of(ContactRow)
_TOUCHES = table_of(TouchRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One exchange to be recorded; the fields are those of `TouchRow`."""

    contact_id: int
    at: datetime
    direction: str
    channel: str
    kind: str
    personal: bool
    content_class: str | None = None
    by: str | None = None
    summary: str | None = None
    delivery_id: int | None = None
    inbound_id: int | None = None


def record(session: Session, touch: Touch) -> int:
    """Record a touch, bring the contact's summaries up to date, and return the touch's id."""
    values = {name: getattr(touch, name) for name in Touch.__slots__}
    touch_id: int = session.execute(_RECORDED, values).scalar_one()
    names = summed_up_in(
        direction=touch.direction,
        kind=touch.kind,
        personal=touch.personal,
        content_class=touch.content_class,
    )
    session.execute(_summed_up(frozenset(names)), {"of": touch.contact_id, "moment": touch.at})
    return touch_id


_RECORDED = insert(_TOUCHES).returning(_TOUCHES.c.id)


@cache
def _summed_up(names: frozenset[str]) -> Update:
    table = _CONTACTS
    moment = bindparam("moment", type_=table.c.last_touch.type)
    return (
        update(table)
        .where(table.c.id == bindparam("of"))
        .values({name: later(table.c[name], moment) for name in sorted(names)})
    )


def later(column: Any, moment: Any) -> ColumnElement[Any]:  # noqa: ANN401 - columns, or values
    """Return the later of a column, which may be null, and `moment`."""
    return case((or_(column.is_(None), column < moment), moment), else_=column)


def recompute(session: Session, contact_ids: Sequence[int]) -> None:
    """Set the summaries of these contacts to what their touches say."""
    inwards = TouchRow.direction.in_((Direction.IN, Direction.BOTH))
    outwards = TouchRow.direction.in_((Direction.OUT, Direction.BOTH))
    # The same meaning as `summed_up_in`; a property test compares the two.
    counted = {
        "last_touch": TouchRow.id.is_not(None),
        "last_in": inwards,
        "last_out": outwards,
        "last_two_way": or_(TouchRow.direction == Direction.BOTH, and_(inwards, TouchRow.personal)),
        "last_personal": TouchRow.personal,
        "last_give": and_(outwards, TouchRow.content_class == ContentClass.GIVE),
        "last_ask": and_(outwards, TouchRow.content_class == ContentClass.ASK),
        "last_reply": and_(inwards, TouchRow.kind == REPLY),
    }
    newest = {
        name: select(func.max(TouchRow.at))
        .where(TouchRow.contact_id == ContactRow.id, counted[name])
        .scalar_subquery()
        for name in SUMMARIES
    }
    session.execute(
        update(ContactRow)
        .where(ContactRow.id.in_(contact_ids))
        .values(newest)
        .execution_options(synchronize_session=False)
    )
