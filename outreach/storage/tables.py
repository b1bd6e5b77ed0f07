"""The tables, as typed classes: what each row is, and which questions its indexes are for.

Rows that record what happened are only ever added; what sums them up (the ``last_…`` columns of a
contact, the state of a delivery) changes in the same transaction as the fact it sums up. Instants
are UTC. Enumerations are stored by value, as text, so that a person reading the database can read
them. Every constraint has a name, which is what lets a migration change it on SQLite.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, cast

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from outreach.domain.contact import ConsentBasis, ConsentStatus
from outreach.storage.database import Json, UtcDateTime

RowId = BigInteger().with_variant(Integer, "sqlite")


def _enum(kind: type[StrEnum]) -> Enum:
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        ConsentStatus: _enum(ConsentStatus),
        ConsentBasis: _enum(ConsentBasis),
    }


def table_of(row: type[Table]) -> sqlalchemy.Table:
    """Return the table behind a mapped class, for statements about columns and not objects.

    They are built once and cost SQLAlchemy a tenth of what those about objects do.
    """
    return cast(sqlalchemy.Table, row.__table__)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of the rows for which `where` holds."""
    # Saying `postgresql_where` here would load that dialect in every run: `spelled_out` does.
    return Index(name, *columns, unique=unique, sqlite_where=text(where), info={"where": where})


def spelled_out() -> MetaData:
    """Return all tables with what their indexes need on either database, to write migrations by."""
    for table in Table.metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_kwargs["postgresql_where"] = text(index.info["where"])
    return Table.metadata


class ContactRow(Table):
    """A person. The ``last_…`` columns sum up `TouchRow`, the ``consent…`` ones `ConsentRow`.

    A contact that was merged into another stays as a row with `merged_into_id`, holding only what
    could not move; every question leaves such rows out.
    """

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    first_name: Mapped[str | None] = mapped_column(Text)
    last_name: Mapped[str | None] = mapped_column(Text)
    company: Mapped[str | None] = mapped_column(Text)
    job_title: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str | None] = mapped_column(String(35))
    timezone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    owner: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    relies_on: Mapped[str | None] = mapped_column(Text)
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))

    tier: Mapped[str] = mapped_column(String(32))
    tier_since: Mapped[datetime | None]
    #: Whether a person set the tier (then no import or rule changes it).
    tier_by_person: Mapped[bool] = mapped_column(server_default=text("false"))

    consent: Mapped[ConsentStatus] = mapped_column(server_default=ConsentStatus.NONE.value)
    consent_basis: Mapped[ConsentBasis | None]
    consent_expires: Mapped[datetime | None]

    held_until: Mapped[datetime | None]
    parted_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("contacts.id"))

    last_touch: Mapped[datetime | None]
    last_in: Mapped[datetime | None]
    last_out: Mapped[datetime | None]
    last_two_way: Mapped[datetime | None]
    last_personal: Mapped[datetime | None]
    last_give: Mapped[datetime | None]
    last_ask: Mapped[datetime | None]
    last_reply: Mapped[datetime | None]

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        # "who of this tier, not merged and not parted from": most segments, and "who is due",
        # answered from the index alone
        Index(None, "tier", "merged_into_id", "parted_at", "last_two_way"),
        _partial(
            "ix_contacts_merged_into_id",
            "merged_into_id",
            where="merged_into_id IS NOT NULL",
        ),
    )


class AddressRow(Table):
    """One mail address of a contact; exactly one of them is primary.

    `address` is as the person writes it; `normalised` is what decides whether two are the same
    mailbox for us (`outreach.domain.address.normalise`); `likeness` also folds plus tags and the
    dots of providers that ignore them, and only ever *proposes* that two contacts are one person.
    """

    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    address: Mapped[str] = mapped_column(Text)
    normalised: Mapped[str] = mapped_column(Text, unique=True)
    likeness: Mapped[str] = mapped_column(Text, index=True)
    is_primary: Mapped[bool]
    created_at: Mapped[datetime]

    __table_args__ = (
        _partial(
            "ix_addresses_primary",
            "contact_id",
            unique=True,
            where="is_primary",
        ),
        Index(None, "contact_id"),
    )


class ConsentRow(Table):
    """A permission given or taken back: when, how, from where. Never overwritten."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"), index=True)
    status: Mapped[ConsentStatus]
    basis: Mapped[ConsentBasis | None]
    #: What proves it: the form and its wording, the mail, the import file and line.
    evidence: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    ip_address: Mapped[str | None] = mapped_column(String(45))
    occurred_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str | None] = mapped_column(Text)


class OptOutRow(Table):
    """A contact's word that they want no more of something. Only their own word lifts it."""

    __tablename__ = "opt_outs"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    #: A `domain.contact.Scope`, or the name of one series as ``series:NAME``.
    scope: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    occurred_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_evidence: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index(None, "contact_id"),)


class SuppressionRow(Table):
    """An address never to be mailed. It outranks every segment and every import.

    `address_hash` is keyed (`domain.address.keyed_hash`), so that it still works after the address
    itself was erased at the person's wish.
    """

    __tablename__ = "suppressions"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    normalised: Mapped[str | None] = mapped_column(Text, index=True)
    reason: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(Text)


class RoleRow(Table):
    """A role that a contact has, or had, beside the tier: partner, supplier, payer …."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    role: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index(None, "contact_id", "role"), Index(None, "role"))


class InterestRow(Table):
    """Something a contact said they want to hear about, in lower case."""

    __tablename__ = "interests"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    interest: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    declared_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("contact_id", "interest", name="uq_interests_contact_id_interest"),
        Index(None, "interest"),
    )


class TierChangeRow(Table):
    """A move between tiers, to a pause or to parting: who decided, why, and what was promised."""

    __tablename__ = "tier_changes"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"), index=True)
    before: Mapped[str | None] = mapped_column(String(32))
    after: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(Text)
    by_person: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    #: The `PromiseRow` that the new tier stood for at that moment.
    promise_hash: Mapped[str | None] = mapped_column(String(64), ForeignKey("promises.hash"))


class PromiseRow(Table):
    """One version of ``tiers.toml``, whole, once per content: what we promised, and since when."""

    __tablename__ = "promises"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime]


class NoteRow(Table):
    """What somebody wrote down about a contact. Never read by templates."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TouchRow(Table):
    """One exchange in either direction, on any channel."""

    __tablename__ = "touches"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    at: Mapped[datetime]
    #: ``in``, ``out`` or ``both`` (a call, a meeting).
    direction: Mapped[str] = mapped_column(String(8))
    #: ``mail``, ``call``, ``meeting`` or ``letter``.
    channel: Mapped[str] = mapped_column(String(16))
    #: ``newsletter``, ``check-in``, ``item``, ``reply``, ``call`` …
    kind: Mapped[str] = mapped_column(String(32))
    content_class: Mapped[str | None] = mapped_column(String(16))
    #: Written or spoken by a person for this person.
    personal: Mapped[bool]
    by: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str | None] = mapped_column(Text)
    delivery_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("deliveries.id"))
    inbound_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("inbound.id"))

    __table_args__ = (
        # a contact's timeline, caps and cadence
        Index(None, "contact_id", "at"),
        # and once for a mail that came back, for each contact it concerns
        _partial(
            "uq_touches_inbound_id_contact_id",
            "inbound_id",
            "contact_id",
            unique=True,
            where="inbound_id IS NOT NULL",
        ),
        # a touch is recorded once for a delivery, however often that is tried
        _partial(
            "uq_touches_delivery_id",
            "delivery_id",
            unique=True,
            where="delivery_id IS NOT NULL",
        ),
    )


class MergeRow(Table):
    """Two contacts that a person found to be one: which was kept, and what the other one was."""

    __tablename__ = "merges"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kept_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"), index=True)
    absorbed_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    absorbed: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]


class ImportRow(Table):
    """One import: the file, what it was taken for, and totals that add up."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    file: Mapped[str] = mapped_column(Text)
    file_hash: Mapped[str] = mapped_column(String(64))
    preset: Mapped[str] = mapped_column(String(32))
    totals: Mapped[dict[str, Any]]
    by: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class CampaignRow(Table):
    """One mailing: one template, one segment, one audience frozen at plan time, one key."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: Such as ``newsletter@2026-12``. The same key never reaches the same contact twice.
    key: Mapped[str] = mapped_column(String(200), unique=True)
    template: Mapped[str] = mapped_column(Text)
    template_hash: Mapped[str] = mapped_column(String(64), ForeignKey("templates_sent.hash"))
    segment: Mapped[str] = mapped_column(Text)
    #: The segment's expression as it was when the audience was frozen.
    segment_where: Mapped[str] = mapped_column(Text)
    series: Mapped[str] = mapped_column(String(80))
    #: A `domain.mailing.MailKind`.
    kind: Mapped[str] = mapped_column(String(16))
    content_class: Mapped[str] = mapped_column(String(16))
    #: Why it is in its readers' interest to be asked, where it asks something of them.
    ask_reason: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text)
    #: A `domain.delivery.CampaignState`.
    state: Mapped[str] = mapped_column(String(16), index=True)
    state_reason: Mapped[str | None] = mapped_column(Text)
    #: Who paused it; None where it paused itself because our side failed.
    paused_by: Mapped[str | None] = mapped_column(Text)
    #: Whether what it paused for may heal by itself, as when a server is away: the next run that is
    #: asked for goes on then. Whatever else paused it, a person has to look and resume it.
    heals: Mapped[bool] = mapped_column(server_default=text("false"))
    audience: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    #: The run whose plan waits for approval; another run that plans anew takes its place.
    planned_by: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None]
    #: Where it is a step of a sequence: of which, its number from 1, and how many seconds it is
    #: after the step before. Its audience grows as contacts come to it.
    sequence_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("sequences.id"))
    step: Mapped[int | None] = mapped_column(Integer)
    step_after: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("sequence_id", "step", name="uq_campaigns_sequence_id_step"),
    )


class SequenceRow(Table):
    """One version of a sequence, as it was approved: its file, and with it the templates."""

    __tablename__ = "sequences"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    #: Of the file and of the templates of all steps.
    hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    #: What one can opt out of.
    series: Mapped[str] = mapped_column(String(80))
    file: Mapped[str] = mapped_column(Text)
    approved_at: Mapped[datetime]
    approved_by: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("name", "hash", name="uq_sequences_name_hash"),)


class EnrolmentRow(Table):
    """One sequence to one contact, from its start to its end. Only the end is ever added to it.

    Unique on the contact and the sequence's name: nobody gets one twice, nor a newer version of it.
    Where the contact stands is told by the deliveries of the steps.
    """

    __tablename__ = "enrolments"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    sequence_id: Mapped[int] = mapped_column(RowId, ForeignKey("sequences.id"))
    name: Mapped[str] = mapped_column(String(64))
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    started_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None]
    #: A `domain.sequence.Ending`.
    ending: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    #: The mail of theirs that ended it.
    inbound_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("inbound.id"))

    __table_args__ = (
        UniqueConstraint("contact_id", "name", name="uq_enrolments_contact_id_name"),
        # what one of each is called, and how many there are
        Index(None, "name", "ending"),
        # those that go on: asked for each minute
        _partial("ix_enrolments_running", "sequence_id", where="ended_at IS NULL"),
    )


class DeliveryRow(Table):
    """One campaign to one contact. Unique on that pair: this row is why nobody is mailed twice."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(RowId, ForeignKey("campaigns.id"))
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    #: The address as it was when the audience was frozen.
    address: Mapped[str] = mapped_column(Text)
    #: A `domain.delivery.DeliveryState`.
    state: Mapped[str] = mapped_column(String(16))
    #: Why it stands where it stands: a gate rule, or the server's words.
    reason: Mapped[str | None] = mapped_column(Text)
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    #: How often its receiver said "not now", and since when; what failed on our side counts not.
    deferrals: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    deferred_since: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(Text)
    transport: Mapped[str | None] = mapped_column(Text)
    reply_code: Mapped[int | None] = mapped_column(Integer)
    enhanced_code: Mapped[str | None] = mapped_column(String(12))
    reply_text: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime]
    #: When it was last handed to a transport: the time of a mail that may have gone.
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    #: When it came back after it was sent, and why: the newest of its `BounceRow`.
    bounced_at: Mapped[datetime | None]
    bounce: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("campaign_id", "contact_id", name="uq_deliveries_campaign_id_contact_id"),
        # claiming work, counting states, checking conservation
        Index(None, "campaign_id", "state", "id"),
        # what is in flight or may have gone, in whatever campaign: few rows, asked for every mail
        _partial(
            "ix_deliveries_in_doubt",
            "contact_id",
            where="state IN ('sending', 'uncertain')",
        ),
        # a contact's mail, and the caps on it
        Index(None, "contact_id", "sent_at"),
    )


class AttemptRow(Table):
    """One try of a delivery through a transport, with the server's own words."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(RowId, ForeignKey("deliveries.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    transport: Mapped[str] = mapped_column(Text)
    #: A `domain.feedback.Outcome`.
    outcome: Mapped[str] = mapped_column(String(16))
    reply_code: Mapped[int | None] = mapped_column(Integer)
    enhanced_code: Mapped[str | None] = mapped_column(String(12))
    reply_text: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]


class DecisionRow(Table):
    """What the gate said of one intended mail, at plan time or just before sending."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(RowId, ForeignKey("contacts.id"))
    campaign_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("campaigns.id"))
    #: ``plan`` or ``send``.
    stage: Mapped[str] = mapped_column(String(8))
    #: ``allow``, ``hold`` or ``refuse``.
    verdict: Mapped[str] = mapped_column(String(8))
    rule: Mapped[str] = mapped_column(String(40))
    why: Mapped[str | None] = mapped_column(Text)
    until: Mapped[datetime | None]
    at: Mapped[datetime]

    __table_args__ = (Index(None, "contact_id", "at"), Index(None, "campaign_id", "verdict"))


class HaltRow(Table):
    """A time in which nothing was sent at all, on somebody's word. The newest may still last."""

    __tablename__ = "halts"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(Text)


class LaneRow(Table):
    """What mails have in common that a limit is about, such as the transport; see `domain.pacing`.

    One row for all that send, on whatever machine: who takes from it locks it.
    """

    __tablename__ = "lanes"

    #: ``transport NAME``, ``warm-up NAME`` or ``domain OPERATOR``.
    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    #: How many mails may go at once, as of `at`.
    level: Mapped[float]
    at: Mapped[datetime]
    closed_until: Mapped[datetime | None]
    pauses: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    #: How many mails may be under way while it is brought back to speed; None at full speed.
    connections: Mapped[int | None] = mapped_column(Integer)
    stepped_at: Mapped[datetime | None]

    __table_args__ = (
        # which lanes are not at full speed: few or none, asked all the time
        _partial("ix_lanes_slowed", "connections", where="connections IS NOT NULL"),
    )


class PassageRow(Table):
    """A mail under way on a lane that only takes so many at once, until its answer or `until`."""

    __tablename__ = "passages"

    lane: Mapped[str] = mapped_column(String(300), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    until: Mapped[datetime]

    __table_args__ = (Index(None, "delivery_id"),)


class OperatorRow(Table):
    """Who runs the mail servers of a receiving domain, as the DNS said, for as long as it said."""

    __tablename__ = "operators"

    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    operator: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[datetime]


class BaselineRow(Table):
    """How a campaign did when a person let it go on: what they have looked at counts no more."""

    __tablename__ = "baselines"

    campaign_id: Mapped[int] = mapped_column(RowId, ForeignKey("campaigns.id"), primary_key=True)
    answered: Mapped[int] = mapped_column(Integer)
    bounced: Mapped[int] = mapped_column(Integer)
    complained: Mapped[int] = mapped_column(Integer)
    #: How many mails had come back because of us.
    returned: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class InboundRow(Table):
    """One mail that came back, whole, or an answer of ours to one.

    `fingerprint` is of what no server on the way changes (`services.inbox.fingerprint`), so that
    the same mail from two sources is one row. What the mail was found to be may be corrected by a
    person; the bytes never change.
    """

    __tablename__ = "inbound"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    #: The mailbox and its folder where it was first seen.
    mailbox: Mapped[str] = mapped_column(Text)
    folder: Mapped[str | None] = mapped_column(Text)
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int] = mapped_column(Integer)

    message_id: Mapped[str | None] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text)
    sender_name: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    #: A `domain.effects.Kind`.
    kind: Mapped[str] = mapped_column(String(20))
    #: What decided that.
    rule: Mapped[str] = mapped_column(Text)
    #: Who corrected it; None where the program's own finding stands.
    classified_by: Mapped[str | None] = mapped_column(Text)
    #: The person's own words, without quotation and signature.
    words: Mapped[str] = mapped_column(Text)
    #: All that was found out about it.
    findings: Mapped[dict[str, Any]]

    contact_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("contacts.id"))
    delivery_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("deliveries.id"))
    #: How it was tied to them: a `inbound.match.Rung` in words, ``person`` or ``recipient``.
    rung: Mapped[str | None] = mapped_column(String(24))
    confidence: Mapped[float | None]
    #: Whether it comes from an address that is not the contact's.
    stranger: Mapped[bool] = mapped_column(server_default=text("false"))

    #: A `storage.inbox.State`.
    state: Mapped[str] = mapped_column(String(12))
    #: Why a person must look.
    review: Mapped[str | None] = mapped_column(Text)
    #: The response clock: until when we promised to answer, and when it stopped.
    answer_by: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    #: Our own mail that stopped it.
    answered_by_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("inbound.id"))
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        # what is to be worked through, the most urgent first
        Index(None, "state", "answer_by"),
        Index(None, "received_at"),
        # a contact's thread
        Index(None, "contact_id", "received_at"),
        # which mail is it that another one answers
        Index(None, "message_id"),
        _partial(
            "ix_inbound_delivery_id",
            "delivery_id",
            where="delivery_id IS NOT NULL",
        ),
    )


class EffectRow(Table):
    """One thing that a mail in the inbox did, with what is needed to take it back."""

    __tablename__ = "effects"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    inbound_id: Mapped[int] = mapped_column(RowId, ForeignKey("inbound.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("contacts.id"), index=True)
    #: A `storage.deeds.Effect`.
    effect: Mapped[str] = mapped_column(String(20))
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class BounceRow(Table):
    """One address for which a mail came back. Soft ones are counted by these rows."""

    __tablename__ = "bounces"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    inbound_id: Mapped[int] = mapped_column(RowId, ForeignKey("inbound.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("contacts.id"), index=True)
    delivery_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("deliveries.id"), index=True)
    #: Normalised.
    address: Mapped[str] = mapped_column(Text)
    #: A `domain.effects.Severity`.
    severity: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(String(12))
    at: Mapped[datetime]

    __table_args__ = (Index(None, "address", "at"),)


class PositionRow(Table):
    """How far a folder of a mailbox has been read.

    `epoch` names the numbering that `position` belongs to: IMAP's UIDVALIDITY, or what tells one
    file from another. A folder with another epoch is read from its beginning.
    """

    __tablename__ = "mailbox_positions"

    mailbox: Mapped[str] = mapped_column(String(80), primary_key=True)
    folder: Mapped[str] = mapped_column(String(255), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[datetime]


class DeclinedRow(Table):
    """An address that writes to us, and of which somebody said that it is no contact."""

    __tablename__ = "declined_proposals"

    normalised: Mapped[str] = mapped_column(Text, primary_key=True)
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TemplateSentRow(Table):
    """The exact source that was rendered for a campaign, once per content."""

    __tablename__ = "templates_sent"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: File name to text, with everything the template extends or includes.
    files: Mapped[dict[str, Any]]
    first_used_at: Mapped[datetime]


class KeyRow(Table):
    """A secret that signs links and addresses. Old ones stay, so that old links keep working."""

    __tablename__ = "keys"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
