"""The ledger's short path: what is recorded of every mail, on one connection of a run's own.

It writes what `outreach.storage.deliveries`, `decisions` and `touches` write, with statements that
are compiled once for a run. Every one that changes a state names the states it may find. What is
only added, and asks nothing, is written for all mails of a transaction together, at its end.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, insert, or_, select, update
from sqlalchemy.sql.elements import ClauseElement

from outreach.domain.delivery import CampaignState, DeliveryEvent, sources, target
from outreach.domain.gate import Decision
from outreach.domain.touches import SUMMARIES, summed_up_in
from outreach.storage.database import Held, Prepared
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


class Ledger:
    """One campaign's ledger as the run called `owner` writes it.

    Everything but `held` itself happens in a transaction that the caller opened with `write`.
    """

    def __init__(self, held: Held, campaign_id: int, owner: str) -> None:
        self.held = held
        self.campaign_id = campaign_id
        self.owner = owner
        self._prepared: dict[object, Prepared] = {}
        self._added: dict[Prepared, list[Mapping[str, object]]] = {}

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
            {},
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

    def begin(
        self,
        claim: Claim,
        *,
        address: str,
        message_id: str,
        size: int,
        now: datetime,
        until: datetime,
    ) -> bool:
        """Record, before the first byte goes out, that the mail is being sent; False if not ours.

        It is ours for as long as the claim is, until `until` if nothing renews it.
        """
        begun = self._run(
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
            {
                "of": claim.id,
                "given_address": address,
                "given_message_id": message_id,
                "given_size": size,
                "given_now": self.held.stamp(now),
                "given_until": self.held.stamp(until),
            },
        )
        return int(begun.rowcount) == 1

    def settle(
        self,
        claim: Claim,
        event: DeliveryEvent,
        attempt: Attempt,
        *,
        reason: str | None,
        not_before: datetime | None = None,
    ) -> bool:
        """Record an attempt and what it did to the delivery; False if that is settled already.

        The attempt itself is recorded in any case: it happened.
        """
        finished = self.held.stamp(attempt.finished_at)
        said = {
            "given_transport": attempt.transport,
            "given_reply_code": attempt.reply_code,
            "given_enhanced_code": attempt.enhanced_code,
            "given_reply_text": attempt.text,
        }
        self._add(
            "attempt",
            lambda: _insert(AttemptRow),
            said
            | {
                "given_delivery_id": claim.id,
                "given_number": claim.attempts + 1,
                "given_outcome": attempt.outcome.value,
                "given_started_at": self.held.stamp(attempt.started_at),
                "given_finished_at": finished,
            },
        )
        settled = self._run(
            event,
            lambda: _change(event).values(
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
            said
            | {
                "of": claim.id,
                "given_reason": reason,
                "given_not_before": self.held.stamp(not_before),
                "given_sent_at": finished if event is DeliveryEvent.ACCEPT else None,
            },
        )
        return int(settled.rowcount) == 1

    def set_aside(self, claim: Claim, rule: str, until: datetime | None) -> bool:
        """Record that the gate refused what we have claimed, or holds it; False if not ours."""
        event = DeliveryEvent.HOLD if until else DeliveryEvent.REFUSE
        done = self._run(
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
            {
                "of": claim.id,
                "given_reason": rule,
                "given_not_before": self.held.stamp(until),
            },
        )
        return int(done.rowcount) == 1

    def decide(self, contact_id: int, decision: Decision, now: datetime) -> None:
        """Record what the gate said just before sending."""
        self._add(
            "decision",
            lambda: _insert(DecisionRow),
            {
                "given_contact_id": contact_id,
                "given_campaign_id": self.campaign_id,
                "given_stage": Stage.SEND.value,
                "given_verdict": decision.verdict.value,
                "given_rule": decision.rule,
                "given_why": decision.why,
                "given_until": self.held.stamp(decision.until),
                "given_at": self.held.stamp(now),
            },
        )

    def touch(self, touch: Touch) -> None:
        """Record a touch, its texts plain ones, and bring the contact's summaries up to date."""
        at = self.held.stamp(touch.at)
        self._add(
            "touch",
            lambda: _insert(TouchRow),
            {
                "given_contact_id": touch.contact_id,
                "given_at": at,
                "given_direction": touch.direction,
                "given_channel": touch.channel,
                "given_kind": touch.kind,
                "given_content_class": touch.content_class,
                "given_personal": touch.personal,
                "given_by": touch.by,
                "given_summary": touch.summary,
                "given_delivery_id": touch.delivery_id,
                "given_inbound_id": touch.inbound_id,
            },
        )
        names = summed_up_in(
            direction=touch.direction,
            kind=touch.kind,
            personal=touch.personal,
            content_class=touch.content_class,
        )
        self._add(names, lambda: _sum_up(names), {"of": touch.contact_id, "moment": at})

    def _run(
        self, name: object, build: Callable[[], ClauseElement], values: Mapping[str, object]
    ) -> Any:  # noqa: ANN401 - the driver's cursor
        return self.held.run(self._statement(name, build), values)

    def _add(
        self, name: object, build: Callable[[], ClauseElement], values: Mapping[str, object]
    ) -> None:
        self._added.setdefault(self._statement(name, build), []).append(values)

    def _statement(self, name: object, build: Callable[[], ClauseElement]) -> Prepared:
        prepared = self._prepared.get(name)
        if prepared is None:
            prepared = Prepared(build(), self.held.database.engine.dialect)
            self._prepared[name] = prepared
        return prepared


def _insert(table: Any) -> Any:  # noqa: ANN401 - a mapped class; SQL
    columns: Sequence[str] = [column.name for column in table.__table__.columns]
    values: dict[str, Any] = {name: bindparam(f"given_{name}") for name in columns if name != "id"}
    return insert(table.__table__).inline().values(values)


def _change(event: DeliveryEvent) -> Any:  # noqa: ANN401 - SQL
    """Return the statement by which `event` happens to delivery `of`, if it can happen to it."""
    found = or_(*(DeliveryRow.state == state.value for state in sources(event)))
    return (
        update(DeliveryRow)
        .where(DeliveryRow.id == bindparam("of"), found)
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
