"""Campaigns as a person asks about them: how they stand, what stopped, and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from outreach.domain.contact import AttributeType, Contact
from outreach.domain.delivery import CampaignEvent, CampaignState, DeliveryState
from outreach.domain.gate import Decision, Intent, Policy, decide
from outreach.domain.mailing import ContentClass, MailKind
from outreach.errors import NotFoundError, RefusedError, suggestion
from outreach.services.report import Totals, totals
from outreach.storage import campaigns, contacts, decisions, deliveries
from outreach.storage.campaigns import Campaign
from outreach.storage.database import Database
from outreach.storage.decisions import Recorded
from outreach.storage.deliveries import Standing

LISTED = 20
"""How many deliveries of one state are shown one by one."""


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
    """A campaign with its totals, why mails were not sent, and those in doubt one by one."""

    overview: Overview
    groups: Sequence[Group]
    uncertain: Sequence[Standing]
    rejected: Sequence[Standing]


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
    return [
        Overview(campaign=each, totals=totals(database, each.id, each.audience, now))
        for each in found
    ]


def details(database: Database, key: str, now: datetime) -> Details:
    """Return all that can be said of a campaign on one page."""
    campaign = get(database, key)
    groups = []
    with database.read() as session:
        for state in (DeliveryState.REFUSED, DeliveryState.PENDING, DeliveryState.REJECTED):
            groups += [
                Group(state, reason, number, next_at)
                for reason, number, next_at in deliveries.by_reason(session, campaign.id, state)
                if reason
            ]
        uncertain = list(
            deliveries.standings(session, campaign.id, [DeliveryState.UNCERTAIN], limit=LISTED)
        )
        rejected = list(
            deliveries.standings(session, campaign.id, [DeliveryState.REJECTED], limit=LISTED)
        )
    return Details(
        overview=Overview(
            campaign=campaign, totals=totals(database, campaign.id, campaign.audience, now)
        ),
        groups=groups,
        uncertain=uncertain,
        rejected=rejected,
    )


def resume(database: Database, key: str, now: datetime) -> Campaign:
    """Let a campaign that has something left go on; return it. One with nothing left stays so."""
    campaign = get(database, key)
    if campaign.state in (CampaignState.CANCELLED, CampaignState.PLANNED):
        raise RefusedError(
            f"{key} was cancelled"
            if campaign.state is CampaignState.CANCELLED
            else f"nobody has approved {key} yet",
            hint="plan and send it with `outreach send`",
        )
    with database.write() as session:
        if not deliveries.is_done(session, campaign.id):
            campaigns.apply(session, campaign.id, CampaignEvent.RESUME, now)
        found = campaigns.find(session, key)
    assert found is not None
    return found


def cancel(database: Database, key: str, by: str, now: datetime) -> int:
    """Call a campaign off; return how many mails will not be sent. What is sent stays sent."""
    campaign = get(database, key)
    with database.write() as session:
        if not campaigns.apply(
            session, campaign.id, CampaignEvent.CANCEL, now, reason=f"cancelled by {by}"
        ):
            raise RefusedError(
                f"{key} is {campaign.state} and cannot be cancelled",
                hint=f"outreach campaigns show {key}",
            )
        return deliveries.cancel(session, campaign.id)


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
