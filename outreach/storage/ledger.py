"""The ledger's short path: what is recorded of every mail, on one connection of a run's own.

It writes what `outreach.storage.deliveries`, `decisions` and `touches` write, with statements that
are compiled once for a run, each for all mails of a transaction together. Every one that changes a
state names the states it may find, and is known to have found them before the transaction goes on.
What is only added, and asks nothing, is written at its end.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, insert, or_, select, update
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from outreach.domain.delivery import CampaignState, DeliveryEvent, sources, target
from outreach.domain.feedback import Outcome
from outreach.domain.gate import Decision, Verdict
from outreach.domain.touches import SUMMARIES, summed_up_in
from outreach.storage.database import Held, Prepared, ids_named, listed
from outreach.storage.decisions import Stage
from outreach.storage.deliveries import Attempt, Claim
from outreach.storage.tables import (
    AttemptRow,
    CampaignRow,
    ContactRow,
    DecisionRow,
    DeliveryRow,
    HaltRow,
    TouchRow,
)
from outreach.storage.touches import Touch, later


@dataclass(slots=True)
class Begun:
    """A mail that is about to go out, `size` octets long."""

    claim: Claim
    address: str
    message_id: str
    size: int


@dataclass(slots=True)
class Settled:
    """What an attempt does to its delivery: why, and when it may be tried again.

    `deferred_since` is told of one that is deferred: when its receiver first said so.
    """

    claim: Claim
    attempt: Attempt
    reason: str | None = None
    not_before: datetime | None = None
    deferred_since: datetime | None = None


class Touched(NamedTuple):
    """What touches of one kind have each of their own; the fields are those of `Touch`."""

    contact_id: int
    at: datetime
    summary: str
    delivery_id: int


class Ledger:
    """One campaign's ledger as the run called `owner` writes it.

    Everything but `held` itself happens in a transaction that the caller opened with `write`.
    """

    def __init__(self, held: Held, campaign_id: int, owner: str) -> None:
        self.held = held
        self.campaign_id = campaign_id
        self.owner = owner
        self._prepared: dict[object, Prepared] = {}
        self._added: dict[Prepared, list[tuple[object, ...]]] = {}

    @contextmanager
    def write(self) -> Iterator[None]:
        """Open a transaction; it is committed when the block ends."""
        with self.held.write():
            self._added.clear()
            yield
            for statement, rows in self._added.items():
                self.held.run_many(statement, rows)

    def state(self) -> tuple[CampaignState, bool]:
        """Return where the campaign stands at this moment, and whether all sending is halted."""
        found = self._run(
            "state",
            lambda: select(
                CampaignRow.state, exists().where(HaltRow.lifted_at.is_(None)).label("halted")
            ).where(CampaignRow.id == self.campaign_id),
        ).fetchone()
        return (
            (CampaignState(found[0]), bool(found[1])) if found else (CampaignState.CANCELLED, False)
        )

    def lock(self, contact_ids: Collection[int]) -> None:
        """Let no other run decide about these contacts before the transaction ends.

        SQLite's writers are alone anyway. Always in one order, so that no two wait for each other.
        """
        if self.held.database.is_sqlite:
            return
        with self.held.session() as session:
            session.execute(
                select(ContactRow.id)
                .where(ContactRow.id.in_(contact_ids))
                .order_by(ContactRow.id)
                .with_for_update()
            )

    def begin(self, mails: Sequence[Begun], *, now: datetime, until: datetime) -> Collection[int]:
        """Record, before the first byte goes out, that mails are being sent; return which are ours.

        They are given and returned by delivery. One is ours for as long as the claim is, until
        `until` if nothing renews it.
        """
        moment, end = self.held.stamp(now), self.held.stamp(until)
        return self._change_all(
            DeliveryEvent.BEGIN,
            lambda: (
                _change(DeliveryEvent.BEGIN)
                .where(DeliveryRow.lease_owner == self.owner)
                .values(
                    address=bindparam("given_address"),
                    message_id=bindparam("given_message_id"),
                    size=bindparam("given_size"),
                    tried_at=bindparam("given_now"),
                    lease_until=bindparam("given_until"),
                    attempts=DeliveryRow.attempts + 1,
                    reason=None,
                    not_before=None,
                )
            ),
            ("of", "given_address", "given_message_id", "given_size", "given_now", "given_until"),
            [
                (mail.claim.id, mail.address, mail.message_id, mail.size, moment, end)
                for mail in mails
            ],
            ours_alone=True,
        )

    def settle(self, event: DeliveryEvent, settled: Sequence[Settled]) -> Collection[int]:
        """Record attempts and what they did to their deliveries; return which were not settled yet.

        The attempts themselves are recorded in any case: they happened.
        """
        stamp = self.held.stamp
        attempts: list[tuple[object, ...]] = []
        changes: list[tuple[object, ...]] = []
        counted = event is DeliveryEvent.DEFER
        for each in settled:
            claim, attempt = each.claim, each.attempt
            finished = stamp(attempt.finished_at)
            said = (attempt.transport, attempt.reply_code, attempt.enhanced_code, attempt.text)
            started = stamp(attempt.started_at)
            outcome = _VALUE[attempt.outcome]
            attempts.append((claim.id, claim.attempts + 1, outcome, started, finished, *said))
            sent_at = finished if event is DeliveryEvent.ACCEPT else None
            times = (claim.deferrals + 1, stamp(each.deferred_since)) if counted else ()
            changes.append((claim.id, each.reason, stamp(each.not_before), sent_at, *said, *times))
        said_names = (
            "given_transport",
            "given_reply_code",
            "given_enhanced_code",
            "given_reply_text",
        )
        self._add(
            "attempt",
            lambda: _insert(AttemptRow),
            (
                "given_delivery_id",
                "given_number",
                "given_outcome",
                "given_started_at",
                "given_finished_at",
                *said_names,
            ),
            attempts,
        )
        counts = {"deferrals": "given_deferrals", "deferred_since": "given_deferred_since"}
        counts = counts if counted else {}
        return self._change_all(
            event,
            lambda: _change(event).values(
                **{column: bindparam(name) for column, name in counts.items()},
                reason=bindparam("given_reason"),
                not_before=bindparam("given_not_before"),
                lease_owner=None,
                lease_until=None,
                transport=bindparam("given_transport"),
                reply_code=bindparam("given_reply_code"),
                enhanced_code=bindparam("given_enhanced_code"),
                reply_text=bindparam("given_reply_text"),
                sent_at=bindparam("given_sent_at"),
            ),
            (
                "of",
                "given_reason",
                "given_not_before",
                "given_sent_at",
                *said_names,
                *counts.values(),
            ),
            changes,
        )

    def set_aside(self, claim: Claim, rule: str, until: datetime | None) -> bool:
        """Record that the gate refused what we have claimed, or holds it; False if not ours."""
        event = DeliveryEvent.HOLD if until else DeliveryEvent.REFUSE
        ours = self._change_all(
            event,
            lambda: (
                _change(event)
                .where(DeliveryRow.lease_owner == self.owner)
                .values(
                    reason=bindparam("given_reason"),
                    not_before=bindparam("given_not_before"),
                    lease_owner=None,
                    lease_until=None,
                )
            ),
            ("of", "given_reason", "given_not_before"),
            [(claim.id, rule, self.held.stamp(until))],
            ours_alone=True,
        )
        return bool(ours)

    def decide(self, decided: Iterable[tuple[int, Decision]], now: datetime) -> None:
        """Record what the gate said of contacts just before sending."""
        stamp = self.held.stamp
        at = stamp(now)
        self._add(
            "decision",
            lambda: _insert(DecisionRow, campaign_id=self.campaign_id, stage=Stage.SEND.value),
            (
                "given_contact_id",
                "given_verdict",
                "given_rule",
                "given_why",
                "given_until",
                "given_at",
            ),
            [
                (contact, _VALUE[said.verdict], said.rule, said.why, stamp(said.until), at)
                for contact, said in decided
            ],
        )

    def touch(self, like: Touch, touched: Sequence[Touched]) -> None:
        """Record touches that are `like` that one, and bring the contacts' summaries up to date.

        Of `like` it is not looked at what each has of its own. Texts are plain ones.
        """
        stamp = self.held.stamp
        self._add(
            "touch",
            lambda: _insert(
                TouchRow,
                **{
                    name: getattr(like, name)
                    for name in Touch.__slots__
                    if name not in Touched._fields
                },
            ),
            tuple(f"given_{name}" for name in Touched._fields),
            [(each[0], stamp(each[1]), *each[2:]) for each in touched],
        )
        names = summed_up_in(
            direction=like.direction,
            kind=like.kind,
            personal=like.personal,
            content_class=like.content_class,
        )
        self._add(
            names,
            lambda: _sum_up(names),
            ("of", "moment"),
            [(each.contact_id, stamp(each.at)) for each in touched],
        )

    def _found(
        self, event: DeliveryEvent, ids: Sequence[int], *, ours_alone: bool = False
    ) -> Collection[int]:
        """Return to which of these deliveries `event` can happen until the transaction ends.

        SQLite's writers are alone; on PostgreSQL the rows are locked.
        """
        rows = self._run(
            ("found", event),
            lambda: self._finding(event, ours_alone=ours_alone),
            ("given_ids",),
            (self.held.listed(ids),),
        ).fetchall()
        return {row[0] for row in rows}

    def _finding(self, event: DeliveryEvent, *, ours_alone: bool) -> ClauseElement:
        sqlite = self.held.database.is_sqlite
        given = ids_named("given_ids", sqlite=sqlite)
        found = select(DeliveryRow.id).where(
            listed(DeliveryRow.id, given, sqlite=sqlite), _can_be_found(event)
        )
        if ours_alone:
            found = found.where(DeliveryRow.lease_owner == self.owner)
        return found.order_by(DeliveryRow.id).with_for_update()

    def _change_all(
        self,
        event: DeliveryEvent,
        build: Callable[[], ClauseElement],
        names: tuple[str, ...],
        rows: Sequence[tuple[Any, ...]],
        *,
        ours_alone: bool = False,
    ) -> Collection[int]:
        """Let `event` happen to the deliveries to which it can; return them.

        Each row begins with its delivery. The statement names the states that it may find, and with
        `ours_alone` whose the claim has to be. Nearly always it can happen to all of them, and
        where writers are alone the number of changes says so; else each is looked for first.
        """
        statement = self._statement(event, build, names)
        if self.held.database.is_sqlite and self.held.run_whole(statement, rows):
            return {row[0] for row in rows}
        found = self._found(event, [row[0] for row in rows], ours_alone=ours_alone)
        able = [row for row in rows if row[0] in found]
        if able:
            changed = self.held.run_many(statement, able)
            assert changed == len(able), "what was found cannot have changed within a transaction"
        return found

    def _run(
        self,
        name: object,
        build: Callable[[], ClauseElement],
        names: tuple[str, ...] = (),
        values: tuple[object, ...] = (),
    ) -> Any:  # noqa: ANN401 - the driver's cursor
        return self.held.run(self._statement(name, build, names), values)

    def _add(
        self,
        name: object,
        build: Callable[[], ClauseElement],
        names: tuple[str, ...],
        rows: Sequence[tuple[object, ...]],
    ) -> None:
        if rows:
            statement = self._statement(name, build, names)
            self._added.setdefault(statement, []).extend(rows)

    def _statement(
        self, name: object, build: Callable[[], ClauseElement], names: tuple[str, ...]
    ) -> Prepared:
        prepared = self._prepared.get(name)
        if prepared is None:
            prepared = Prepared(build(), self.held.database.engine.dialect, names)
            self._prepared[name] = prepared
        return prepared


#: Looking an enum's value up costs more than a dictionary does, and a mail has several.
_VALUE: Mapping[Outcome | Verdict, str] = {each: each.value for each in (*Outcome, *Verdict)}


def _insert(table: Any, **same: object) -> Any:  # noqa: ANN401 - a mapped class; SQL
    """Return the statement that adds a row, in which `same` is what all rows have."""
    columns: Sequence[str] = [column.name for column in table.__table__.columns]
    values: dict[str, Any] = {name: bindparam(f"given_{name}") for name in columns if name != "id"}
    return insert(table.__table__).inline().values(values | same)


def _can_be_found(event: DeliveryEvent) -> ColumnElement[bool]:
    return or_(*(DeliveryRow.state == state.value for state in sources(event)))


def _change(event: DeliveryEvent) -> Any:  # noqa: ANN401 - SQL
    """Return the statement by which `event` happens to delivery `of`, if it can happen to it."""
    return (
        update(DeliveryRow)
        .where(DeliveryRow.id == bindparam("of"), _can_be_found(event))
        .values(state=target(event).value)
    )


def _sum_up(names: Collection[str]) -> Any:  # noqa: ANN401 - SQL
    moment = bindparam("moment", type_=ContactRow.last_touch.type)
    return (
        update(ContactRow)
        .where(ContactRow.id == bindparam("of"))
        .values(
            {name: later(getattr(ContactRow, name), moment) for name in SUMMARIES if name in names}
        )
    )
