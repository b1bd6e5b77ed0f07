"""Planning a campaign: who is in it, what the gate says of each, and that every mail can be made.

A plan is recorded before anybody is asked, so that what is approved is exactly what was shown: the
audience is frozen, and every decision is a row. Nothing goes out before `approve`. Until then the
plan belongs to the run that made it; another run that plans the same key takes its place, and the
first then finds its approval too late.
"""

import secrets
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from outreach.domain.address import normalise, parse_address
from outreach.domain.causes import ADVICE
from outreach.domain.contact import AttributeType, Contact
from outreach.domain.delivery import CampaignEvent, CampaignState
from outreach.domain.feedback import Outcome
from outreach.domain.gate import Decision, Gate, Intent, Policy, Verdict
from outreach.domain.segment import Segment
from outreach.errors import (
    BusyError,
    NotFoundError,
    OutreachError,
    RefusedError,
    UnavailableError,
)
from outreach.services.exchange import merged
from outreach.services.pacing import Pacer
from outreach.services.proving import Progress, Proof, Prover
from outreach.services.report import check_not_halted, check_open
from outreach.services.sending import intent_of
from outreach.storage import campaigns, contacts, decisions, deliveries, sequences
from outreach.storage import segments as audience
from outreach.storage.campaigns import Campaign, NewCampaign
from outreach.storage.database import Database
from outreach.storage.decisions import Planned
from outreach.transport.base import Envelope, Receipt, Transport

if TYPE_CHECKING:
    from sqlalchemy import Select

    from outreach.domain.mailing import Sender
    from outreach.rendering.templates import Template
    from outreach.services.composing import Composer

PROOFS = 100
"""How many contacts are loaded at once to render their mail."""

SAMPLES = 3
"""How many contacts are named for each rule."""


@dataclass(slots=True)
class Tally:
    """Whom one rule stopped: how many, a few of them, and why the first was."""

    number: int = 0
    why: str = ""
    samples: list[str] = field(default_factory=list)
    #: For a hold, when the first of them may go.
    until: datetime | None = None

    def add(self, email: str, decision: Decision) -> None:
        """Count one contact."""
        self.number += 1
        self.why = self.why or decision.why
        if len(self.samples) < SAMPLES:
            self.samples.append(email)
        if decision.until is not None and (self.until is None or decision.until < self.until):
            self.until = decision.until


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is about to be sent. `campaign` is None for a rehearsal, which records nothing."""

    key: str
    campaign: Campaign | None = None
    #: Who would get it now.
    allowed: int = 0
    refused: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    held: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    proof: Proof = field(default_factory=Proof)
    #: Of the further steps, where it begins a sequence.
    later: list[Proof] = field(default_factory=list)

    def stop(self, email: str, decision: Decision) -> None:
        """Count a contact to whom the mail does not go, or not now."""
        tallies = self.refused if decision.verdict is Verdict.REFUSE else self.held
        tallies[decision.rule].add(email, decision)

    @property
    def considered(self) -> int:
        """All on whom the gate decided."""
        stopped = (*self.refused.values(), *self.held.values())
        return self.allowed + sum(tally.number for tally in stopped)

    @property
    def approvable(self) -> int:
        """Who will get it, now or when a hold ends."""
        return self.allowed + sum(tally.number for tally in self.held.values())


def mailing(
    template: "Template",
    sender: "Sender",
    *,
    key: str,
    segment: str,
    where: str,
    reason: str | None,
    series: str = "",
) -> NewCampaign:
    """Return what a campaign of `template` is planned from; `where` is what the segment asks.

    `series` is what its readers can opt out of, where that is not what the template says.
    """
    matter = template.front_matter
    return NewCampaign(
        key=key,
        template=template.name,
        template_hash=template.hash,
        files=template.files,
        segment=segment,
        segment_where=where,
        series=series or template.series,
        kind=matter.kind,
        content_class=matter.content_class,
        ask_reason=reason,
        subject=matter.subject,
        sender=f"{sender.name} <{sender.address}>",
    )


class Planner:
    """Makes the plans of one run. `owner` names the run (`outreach.services.sending.owner_name`).

    `types` are the workspace's declared attributes. With `sequence` what is planned is the first
    step of the sequence of that name, and who began it before is left out.
    """

    def __init__(
        self,
        database: Database,
        policy: Policy,
        *,
        owner: str,
        types: Mapping[str, AttributeType] | None = None,
        sequence: str | None = None,
    ) -> None:
        self.database = database
        self.policy = policy
        self.owner = owner
        self.types = types
        self.sequence = sequence

    def plan(self, new: NewCampaign, segment: Segment, now: datetime) -> Plan:
        """Freeze the audience of a campaign that nobody has approved, and ask the gate of each.

        Raises `BusyError` where another run has approved the same key, or planned it anew, in the
        meantime.
        """
        members = self._members(segment, now)
        with self.database.write() as session:
            campaign = campaigns.open_plan(session, new, self.owner, now)
            if campaign.state is not CampaignState.PLANNED:
                raise _overtaken(new.key)
            deliveries.freeze(session, campaign.id, members, now)
        return self._decide(campaign, now)

    def plan_additions(self, campaign: Campaign, segment: Segment, now: datetime) -> Plan:
        """Add to an approved campaign those of `segment` who are not in it; ask the gate of each.

        Those whom the gate refused are asked about again: they may have given their consent since.
        """
        members = self._members(segment, now)
        begun = [sequences.has_begun(self.sequence)] if self.sequence else []
        with self.database.write() as session:
            campaigns.take_over_plan(session, campaign.id, self.owner)
            deliveries.withdraw_plan(session, campaign.id)
            deliveries.reconsider(session, campaign.id, *begun)
            deliveries.freeze(session, campaign.id, members, now)
            campaigns.widen(session, campaign.id, segment.name, segment.where)
        return self._decide(campaign, now)

    def rehearse(
        self,
        intent: Intent,
        segment: Segment,
        composer: "Composer",
        now: datetime,
        progress: Progress = lambda _: None,
        *,
        later: Sequence["Composer"] = (),
    ) -> Plan:
        """Return the plan that would be made, with every mail rendered, and record nothing.

        `later` make the mails of the further steps of a sequence. Raises `TemplateError` naming
        every contact whose mail cannot be made.
        """
        plan = Plan(key=intent.key)
        prover = Prover((composer, *later), now, progress)
        plan.proof, *plan.later = prover.proofs
        members = self._members(segment, now)
        gate = Gate(intent, self.policy)
        after = 0
        while True:
            with self.database.read() as session:
                ids = deliveries.page(session, members, after=after, limit=PROOFS)
                if not ids:
                    break
                found = decisions.facts(session, ids, intent, now, types=self.types)
            after = ids[-1]
            for facts in found:
                decision = gate.decide(facts, now)
                if decision.verdict is Verdict.ALLOW:
                    plan.allowed += 1
                else:
                    plan.stop(facts.contact.email, decision)
                if decision.verdict is not Verdict.REFUSE:
                    prover.prove(facts.contact, 0)
        prover.finish()
        return plan

    def prove(
        self,
        plan: Plan,
        composer: "Composer",
        now: datetime,
        progress: Progress = lambda _: None,
        *,
        later: Sequence["Composer"] = (),
    ) -> None:
        """Render every mail of the plan, the held ones too, so that none fails half-way.

        `later` make the mails of the further steps of a sequence. Raises `TemplateError` naming
        every contact whose mail cannot be made; the plan is then abandoned, and nothing was sent.
        """
        campaign = _recorded(plan)
        prover = Prover((composer, *later), now, progress)
        plan.proof, *plan.later = prover.proofs
        try:
            for batch in self._planned(campaign, PROOFS):
                with self.database.read() as session:
                    people = contacts.load(
                        session, [contact for _, contact in batch], now, types=self.types
                    )
                delivery_of = {contact: delivery for delivery, contact in batch}
                for person in people:
                    prover.prove(person, delivery_of[person.id])
            prover.finish()
        except BaseException:
            self.abandon(plan)
            raise

    def approve(
        self,
        plan: Plan,
        by: str,
        now: datetime,
        *,
        first: Callable[[Session, Campaign], None] = lambda _session, _campaign: None,
    ) -> Campaign:
        """Let the plan be sent, on the word of `by`; return the campaign as it is then.

        `first` is done in the same transaction, while nothing is approved yet. Raises
        `RefusedError` where somebody has paused it in the meantime.
        """
        campaign = _recorded(plan)
        with self.database.write() as session:
            self._check_ours(session, campaign)
            present = campaigns.find(session, campaign.key)
            assert present is not None
            check_open(present)
            first(session, present)
            deliveries.approve(session, campaign.id)
            if not campaigns.apply(session, campaign.id, CampaignEvent.APPROVE, now, by=by):
                raise _overtaken(campaign.key)
            if deliveries.is_done(session, campaign.id):
                campaigns.apply(session, campaign.id, CampaignEvent.FINISH, now)
            found = campaigns.find(session, campaign.key)
        assert found is not None
        return found

    def close(self, plan: Plan, now: datetime) -> Campaign:
        """Finish a campaign of which the gate refused everyone; there is nothing to approve.

        It stays on record with the reasons, and the next run of its key says so. Where they were
        added to one that was approved, that goes on as it did.
        """
        campaign = _recorded(plan)
        with self.database.write() as session:
            self._check_ours(session, campaign)
            if deliveries.is_done(session, campaign.id):
                campaigns.apply(session, campaign.id, CampaignEvent.FINISH, now)
            campaigns.recount(session, campaign.id)
            found = campaigns.find(session, campaign.key)
        assert found is not None
        return found

    def abandon(self, plan: Plan) -> None:
        """Forget a plan that was not approved, unless another run has it by now."""
        campaign = _recorded(plan)
        with self.database.write() as session:
            if not campaigns.is_planned_by(session, campaign.id, self.owner):
                return
            if campaigns.state_of(session, campaign.id) is CampaignState.PLANNED:
                campaigns.discard(session, campaign.id)
            else:
                deliveries.withdraw_plan(session, campaign.id)

    def _members(self, segment: Segment, now: datetime) -> "Select[Any]":
        """Return the query for who is to be planned."""
        members = audience.members(segment.condition, now)
        return sequences.newcomers(members, self.sequence) if self.sequence else members

    def _decide(self, campaign: Campaign, now: datetime) -> Plan:
        """Ask the gate about everyone planned; record each decision and what it does."""
        plan = Plan(key=campaign.key, campaign=campaign)
        gate = Gate(intent_of(campaign), self.policy)
        after = 0
        while True:
            with self.database.write() as session:
                self._check_ours(session, campaign)
                batch = decisions.planned(
                    session, campaign.id, gate.intent, now, after=after, limit=decisions.BATCH
                )
                if not batch:
                    return plan
                after = batch[-1].id
                self._decide_batch(session, plan, gate, batch, now)

    def _decide_batch(
        self, session: Session, plan: Plan, gate: Gate, batch: Sequence[Planned], now: datetime
    ) -> None:
        campaign = _recorded(plan)
        said = self._ask(session, gate, batch, now)
        decisions.record(session, campaign.id, decisions.Stage.PLAN, said.items(), now)
        stopped: defaultdict[tuple[str, datetime | None], list[int]] = defaultdict(list)
        for each in batch:
            decision = said[each.contact_id]
            if decision.verdict is Verdict.ALLOW:
                plan.allowed += 1
                continue
            plan.stop(each.email or "", decision)
            stopped[decision.rule, decision.until].append(each.id)
        for (rule, until), ids in stopped.items():
            deliveries.set_aside(session, ids, rule=rule, until=until)

    def _ask(
        self, session: Session, gate: Gate, batch: Sequence[Planned], now: datetime
    ) -> Mapping[int, Decision]:
        """Return what the gate says of each contact.

        It is asked about one of those who are alike, and about everyone who is like nobody else.
        """
        said: dict[int, Decision] = {}
        alike_of: dict[int, Hashable] = {}
        first: dict[Hashable, int] = {}
        alone: list[int] = []
        for each in batch:
            if each.email is None:
                continue
            if each.outline is None or not gate.is_simple:
                alone.append(each.contact_id)
                continue
            alike = gate.alike(each.outline, now)
            decision = gate.said(alike)
            if decision is not None:
                said[each.contact_id] = decision
            else:
                alike_of[each.contact_id] = alike
                first.setdefault(alike, each.contact_id)
        asked = [*alone, *first.values()]
        for facts in decisions.facts(session, asked, gate.intent, now, types=self.types):
            said[facts.contact.id] = gate.decide(facts, now)
        for contact_id, alike in alike_of.items():
            if first[alike] in said:
                said[contact_id] = said[first[alike]]
        return {each.contact_id: said.get(each.contact_id) or merged() for each in batch}

    def _planned(self, campaign: Campaign, limit: int) -> Iterator[Sequence[tuple[int, int]]]:
        after = 0
        while True:
            with self.database.read() as session:
                batch = deliveries.planned(session, campaign.id, after=after, limit=limit)
            if not batch:
                return
            after = batch[-1][0]
            yield batch

    def _check_ours(self, session: Session, campaign: Campaign) -> None:
        if not campaigns.is_planned_by(session, campaign.id, self.owner):
            raise _overtaken(campaign.key)


def _recorded(plan: Plan) -> Campaign:
    if plan.campaign is None:
        raise ValueError("a rehearsal cannot be sent")
    return plan.campaign


def _overtaken(key: str) -> OutreachError:
    return BusyError(
        f"another run has planned {key} in the meantime",
        hint="nothing was sent by this one; `outreach campaigns list` shows how the other is doing",
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """A test mail that was sent."""

    rendered_as: str
    subject: str
    receipt: Receipt


def send_test(
    database: Database,
    composer: "Composer",
    transport: Transport,
    pacer: Pacer,
    *,
    to: str,
    rendered_as: str | None,
    segment: Segment,
    allowed: str | None,
    now: datetime,
    types: Mapping[str, AttributeType] | None = None,
) -> Trial:
    """Send one mail to the address `to`, rendered for a contact, and record nothing of it.

    It waits for nothing, but `pacer` counts it.

    The contact is the one with the address `rendered_as`, else the first of `segment`. `allowed`
    are the addresses that may get tests, with commas between them; any if None. The links in a test
    do nothing for the contact. Raises `RefusedError` while all sending is halted.
    """
    check_not_halted(database)
    recipient = str(parse_address(to))
    if allowed is not None:
        known = {normalise(each.strip()) for each in allowed.split(",") if each.strip()}
        if normalise(recipient) not in known:
            raise RefusedError(
                f"{recipient} is not among those who may get test mails",
                hint="add it to test_recipients in outreach.toml",
            )
    person = _model(database, rendered_as, segment, now, types)
    # A number that no delivery has: mail programs hide the second of two with one Message-ID.
    composed = composer.compose(
        person, delivery_id=_FIRST_TRIAL + secrets.randbelow(_FIRST_TRIAL), date=now, to=recipient
    )
    pacer.count(database, recipient, now)
    with transport.connect() as connection:
        receipt = connection.send(
            Envelope(composed.envelope_sender, composed.recipient), composed.message
        )
    if receipt.outcome is not Outcome.ACCEPTED:
        advice = ADVICE[receipt.cause] if receipt.cause else None
        raise UnavailableError(f"the test was not taken: {receipt.told}", hint=advice)
    return Trial(person.email, composed.subject, receipt)


_FIRST_TRIAL = 2**47
"""Half of all numbers that a token can hold (`outreach.domain.links`)."""


def _model(
    database: Database,
    email: str | None,
    segment: Segment,
    now: datetime,
    types: Mapping[str, AttributeType] | None,
) -> Contact:
    """Return the contact for whom a test is rendered."""
    with database.read() as session:
        if email is not None:
            found = contacts.find(session, email)
            if found is None:
                raise NotFoundError(
                    f"there is no contact with the address {email}",
                    hint="`outreach contacts list` shows those there are",
                )
            ids: Sequence[int] = [found]
        else:
            ids = audience.ids(session, segment.condition, now, limit=1)
        people = contacts.load(session, ids, now, types=types)
    if not people:
        raise NotFoundError(
            f"nobody is in segment {segment.name} to render the test for",
            hint="name a contact with --as EMAIL",
        )
    return people[0]
