"""Sequences, as a person asks for them: starting one, how it stands for whom, and stopping it.

Each step is a campaign, so that all that is true of a mailing is true of a step: the gate, the
pace, each mail at most once, and sums that add up. What is different is that its audience grows:
`advance` lets contacts come to the next step where the one before was sent and nothing stopped it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.domain.address import normalise
from outreach.domain.condition import Mailbox
from outreach.domain.delivery import CampaignEvent, CampaignState, DeliveryState
from outreach.domain.segment import Segment
from outreach.domain.sequence import Ending, Sequences, ending_of, key_of
from outreach.domain.sequence import Sequence as Declared
from outreach.errors import (
    ConfigError,
    NotFoundError,
    OutreachError,
    Problem,
    RefusedError,
    TemplateError,
    UsageError,
    suggestion,
)
from outreach.services.contacts import find_all
from outreach.services.declared import files_in, read_file
from outreach.services.report import check_open
from outreach.storage import campaigns, contacts, deliveries, enrolments, sequences
from outreach.storage.campaigns import Campaign, NewCampaign
from outreach.storage.database import Database
from outreach.storage.enrolments import Place, Stop, Stopped
from outreach.storage.sequences import NewSequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from outreach.domain.mailing import Sender
    from outreach.rendering.templates import Template, TemplateSet
    from outreach.services.planning import Plan, Planner

LISTED = 20
"""How many contacts are shown one by one, unless all are asked for."""


def open_sequences(folder: Path) -> Sequences:
    """Return the sequences whose files lie in `folder`; none of them is read yet."""
    paths = files_in(folder)
    return Sequences(paths, lambda name: read_file(paths[name], "sequence"))


# Starting


@dataclass(frozen=True, slots=True)
class Version:
    """A sequence together with the templates of its steps, as they are at one moment."""

    declared: Declared
    templates: "tuple[Template, ...]"
    hash: str

    @property
    def keys(self) -> list[str]:
        """The keys of the campaigns that its steps are."""
        name, steps = self.declared.name, self.declared.steps
        return [key_of(name, self.hash, number) for number, _ in enumerate(steps, 1)]


def version_of(declared: Declared, templates: "TemplateSet") -> Version:
    """Return the version that a sequence is now, or raise with all problems of its templates."""
    found: list[Template] = []
    missing: list[Problem] = []
    wrong: list[Problem] = []
    for step in declared.steps:
        try:
            found.append(templates.load(step.template))
        except NotFoundError as error:
            missing += [
                Problem(problem.message, declared.source, step.line, None, problem.hint)
                for problem in error.problems
            ]
        except TemplateError as error:
            wrong += error.problems
    if missing:
        raise ConfigError([*missing, *wrong])
    if wrong:
        raise TemplateError(list(dict.fromkeys(wrong)))
    return Version(declared, tuple(found), declared.version(each.hash for each in found))


def mailings(
    version: Version, segment: Segment, sender_called: "Callable[[str | None], Sender]"
) -> list[NewCampaign]:
    """Return what the campaigns of the steps are planned from; `segment` is who begins."""
    from outreach.services.planning import mailing  # noqa: PLC0415 - sending what is due plans none

    declared, keys = version.declared, version.keys
    found = []
    for number, (step, template) in enumerate(zip(declared.steps, version.templates, strict=True)):
        found.append(
            mailing(
                template,
                sender_called(template.front_matter.sender),
                key=keys[number],
                series=declared.series,
                segment=segment.name if number == 0 else f"step {number}",
                where=segment.where if number == 0 else f'received("{keys[number - 1]}")',
                reason=step.reason,
            )
        )
    return found


def named(database: Database, emails: Sequence[str]) -> Segment:
    """Return who has these addresses as a segment, or raise with all that are not to be found."""
    with database.read() as session:
        ids = dict.fromkeys(find_all(session, emails).values())
        primary = [contacts.addresses(session, contact_id)[0].address for contact_id in ids]
    condition = Mailbox(tuple(normalise(address) for address in primary))
    name = primary[0] if len(primary) == 1 else f"{len(primary)} contacts"
    return Segment(name, name, str(condition), condition, "--contact")


def plan(
    planner: "Planner", mails: Sequence[NewCampaign], segment: Segment, now: datetime
) -> "Plan":
    """Plan the first step of a sequence for all of `segment` who never began it.

    Raises `RefusedError` where a step was cancelled or the first is paused.
    """
    with planner.database.read() as session:
        there = [campaigns.find(session, mail.key) for mail in mails]
    for each in there:
        if each is not None and each.state is CampaignState.CANCELLED:
            raise RefusedError(
                f"{each.key} was cancelled, so that this version of the sequence goes on no more",
                hint="change its file, or a template, to start another version",
            )
    first = there[0]
    if first is None or first.state is CampaignState.PLANNED:
        return planner.plan(mails[0], segment, now)
    check_open(first)
    return planner.plan_additions(first, segment, now)


def approve(
    planner: "Planner",
    planned: "Plan",
    version: Version,
    mails: Sequence[NewCampaign],
    *,
    by: str,
    now: datetime,
) -> Campaign:
    """Let a sequence begin for all who were planned; return the campaign of its first step.

    In one transaction the contacts are enrolled, their first mails approved, and the campaigns of
    the further steps made, in the words that were shown.
    """
    declared = version.declared

    def begin(session: "Session", campaign: Campaign) -> None:
        new = NewSequence(
            name=declared.name,
            hash=version.hash,
            title=declared.title,
            series=declared.series,
            file=declared.text,
        )
        sequence_id = sequences.approve(session, new, by, now)
        after = declared.steps[0].after
        sequences.attach(session, campaign.id, sequence_id, 1, after)
        sequences.enrol(session, sequence_id, campaign.id, name=declared.name, by=by, now=now)
        if after:
            sequences.put_off(session, campaign.id, now + after)
        for number, (step, mail) in enumerate(zip(declared.steps, mails, strict=True), 1):
            if number > 1:
                _open_step(session, mail, sequence_id, number, step.after)

    def _open_step(
        session: "Session", mail: NewCampaign, sequence_id: int, number: int, after: timedelta
    ) -> None:
        made = campaigns.open_plan(session, mail, planner.owner, now)
        if made.state is CampaignState.PLANNED:
            sequences.attach(session, made.id, sequence_id, number, after)
            # Nobody has come to it yet, so that it is finished until somebody does.
            campaigns.apply(session, made.id, CampaignEvent.APPROVE, now, by=by)
            campaigns.apply(session, made.id, CampaignEvent.FINISH, now)

    return planner.approve(planned, by, now, first=begin)


# Going on


def advance(database: Database, now: datetime) -> None:
    """Let everybody come to their next step who may, and end what is over.

    Any number of runs may do so at once, and one that dies leaves nothing half done.
    """
    with database.read() as session:
        if not sequences.has_settled(session):
            return
    last: int | None = 0
    while last is not None:
        with database.write() as session:
            last = advance_some(session, now, after=last)


def advance_some(
    session: "Session", now: datetime, *, after: int = 0, of: Collection[int] | None = None
) -> int | None:
    """Do so for as many as fit into one transaction, any or the contacts `of`.

    Returns the last enrolment that was seen to, behind `after`; None if there was none.
    """
    endings: list[tuple[int, Ending, str]] = []
    coming: defaultdict[int, list[sequences.Settled]] = defaultdict(list)
    batch = sequences.settled(session, after=after, limit=sequences.BATCH, of=of)
    for each in batch:
        ending = ending_of(each.step, each.state, each.reason, is_last=each.next_id is None)
        if ending is not None:
            endings.append((each.enrolment_id, *ending))
        elif each.next_id is not None:
            coming[each.next_id].append(each)
    # Always in one order, so that no two wait for each other.
    for campaign_id, some in sorted(coming.items()):
        if campaigns.lock(session, campaign_id) is CampaignState.CANCELLED:
            endings += [
                (each.enrolment_id, Ending.CANCELLED, f"step {each.step + 1} was cancelled")
                for each in some
            ]
        else:
            earliest = [
                (each.contact_id, each.address, _sent_at(each) + (each.next_after or timedelta()))
                for each in some
            ]
            sequences.proceed(session, campaign_id, earliest, now)
    enrolments.end(session, endings, now)
    return batch[-1].enrolment_id if batch else None


def _sent_at(each: sequences.Settled) -> datetime:
    assert each.sent_at is not None, "only what was sent is followed by another"
    return each.sent_at


# Stopping


def stop(
    database: Database,
    declared: Sequences,
    name: str,
    emails: Sequence[str] | None,
    *,
    by: str,
    reason: str | None,
    now: datetime,
) -> Stopped:
    """End a sequence for the contacts with these addresses, or for all who are in it if None.

    What waits is called off; what was sent stays sent. Raises `NotFoundError` with all that are not
    to be found, and `UsageError` with all for whom it does not go on; it is ended for nobody then.
    """
    why = f"stopped by {by}: {reason}" if reason else f"stopped by {by}"
    with database.write() as session:
        _check_known(session, declared, name)
        if emails is None:
            return enrolments.stop_all(session, name, Stop(reason=why, now=now))
        people = find_all(session, emails)
        problems = [
            Problem(f"{name} does not go on for {email}", hint=f"outreach contacts show {email}")
            for email, contact_id in people.items()
            if not any(
                each.name == name for each in enrolments.places(session, contact_id=contact_id)
            )
        ]
        if problems:
            raise UsageError(problems)
        return enrolments.stop_all(session, name, Stop(reason=why, now=now), set(people.values()))


# Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A sequence in the list of all; `declared` is None where its file is wrong, or gone."""

    name: str
    declared: Declared | None
    running: int
    ended: Mapping[Ending, int]


@dataclass(frozen=True, slots=True)
class Listing:
    """All sequences by name, and everything that is wrong with their files."""

    sequences: tuple[Listed, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step of a version that was approved, with how many of its mails are in which state."""

    campaign: Campaign
    after: timedelta
    states: Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that is said of a sequence: its file as it is now, its steps, and who is where.

    `steps` are those of all versions, the newest first. `places` are the first of all `running`.
    """

    listed: Listed
    steps: tuple[ShownStep, ...]
    places: tuple[Place, ...]


def list_all(database: Database, declared: Sequences) -> Listing:
    """Return every sequence; a broken file hides none of the others."""
    problems: list[Problem] = []
    found = []
    with database.read() as session:
        counts = enrolments.counts(session)
    for name in sorted({*declared.names, *counts}):
        try:
            one = declared.get(name) if name in declared.names else None
        except OutreachError as error:
            problems += error.problems
            one = None
        found.append(_listed(name, one, counts.get(name, {})))
    return Listing(tuple(found), tuple(problems))


def _listed(name: str, one: Declared | None, counts: Mapping[Ending | None, int]) -> Listed:
    ended = {ending: number for ending, number in counts.items() if ending is not None}
    return Listed(name=name, declared=one, running=counts.get(None, 0), ended=ended)


def show(
    database: Database, declared: Sequences, name: str, *, limit: int | None = LISTED
) -> Shown:
    """Return a sequence with who is in it, at most `limit` of them."""
    with database.read() as session:
        _check_known(session, declared, name)
        one = declared.get(name) if name in declared.names else None
        counts = enrolments.counts(session).get(name, {})
        steps = [
            ShownStep(
                campaign=each,
                after=timedelta(seconds=each.step_after or 0),
                states=deliveries.totals(session, each.id),
            )
            for each in sequences.steps(session, name)
        ]
        places = enrolments.places(session, name=name, limit=limit)
    return Shown(listed=_listed(name, one, counts), steps=tuple(steps), places=tuple(places))


def _check_known(session: "Session", declared: Sequences, name: str) -> None:
    """Raise `NotFoundError` where there is neither a file of this name nor anybody in it."""
    known: Collection[str] = {*declared.names, *enrolments.counts(session)}
    if name not in known:
        raise NotFoundError(
            f'there is no sequence "{name}"',
            hint=suggestion(name, known)
            or f"the sequences are {', '.join(sorted(known)) or '(none yet)'}",
        )
