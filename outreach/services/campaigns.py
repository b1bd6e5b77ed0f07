"""Campaigns as a person asks about them: how they stand, what stopped, and why."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from outreach.domain.contact import AttributeType, Contact
from outreach.domain.delivery import CampaignEvent, CampaignState, DeliveryEvent, DeliveryState
from outreach.domain.effects import Kind
from outreach.domain.gate import Decision, Intent, Policy, decide
from outreach.domain.mailing import ContentClass, MailKind
from outreach.domain.touches import Channel, Direction
from outreach.errors import NotFoundError, Problem, RefusedError, suggestion
from outreach.inbound.sources import Source
from outreach.services.report import Totals, check_open, totals
from outreach.storage import (
    campaigns,
    contacts,
    decisions,
    deeds,
    deliveries,
    doubts,
    halts,
    health,
    touches,
)
from outreach.storage.campaigns import Campaign
from outreach.storage.database import Database
from outreach.storage.decisions import Recorded
from outreach.storage.deliveries import Standing
from outreach.storage.halts import Halt
from outreach.storage.touches import Touch

LISTED = 20
"""How many deliveries of one state are shown one by one, unless all are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A campaign with its totals."""

    campaign: Campaign
    totals: Totals


@dataclass(frozen=True, slots=True)
class Group:
    """Deliveries that stand where they stand for one reason."""

    state: DeliveryState
    reason: str
    number: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A campaign with its totals, why mails were not sent, and those in doubt one by one.

    Of those that were rejected, which may be many, `unlisted` are left out of `rejected`.
    """

    overview: Overview
    groups: Sequence[Group]
    uncertain: Sequence[Standing]
    rejected: Sequence[Standing]
    unlisted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened between one campaign and one contact, the oldest decision first.

    `standing` is None where the contact was never in the audience.
    """

    campaign: Campaign
    standing: Standing | None
    decisions: Sequence[Recorded]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a contact got what they got. `now` is what the gate would say of a newsletter today."""

    contact: Contact
    stories: Sequence[Story]
    now: Decision = field(repr=False)


def get(database: Database, key: str) -> Campaign:
    """Return the campaign, or raise `NotFoundError` with what was likely meant."""
    with database.read() as session:
        campaign = campaigns.find(session, key)
        if campaign is not None:
            return campaign
        known = campaigns.keys(session)
    raise NotFoundError(
        f"there is no campaign {key!r}",
        hint=suggestion(key, known) or "`outreach campaigns list` shows those there are",
    )


def overviews(database: Database, now: datetime, limit: int | None = None) -> list[Overview]:
    """Return the campaigns, the newest first."""
    with database.read() as session:
        found = campaigns.newest(session, limit)
    return [Overview(campaign=each, totals=totals(database, each.id, now)) for each in found]


def details(database: Database, key: str, now: datetime, *, limit: int | None = LISTED) -> Details:
    """Return all that can be said of a campaign, with up to `limit` of what was rejected."""
    campaign = get(database, key)
    groups = []
    with database.read() as session:
        for state in (DeliveryState.REFUSED, DeliveryState.PENDING, DeliveryState.REJECTED):
            groups += [
                Group(state, reason, number, next_at)
                for reason, number, next_at in deliveries.by_reason(session, campaign.id, state)
                if reason
            ]
        uncertain = list(deliveries.standings(session, campaign.id, [DeliveryState.UNCERTAIN]))
        rejected = list(
            deliveries.standings(session, campaign.id, [DeliveryState.REJECTED], limit=limit)
        )
        number = deliveries.totals(session, campaign.id)[DeliveryState.REJECTED]
    return Details(
        overview=Overview(campaign=campaign, totals=totals(database, campaign.id, now)),
        groups=groups,
        uncertain=uncertain,
        rejected=rejected,
        unlisted=number - len(rejected),
    )


def resume(database: Database, key: str, now: datetime) -> Campaign:
    """Let a campaign that has something left go on; return it. One with nothing left stays so.

    It is a person's word that they have looked at why it was paused: what was known until now does
    not count any more (`outreach.services.guard`).
    """
    get(database, key)
    with database.write() as session:
        campaign = _locked(session, key)
        if campaign.state in (CampaignState.CANCELLED, CampaignState.PLANNED):
            raise RefusedError(
                f"{key} was cancelled"
                if campaign.state is CampaignState.CANCELLED
                else f"nobody has approved {key} yet",
                hint="plan and send it with `outreach send`",
            )
        if campaign.state is CampaignState.PAUSED and not campaign.heals:
            health.set_baseline(session, campaign.id)
        return _let_go_on(session, campaign, now)


def go_on(database: Database, key: str, now: datetime) -> Campaign:
    """Do the same for a run that was asked for, which is nobody's word about a pause.

    Raises `RefusedError` where a person has to resume it.
    """
    with database.write() as session:
        campaign = _locked(session, key)
        check_open(campaign)
        return _let_go_on(session, campaign, now)


def _locked(session: Session, key: str) -> Campaign:
    campaign = campaigns.find(session, key, locked=True)
    assert campaign is not None, "one that was approved is never removed"
    return campaign


def _let_go_on(session: Session, campaign: Campaign, now: datetime) -> Campaign:
    # Contacts may come to a step of a sequence though nothing of it is left just now.
    if campaign.is_step or not deliveries.is_done(session, campaign.id):
        campaigns.apply(session, campaign.id, CampaignEvent.RESUME, now)
    found = campaigns.find(session, campaign.key)
    assert found is not None
    return found


def cancel(database: Database, key: str, by: str, now: datetime) -> int:
    """Call a campaign off; return how many mails will not be sent. What is sent stays sent."""
    campaign = get(database, key)
    with database.write() as session:
        _reopen_step(session, campaign, now)
        if not campaigns.apply(
            session, campaign.id, CampaignEvent.CANCEL, now, reason=f"cancelled by {by}"
        ):
            raise RefusedError(
                f"{key} is {campaign.state} and cannot be cancelled",
                hint=f"outreach campaigns show {key}",
            )
        return deliveries.cancel(session, campaign.id)


def pause(database: Database, key: str, by: str, reason: str | None, now: datetime) -> None:
    """Stop a campaign until somebody resumes it; runs at work end within a mail a connection."""
    campaign = get(database, key)
    with database.write() as session:
        _reopen_step(session, campaign, now)
        if not campaigns.apply(
            session, campaign.id, CampaignEvent.PAUSE, now, reason=reason, by=by
        ):
            raise RefusedError(
                f"{key} is {campaign.state} and cannot be paused",
                hint=f"outreach campaigns show {key}",
            )


def _reopen_step(session: Session, campaign: Campaign, now: datetime) -> None:
    """Let a word reach a step of a sequence to which nobody has come just now: somebody will."""
    if campaign.is_step:
        campaigns.revive(session, campaign.id, now)


def halt(database: Database, by: str, reason: str | None, now: datetime) -> Halt:
    """Let no campaign send anything; runs at work end within a mail a connection."""
    with database.write() as session:
        if halts.present(session) is None:
            halts.begin(session, by, reason, now)
        found = halts.present(session)
    assert found is not None
    return found


def lift_halt(database: Database, by: str, now: datetime) -> bool:
    """Let campaigns send again; return whether they were halted."""
    with database.write() as session:
        lasted = halts.present(session) is not None
        halts.lift(session, by, now)
    return lasted


def retry(database: Database, key: str, by: str, now: datetime) -> int:
    """Put what was rejected back among what is to be sent; return how many.

    The gate is asked about each of them again: an address found dead stays suppressed. A campaign
    that is paused stays so.
    """
    campaign = get(database, key)
    _check_alive(campaign)
    with database.write() as session:
        number = len(
            deliveries.give_word(
                session,
                campaign.id,
                DeliveryEvent.RETRY,
                DeliveryState.REJECTED,
                reason=f"tried again on the word of {by}",
            )
        )
        number -= deeds.call_off_late(session, campaign)
        if number:
            campaigns.revive(session, campaign.id, now)
    return number


class Word(StrEnum):
    """What a person says of mails in doubt."""

    #: It went out.
    SENT = "sent"
    #: Send it again, even if some get it twice; the second has the first one's Message-ID.
    RESEND = "resend"
    #: Leave it, whether it went out or not.
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What became of mails in doubt.

    How many a mailbox holds a copy of, how many bounced, how many were answered and so had arrived,
    how many a server took and told us that they are late, how many a word settled, and who is left.
    """

    filed: int
    bounced: int
    answered: int
    delayed: int
    settled: int
    left: Sequence[Standing]


def reconcile(
    database: Database,
    key: str,
    by: str,
    now: datetime,
    *,
    word: Word | None = None,
    emails: Collection[str] = (),
    mailboxes: Iterable[Source] = (),
) -> Reconciled:
    """Settle the mails of a campaign that may or may not have gone out.

    Where a bounce came back or the address has bounced since, the mail went out and was rejected;
    where anything else came back that answers it, it had arrived. It went out as well where a
    server tells that it tries on, since it must have it for that, and where one of `mailboxes`
    holds a copy: servers file what they took, and nobody else knows our Message-ID. Of the others
    `word` is what a person says, of all or of those to `emails`; without it they stay in doubt.
    Raises `UnavailableError` where a mailbox cannot be read.
    """
    campaign = get(database, key)
    settled = 0
    filed = _filed(database, campaign.id, mailboxes)
    with database.write() as session:
        whose = doubts.doubtful(session, campaign.id)
        came_back = doubts.answered_since(session, campaign.id)
        failed = {who: mail.words for who, mail in came_back.items() if _failed(mail.kinds)}
        bounced = {who: words or "a notice came back" for who, words in failed.items()}
        # What a server said stands for itself; what an address is blocked for is our word for it.
        blocked = doubts.bounced_since(session, campaign.id)
        bounced |= {who: detail for who, detail in blocked.items() if not failed.get(who)}
        taken = {who: mail.kinds for who, mail in came_back.items() if who not in bounced}
        answered = [who for who, kinds in taken.items() if _PROOF.intersection(kinds)]
        delayed = [
            who for who, kinds in taken.items() if Kind.DELAY in kinds and who not in answered
        ]
        for contact_id, detail in bounced.items():
            deliveries.give_word(
                session,
                campaign.id,
                DeliveryEvent.REJECT,
                DeliveryState.UNCERTAIN,
                [contact_id],
                reason=f"it bounced: {detail}",
            )
        _settle_as_sent(session, campaign, [*answered, *delayed], whose)
        number_filed = _settle_as_sent(session, campaign, filed, whose)
        named = _contacts_of(session, emails) if emails else None
        if word is Word.SENT:
            settled = _settle_as_sent(session, campaign, named, whose)
        elif word is not None:
            if word is Word.RESEND:
                _check_alive(campaign)
            given = deliveries.give_word(
                session,
                campaign.id,
                DeliveryEvent.RETRY if word is Word.RESEND else DeliveryEvent.DROP,
                DeliveryState.UNCERTAIN,
                named,
                reason=f"{word} on the word of {by}",
            )
            settled = len(given)
            if word is Word.RESEND:
                settled -= deeds.call_off_late(session, campaign)
                if settled:
                    campaigns.revive(session, campaign.id, now)
        left = list(deliveries.standings(session, campaign.id, [DeliveryState.UNCERTAIN]))
    return Reconciled(
        filed=number_filed,
        bounced=len(bounced),
        answered=len(answered),
        delayed=len(delayed),
        settled=settled,
        left=left,
    )


def _filed(database: Database, campaign_id: int, mailboxes: Iterable[Source]) -> list[int]:
    """Return the contacts whose mail in doubt one of `mailboxes` holds a copy of."""
    with database.read() as session:
        doubtful = deliveries.standings(session, campaign_id, [DeliveryState.UNCERTAIN])
        wanted = {each.message_id: each.contact_id for each in doubtful if each.message_id}
    found: set[str] = set()
    for mailbox in mailboxes:
        if left := wanted.keys() - found:
            found |= mailbox.find(left)
    return [wanted[each] for each in found]


def _settle_as_sent(
    session: Session,
    campaign: Campaign,
    contact_ids: Collection[int] | None,
    whose: Mapping[int, int],
) -> int:
    """Record that mails in doubt went out when they were tried, all or these contacts'.

    It was written to them then, as to anybody whose server answered: what the gate knows of that,
    and the contact's history, are touches. Returns how many they were.
    """
    given = deliveries.give_word(
        session, campaign.id, DeliveryEvent.ACCEPT, DeliveryState.UNCERTAIN, contact_ids
    )
    # What this reader saw as the subject is not known any more, unless all saw the same.
    summary = None if "{" in campaign.subject else campaign.subject
    for each in given:
        assert each.tried_at is not None, "only what was tried can be in doubt"
        touches.record(
            session,
            Touch(
                # One that came to be in doubt this moment is whose it is.
                contact_id=whose.get(each.contact_id, each.contact_id),
                at=each.tried_at,
                direction=Direction.OUT,
                channel=Channel.MAIL,
                kind=campaign.kind,
                content_class=campaign.content_class,
                personal=False,
                by=campaign.approved_by,
                summary=summary,
                delivery_id=each.id,
            ),
        )
    return len(given)


_PROOF = frozenset(
    {
        Kind.REPLY,
        Kind.ABSENT,
        Kind.LEFT,
        Kind.ACKNOWLEDGEMENT,
        Kind.CHALLENGE,
        Kind.OPT_OUT,
        Kind.RECEIPT,
        Kind.COMPLAINT,
    }
)
"""What can only come back from a mail that arrived."""


def _failed(kinds: Collection[Kind]) -> bool:
    """Whether it bounced, and nothing that came back says that it arrived all the same."""
    return Kind.BOUNCE in kinds and not _PROOF.intersection(kinds)


def _check_alive(campaign: Campaign) -> None:
    if campaign.state in (CampaignState.CANCELLED, CampaignState.PLANNED):
        raise RefusedError(
            f"{campaign.key} is {campaign.state}; nothing of it is sent again",
            hint=f"outreach campaigns show {campaign.key}",
        )


def _contacts_of(session: Session, emails: Collection[str]) -> list[int]:
    found = {email: contacts.find(session, email) for email in emails}
    missing = [email for email, contact_id in found.items() if contact_id is None]
    if missing:
        raise NotFoundError([Problem(f"there is no contact with the address {m}") for m in missing])
    return [contact_id for contact_id in found.values() if contact_id is not None]


def explain(
    database: Database,
    email: str,
    policy: Policy,
    now: datetime,
    *,
    key: str | None = None,
    series: str = "newsletter",
    types: Mapping[str, AttributeType] | None = None,
) -> Explanation:
    """Return every decision about a contact, all or those of one campaign.

    With `key` there is a story even where the contact was never in that campaign's audience.
    `series` is that of the newsletter on which the gate is asked for today.
    """
    intent = Intent(
        key="", series=series, kind=MailKind.NEWSLETTER, content_class=ContentClass.GIVE
    )
    wanted = {get(database, key).id} if key else None
    with database.read() as session:
        contact_id = contacts.find(session, email)
        facts = (
            decisions.facts(session, [contact_id], intent, now, types=types) if contact_id else []
        )
        if not facts or contact_id is None:
            raise NotFoundError(
                f"there is no contact with the address {email}",
                hint="`outreach contacts list` shows those there are",
            )
        recorded = decisions.of_contact(session, contact_id, key)
        standing = deliveries.of_contact(session, contact_id)
        concerned = wanted or {
            *standing,
            *(each.campaign_id for each in recorded if each.campaign_id),
        }
        stories = [
            _story(campaign, standing, recorded)
            for campaign in reversed(campaigns.newest(session))
            if campaign.id in concerned
        ]
    return Explanation(
        contact=facts[0].contact,
        stories=stories,
        now=decide(intent, facts[0], policy, now),
    )


def _story(
    campaign: Campaign, standing: Mapping[int, Standing], recorded: Collection[Recorded]
) -> Story:
    return Story(
        campaign=campaign,
        standing=standing.get(campaign.id),
        decisions=[each for each in recorded if each.campaign_id == campaign.id],
    )
