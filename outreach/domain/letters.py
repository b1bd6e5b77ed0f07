"""Letters of ours and theirs: whether one of ours answers one of theirs.

A letter that names theirs in its thread answers it, whatever the clocks say. Otherwise the order
tells, and only like is compared with like: when a mail came into a folder of ours says little where
a program fetched the whole folder late, and the date in a mail is what its author's clock said.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.domain.effects import LONG_PAST

FILED_WITHIN = timedelta(minutes=10)
"""A mail whose date is so close to its arrival came straight here, and the arrival is the finer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail, as far as its place in a correspondence goes.

    `arrived` is when it came into its folder, `dated` what stands in it. `names` are the ids of
    those that it answers.
    """

    arrived: datetime
    dated: datetime | None
    message_id: str | None = None
    names: frozenset[str] = frozenset()

    @property
    def is_prompt(self) -> bool:
        """Whether its date, if it has one, says the same as its arrival."""
        return self.dated is None or abs(self.arrived - self.dated) < FILED_WITHIN

    @property
    def written_at(self) -> datetime:
        """When a letter of ours was written; it may have been moved into its folder later."""
        if self.dated is None or self.is_prompt:
            return self.arrived
        return min(self.dated, self.arrived)

    def answers(self, theirs: "Letter") -> bool:
        """Whether this letter of ours answers theirs, or was at least written after it."""
        if theirs.message_id is not None and theirs.message_id in self.names:
            return True
        asked_at = theirs.arrived
        if theirs.dated is not None and not (theirs.is_prompt and self.is_prompt):
            # A clock of theirs may be wrong by years, and then the arrival is all there is.
            earliest, latest = theirs.arrived - LONG_PAST, theirs.arrived + FILED_WITHIN
            asked_at = theirs.dated if earliest <= theirs.dated <= latest else asked_at
        return asked_at <= self.written_at
