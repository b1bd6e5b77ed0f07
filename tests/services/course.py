"""A desk with an inbox and a sequence of three steps, a week apart."""

from collections.abc import Sequence
from datetime import timedelta

from outreach.domain.delivery import DeliveryState
from outreach.domain.sequence import read_sequence
from outreach.services import sequences as service
from outreach.services.planning import Plan, Planner
from outreach.services.report import Report, totals
from outreach.services.sequences import Version
from outreach.storage import campaigns
from outreach.storage.campaigns import Campaign, NewCampaign
from outreach.storage.database import Database
from outreach.testing import FrozenClock
from tests.services.desk import POLICY, add_contacts, new_campaign, segment
from tests.services.post import Post

WEEK = timedelta(weeks=1)
FILE = """\
title = "First weeks"
[[steps]]
template = "one"
{first}
[[steps]]
template = "two"
after = "1 week"
[[steps]]
template = "three"
after = "1 week"
"""


class Course(Post):
    """Clients who begin the sequence `welcome`, and what becomes of them."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        super().__init__(database, clock)
        self.version = self.changed()

    def changed(self, first: str = "", name: str = "welcome", hash_: str = "a" * 64) -> Version:
        text = FILE.format(first=f'after = "{first}"' if first else "")
        return Version(read_sequence(name, text, f"sequences/{name}.toml"), (), hash_)

    def mails(self, version: Version | None = None) -> list[NewCampaign]:
        version = version or self.version
        return [
            new_campaign(
                key,
                template=step.template,
                template_hash=f"{number}" * 64,
                series=version.declared.series,
            )
            for number, (key, step) in enumerate(
                zip(version.keys, version.declared.steps, strict=True), 1
            )
        ]

    def steps_planner(self, version: Version, owner: str) -> Planner:
        return Planner(self.database, POLICY, owner=owner, sequence=version.declared.name)

    def plan_start(
        self,
        version: Version | None = None,
        where: str = 'tier == "client"',
        owner: str = "elsewhere/1/plan",
    ) -> Plan:
        version = version or self.version
        planner = self.steps_planner(version, owner)
        mails = self.mails(version)
        plan = service.plan(planner, mails, segment(where), self.clock())
        planner.prove(
            plan,
            self.composer,  # type: ignore[arg-type]
            self.clock(),
            later=[self.composer] * (len(mails) - 1),  # type: ignore[list-item]
        )
        return plan

    def approve_start(
        self,
        plan: Plan,
        version: Version | None = None,
        owner: str = "elsewhere/1/plan",
    ) -> Campaign:
        version = version or self.version
        return service.approve(
            self.steps_planner(version, owner),
            plan,
            version,
            self.mails(version),
            by="anna",
            now=self.clock(),
        )

    def start(self, names: Sequence[str] = (), version: Version | None = None) -> Campaign:
        """Let new clients, and all others, begin."""
        add_contacts(self.database, names, self.clock())
        return self.approve_start(self.plan_start(version), version)

    def campaign(self, step: int, version: Version | None = None) -> Campaign:
        with self.database.read() as session:
            found = campaigns.find(session, (version or self.version).keys[step - 1])
        assert found is not None
        return found

    def advance(self) -> None:
        service.advance(self.database, self.clock())

    def go(self, **later: float) -> list[Report]:
        """Let time pass, then do what a line of the crontab does; check the sums of every step."""
        self.clock.advance(**later)
        self.advance()
        with self.database.read() as session:
            due = [each for each in campaigns.newest(session) if each.state == "active"]
        reports = [self.work(each) for each in due]
        self.check_sums()
        return reports

    def check_sums(self) -> None:
        with self.database.read() as session:
            found = campaigns.newest(session)
        for each in found:
            counted = totals(self.database, each.id, self.clock())
            assert counted.missing == 0, each.key
            left = sum(n for state, n in counted.states.items() if state != DeliveryState.PLANNED)
            assert each.audience == left, each.key
        again = self.rows(
            "SELECT campaign_id, contact_id FROM deliveries "
            "GROUP BY campaign_id, contact_id HAVING count(*) > 1"
        )
        assert not again

    def got(self) -> list[tuple[str, int]]:
        """Return what went out: to whom, and which step, in order."""
        rows = self.rows(
            "SELECT d.address, c.step FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id "
            "WHERE d.sent_at IS NOT NULL ORDER BY d.sent_at, d.id"
        )
        return [(address.partition("@")[0], step) for address, step in rows]

    def at(self, step: int) -> dict[str, str]:
        """Return the states of the mails of a step, of whatever version."""
        rows = self.rows(
            "SELECT d.address, d.state FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id "
            f"WHERE c.step = {step} ORDER BY d.id"
        )
        return {address.partition("@")[0]: state for address, state in rows}

    def endings(self) -> dict[str, tuple[str | None, str | None]]:
        """Return how it ended, for whom it has."""
        rows = self.rows(
            "SELECT a.address, e.ending, e.reason FROM enrolments e "
            "JOIN addresses a ON a.contact_id = e.contact_id AND a.is_primary ORDER BY e.id"
        )
        return {address.partition("@")[0]: (ending, reason) for address, ending, reason in rows}

    def delivery(self, name: str, step: int = 1) -> int:
        (row,) = self.rows(
            "SELECT d.id FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id "
            f"WHERE c.step = {step} AND d.address = '{name}@example.com'"
        )
        return int(row[0])
