"""What tests of planning and sending share: contacts, a composer and a transport, all scripted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from sqlalchemy import text, update

from outreach.domain.causes import Cause, Step
from outreach.domain.contact import ConsentBasis, ConsentStatus, Contact
from outreach.domain.delivery import CampaignState
from outreach.domain.expression import parse
from outreach.domain.feedback import Fault, Outcome
from outreach.domain.gate import Policy
from outreach.domain.mailing import ContentClass, MailKind
from outreach.domain.segment import Segment
from outreach.domain.terms import Vocabulary
from outreach.domain.tiers_file import read_tiers
from outreach.errors import TemplateError
from outreach.services.planning import Plan, Planner
from outreach.services.report import Report
from outreach.services.sending import Run
from outreach.starter import starter_file
from outreach.storage import campaigns, contacts
from outreach.storage.campaigns import Campaign, NewCampaign
from outreach.storage.contacts import NewContact
from outreach.storage.database import Database
from outreach.storage.tables import ContactRow
from outreach.testing import FrozenClock
from outreach.transport.base import Envelope, Receipt, Talk

TIERS = read_tiers(starter_file("tiers.toml").read_text(encoding="utf-8"))
POLICY = Policy(TIERS)
SERVER = "memory"


def segment(where: str = 'tier == "client"', name: str = "clients") -> Segment:
    condition = parse(where, Vocabulary(), others=None, source=name)
    return Segment(name, name, where, condition, name)


def add_contacts(
    database: Database,
    names: Iterable[str],
    now: datetime,
    *,
    domain: str = "example.com",
    **values: Any,
) -> list[int]:
    """Add clients who agreed to be written to; `values` are columns that are different."""
    ids = []
    with database.write() as session:
        for name in names:
            new = NewContact(email=f"{name}@{domain}", fields={"first_name": name.title()})
            ids.append(contacts.insert(session, new, now))
        columns = {
            "tier": "client",
            "consent": ConsentStatus.GRANTED,
            "consent_basis": ConsentBasis.EXPRESS,
            **values,
        }
        session.execute(update(ContactRow).where(ContactRow.id.in_(ids)).values(**columns))
    return ids


@dataclass(frozen=True)
class Composed:
    message: bytes
    message_id: str
    envelope_sender: str
    recipient: str
    subject: str
    is_canonical: bool = False

    @property
    def size(self) -> int:
        return len(self.message)

    def prepare(self) -> None:
        """Nothing signs it."""


@dataclass
class FakeComposer:
    """Composes a line of text; `broken` are the addresses for which it fails."""

    broken: set[str] = field(default_factory=set)
    composed: list[str] = field(default_factory=list)

    def untranslated(self, contact: Contact) -> None:
        return None

    def compose(self, contact: Contact, *, delivery_id: int, date: datetime) -> Composed:
        if contact.email in self.broken:
            raise TemplateError("company is not known", source="december.md", line=7)
        self.composed.append(contact.email)
        body = f"Dear {contact.first_name}, delivery {delivery_id}\r\n"
        return Composed(
            message=body.encode(),
            message_id=f"<{delivery_id}@example.com>",
            envelope_sender=f"bounce+{delivery_id}@example.com",
            recipient=contact.email,
            subject=f"News for {contact.first_name}",
        )


ACCEPTED = Receipt(Outcome.ACCEPTED, None, None, Step.CONTENT, "250 ok", SERVER)
DEAD = Receipt(
    Outcome.REJECTED,
    Fault.ADDRESS,
    Cause.BAD_ADDRESS,
    Step.RECIPIENT,
    "550 5.1.1 no such user",
    SERVER,
)
FULL = Receipt(
    Outcome.REJECTED, Fault.RECEIVER, Cause.MAILBOX_FULL, Step.RECIPIENT, "552 5.2.2 full", SERVER
)
GREYLISTED = Receipt(
    Outcome.DEFERRED,
    Fault.RECEIVER,
    Cause.GREYLISTED,
    Step.RECIPIENT,
    "450 4.7.1 come back",
    SERVER,
    retry_after=timedelta(minutes=5),
)
DOWN = Receipt(
    Outcome.DEFERRED,
    Fault.CONNECTION,
    Cause.NETWORK,
    Step.CONNECT,
    "connection refused",
    SERVER,
    retry_after=timedelta(minutes=1),
)
NO_LOGIN = Receipt(
    Outcome.REJECTED,
    Fault.CONNECTION,
    Cause.CREDENTIALS,
    Step.LOGIN,
    "535 5.7.8 wrong password",
    SERVER,
)
UNWELCOME_SENDER = Receipt(
    Outcome.REJECTED, Fault.CONNECTION, Cause.SENDER, Step.SENDER, "550 5.7.1 not yours", SERVER
)
BROKEN = Receipt(
    Outcome.DEFERRED,
    Fault.CONNECTION,
    Cause.NETWORK,
    Step.RECIPIENT,
    "the server closed the connection",
    SERVER,
    retry_after=timedelta(minutes=1),
)
SPAM = Receipt(
    Outcome.REJECTED, Fault.REPUTATION, Cause.SPAM, Step.CONTENT, "550 5.7.1 spam", SERVER
)
RATE = Receipt(
    Outcome.DEFERRED,
    Fault.REPUTATION,
    Cause.RATE,
    Step.RECIPIENT,
    "421 4.7.28 too fast",
    SERVER,
    retry_after=timedelta(minutes=10),
)
SILENT = Receipt(
    Outcome.UNCERTAIN, Fault.CONNECTION, Cause.NETWORK, Step.CONTENT, "no answer", SERVER
)
TOO_LARGE = Receipt(
    Outcome.REJECTED, Fault.MESSAGE, Cause.TOO_LARGE, Step.CONTENT, "552 5.3.4 too large", SERVER
)


class KilledError(BaseException):
    """Stands for the death of the process while the transport is at work."""


@dataclass
class ScriptedTransport:
    """Answers from `script`, then accepts. `sent` is what went out; `hook` runs at each send."""

    script: list[Receipt | BaseException] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    hook: Callable[[str], None] = lambda _: None
    name: str = SERVER

    def connect(self) -> Self:
        return self

    def talk(self, envelope: Envelope, data: bytes) -> Talk[Receipt]:
        yield from ()
        return self.send(envelope, data)

    def send(self, envelope: Envelope, data: bytes) -> Receipt:
        self.hook(envelope.recipient)
        self.tried.append(envelope.recipient)
        answer = self.script.pop(0) if self.script else ACCEPTED
        if isinstance(answer, BaseException):
            raise answer
        if answer.outcome in (Outcome.ACCEPTED, Outcome.UNCERTAIN):
            self.sent.append((envelope.recipient, data))
        return answer

    def farewell(self) -> Talk[None]:
        yield from ()

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


def new_campaign(key: str = "newsletter@2026-12", **changes: Any) -> NewCampaign:
    values: dict[str, Any] = {
        "key": key,
        "template": "newsletter/2026-12",
        "template_hash": "a" * 64,
        "files": {"newsletter/2026-12.md": "Hello {{ contact.first_name }}"},
        "segment": "clients",
        "segment_where": 'tier == "client"',
        "series": "newsletter",
        "kind": MailKind.NEWSLETTER,
        "content_class": ContentClass.GIVE,
        "ask_reason": None,
        "subject": "News for {{ contact.first_name }}",
        "sender": "anna",
    }
    return NewCampaign(**{**values, **changes})


class Desk:
    """One database with all that plans and sends on it."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.database = database
        self.clock = clock
        self.composer = FakeComposer()
        self.transport = ScriptedTransport()
        self.ids: dict[str, int] = {}

    def planner(self, owner: str = "elsewhere/1/plan") -> Planner:
        return Planner(self.database, POLICY, owner=owner)

    def plan(self, new: NewCampaign | None = None, where: str = 'tier == "client"') -> Plan:
        return self.planner().plan(new or new_campaign(), segment(where), self.clock())

    def approved(self, new: NewCampaign | None = None, where: str = 'tier == "client"') -> Campaign:
        plan = self.plan(new, where)
        return self.planner().approve(plan, "anna", self.clock())

    def run(self, campaign: Campaign, owner: str = "elsewhere/1/run", **changes: Any) -> Run:
        values: dict[str, Any] = {
            "clock": self.clock,
            "lease": timedelta(minutes=5),
            "give_up_after": timedelta(hours=48),
            "draw": lambda: 0.0,
            "owner": owner,
            "sleep": lambda seconds: self.clock.advance(seconds=seconds),
        }
        return Run(
            self.database,
            campaign,
            self.composer,  # type: ignore[arg-type]
            changes.pop("transport", self.transport),
            POLICY,
            **{**values, **changes},
        )

    def work(self, campaign: Campaign, **how: Any) -> Report:
        return self.run(campaign).work(**how)

    def rows(self, statement: str) -> Sequence[Any]:
        with self.database.read() as session:
            return session.execute(text(statement)).all()

    def states(self) -> dict[str, str]:
        rows = self.rows("SELECT address, state FROM deliveries ORDER BY id")
        return {address.partition("@")[0]: state for address, state in rows}


NAMES = ["anna", "bert", "carl", "dora", "emil", "fred"]


def staffed(database: Database, clock: FrozenClock) -> Desk:
    """A desk with a client for each of `NAMES`; `ids` are theirs."""
    desk = Desk(database, clock)
    desk.ids = dict(zip(NAMES, add_contacts(database, NAMES, clock()), strict=True))
    return desk


def state_of(desk: Desk, key: str = "newsletter@2026-12") -> CampaignState:
    with desk.database.read() as session:
        campaign = campaigns.find(session, key)
    assert campaign is not None
    return campaign.state
