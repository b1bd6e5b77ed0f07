"""Lanes: how fast mail goes, in rows that all runs on all machines share.

Whoever takes from a lane has locked its row until the transaction ends, so that no two take the
same. Rows are locked in the order of their names and after any contacts, by everybody, so that no
two runs wait for each other.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from outreach.domain.pacing import Bucket, Lane
from outreach.storage.database import Held, Prepared, insert_into
from outreach.storage.tables import LaneRow, PassageRow


class Lanes:
    """The lanes, on a run's own connection, within transactions that the caller opened on it."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self._known: set[str] = set()
        self._prepared: dict[str, Prepared] = {}

    def slowed(self) -> Collection[str]:
        """Return the names of those that a receiver has slowed down."""
        rows = self._run(
            "slowed", lambda: select(LaneRow.name).where(LaneRow.connections.is_not(None)), {}
        )
        return [row[0] for row in rows.fetchall()]

    def load(self, new: Mapping[str, Lane]) -> dict[str, Lane]:
        """Lock the lanes of these names and return them; what is not there begins as in `new`."""
        self._make([lane for name, lane in new.items() if name not in self._known])
        return {name: self._load(name) for name in sorted(new)}

    def save(self, lanes: Iterable[Lane]) -> None:
        """Write lanes that were loaded in this transaction."""
        for lane in lanes:
            self._run(
                "save",
                lambda: (
                    update(LaneRow)
                    .where(LaneRow.name == bindparam("of"))
                    .values({name: bindparam(f"given_{name}") for name in _COLUMNS})
                ),
                {
                    "of": lane.name,
                    "given_level": lane.bucket.level,
                    "given_at": self.held.stamp(lane.bucket.at),
                    "given_closed_until": self.held.stamp(lane.closed_until),
                    "given_pauses": lane.pauses,
                    "given_connections": lane.connections,
                    "given_stepped_at": self.held.stamp(lane.stepped_at),
                },
            )

    def under_way(self, name: str, now: datetime) -> int:
        """Return how many mails are under way on a lane that was loaded."""
        row = self._run(
            "under_way",
            lambda: (
                select(func.count())
                .select_from(PassageRow)
                .where(PassageRow.lane == bindparam("of"), PassageRow.until > bindparam("now"))
            ),
            {"of": name, "now": self.held.stamp(now)},
        ).fetchone()
        return int(row[0])

    def depart(self, name: str, delivery_id: int, until: datetime) -> None:
        """Record that a mail is under way on a lane; if nobody says more, until `until`."""
        self.arrive(delivery_id, name)
        self._run(
            "depart",
            lambda: insert(PassageRow).values(
                lane=bindparam("given_lane"),
                delivery_id=bindparam("given_delivery_id"),
                until=bindparam("given_until"),
            ),
            {
                "given_lane": name,
                "given_delivery_id": delivery_id,
                "given_until": self.held.stamp(until),
            },
        )

    def arrive(self, delivery_id: int, name: str) -> None:
        """Record that a mail is not under way on a lane any more."""
        self._run(
            "arrive",
            lambda: delete(PassageRow).where(
                PassageRow.lane == bindparam("of"),
                PassageRow.delivery_id == bindparam("given_delivery_id"),
            ),
            {"of": name, "given_delivery_id": delivery_id},
        )

    def _make(self, lanes: Collection[Lane]) -> None:
        if not lanes:
            return
        with self.held.session() as session:
            for lane in sorted(lanes, key=lambda lane: lane.name):
                session.execute(
                    insert_into(session, LaneRow)
                    .values(name=lane.name, level=lane.bucket.level, at=lane.bucket.at, pauses=0)
                    .on_conflict_do_nothing(index_elements=["name"])
                )
                self._known.add(lane.name)

    def _load(self, name: str) -> Lane:
        row = self._run(
            "load",
            lambda: (
                select(*(getattr(LaneRow, column) for column in _COLUMNS))
                .where(LaneRow.name == bindparam("of"))
                .with_for_update()
            ),
            {"of": name},
        ).fetchone()
        level, at, closed_until, pauses, connections, stepped_at = row
        instant = self.held.instant
        since = instant(at)
        assert since is not None
        return Lane(
            name,
            Bucket(float(level), since),
            instant(closed_until),
            pauses,
            connections,
            instant(stepped_at),
        )

    def _run(self, name: str, build: Any, values: Mapping[str, object]) -> Any:  # noqa: ANN401
        prepared = self._prepared.get(name)
        if prepared is None:
            dialect = self.held.database.engine.dialect
            prepared = self._prepared[name] = Prepared(build(), dialect, tuple(values))
        return self.held.run(prepared, tuple(values.values()))


_COLUMNS = ("level", "at", "closed_until", "pauses", "connections", "stepped_at")
