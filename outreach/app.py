"""The composition root: from settings to the things that do the work. Nothing else builds them.

Each part is made when it is first asked for, so that a command pays only for what it uses.
"""

import getpass
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.config.files import find_workspace, load_settings
from outreach.config.settings import FILE_NAME, ServerPace, Settings
from outreach.domain.clock import Clock, system_clock
from outreach.errors import ConfigError, Problem, suggestion

if TYPE_CHECKING:
    from datetime import timedelta

    from outreach.domain.gate import Policy
    from outreach.domain.links import Links
    from outreach.domain.mailing import Sender
    from outreach.domain.segment import Segments
    from outreach.domain.sequence import Sequences
    from outreach.domain.tiers import Tiers
    from outreach.inbound.sources import Source
    from outreach.inbound.webhooks import Receiver
    from outreach.rendering.editions import TemplateFolder
    from outreach.rendering.templates import Template, TemplateSet
    from outreach.services.composing import Composer
    from outreach.services.inbox import Inbox
    from outreach.services.pacing import Pacer
    from outreach.services.sending import Run
    from outreach.services.signers import Signers
    from outreach.services.signing import Signing
    from outreach.storage.campaigns import Campaign
    from outreach.storage.database import Database
    from outreach.transport.base import Transport
    from outreach.transport.exchangers import Exchangers, Lookup


class App:
    """One open workspace."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        *,
        clock: Clock = system_clock,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.settings = settings
        self.clock = clock
        self.environ = os.environ if environ is None else environ

    @classmethod
    def open(
        cls,
        start: Path,
        *,
        flags: Mapping[str, object] | None = None,
        clock: Clock = system_clock,
        environ: Mapping[str, str] | None = None,
    ) -> "App":
        """Open the workspace at or above `start`, or raise `ConfigError` with all problems."""
        environ = os.environ if environ is None else environ
        root = find_workspace(start)
        settings = load_settings(root, environ=environ, flags=flags)
        return cls(root, settings, clock=clock, environ=environ)

    @cached_property
    def database(self) -> "Database":
        """The database, with its schema checked."""
        database = self.unchecked_database
        database.check_schema()
        return database

    @cached_property
    def unchecked_database(self) -> "Database":
        """The database, whatever its schema: for `outreach init` and `outreach db`."""
        from outreach.storage.database import Database

        return Database(database_location(self.settings.database_url, self.root))

    @cached_property
    def tiers(self) -> "Tiers":
        """The tiers and what each promises, from the workspace's ``tiers.toml``."""
        from outreach.domain.tiers_file import read_tiers

        return read_tiers(read_text(self.root / "tiers.toml", "run `outreach init` again"))

    @cached_property
    def segments(self) -> "Segments":
        """The segments, each read from its file in ``segments/`` when it is asked for."""
        from outreach.domain.terms import Vocabulary
        from outreach.services.segments import open_segments

        vocabulary = Vocabulary(
            self.settings.attributes, tuple(self.tiers), tuple(self.tiers.roles)
        )
        return open_segments(self.segments_folder, vocabulary)

    @cached_property
    def sequences(self) -> "Sequences":
        """The sequences, each read from its file in ``sequences/`` when it is asked for."""
        from outreach.services.sequences import open_sequences

        return open_sequences(self.sequences_folder)

    @cached_property
    def person(self) -> str:
        """Who is at work, for the record."""
        return self.settings.person or getpass.getuser()

    @property
    def templates_folder(self) -> Path:
        """Where templates lie."""
        return self.root / "templates"

    @property
    def segments_folder(self) -> Path:
        """Where segments lie."""
        return self.root / "segments"

    @property
    def sequences_folder(self) -> Path:
        """Where sequences lie."""
        return self.root / "sequences"

    @cached_property
    def templates(self) -> "TemplateSet":
        """The templates in ``templates/``, each read when it is asked for."""
        from outreach.rendering.templates import TemplateSet

        return TemplateSet(
            self.templates_folder,
            attributes=self.settings.attributes,
            timezone=self.settings.timezone,
        )

    @cached_property
    def editions(self) -> "TemplateFolder":
        """The same folder, for what is asked of templates without rendering them."""
        from outreach.rendering.editions import TemplateFolder

        return TemplateFolder(self.templates_folder, timezone=self.settings.timezone)

    def links(self, sender: "Sender", *, secrets: Sequence[str]) -> "Links":
        """Return what leads back to us in mail from `sender`; the first of `secrets` signs."""
        from outreach.domain.address import parse_address
        from outreach.domain.links import Links, Signer

        settings = self.settings
        return Links(
            signer=Signer(secrets),
            domain=parse_address(sender.address).domain,
            base_url=settings.link_base,
            unsubscribe_address=settings.unsubscribe_address or sender.reply_to or sender.address,
            bounce_address=settings.bounce_address,
        )

    def composer(
        self,
        template: "Template",
        *,
        key: str | None = None,
        series: str = "",
        trial: bool = False,
    ) -> "Composer":
        """Return what makes the messages of `template`, in the mailing `key`.

        `series` is what its readers can opt out of, where that is not what the template says.

        A trial signs its links with a secret that nobody accepts, so that what is only looked at
        can change nothing; it needs no database.
        """
        from outreach.services.composing import Composer

        settings = self.settings
        sender = settings.sender_called(template.front_matter.sender)
        return Composer(
            template,
            sender,
            self.links(sender, secrets=["trial"] if trial else self.secrets),
            company=settings.company,
            postal_address=settings.postal_address,
            website=settings.website,
            timezone=settings.timezone,
            locale=settings.locale,
            tiers=self.tiers,
            key=key,
            series=series,
            # A look at single mails is not worth what compiling costs.
            compiled=not trial,
            signing=self.signing(sender).keys if settings.dkim_key else (),
            apart=self.signers if settings.dkim_key else None,
        )

    @cached_property
    def signers(self) -> "Signers":
        """Processes that sign, one for each core; with a single core there are none."""
        from outreach.services.signers import Signers

        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return Signers(cores if cores and cores > 1 else 0)

    def signing(self, sender: "Sender") -> "Signing":
        """Return the keys that sign mail from `sender`, where any are set."""
        from outreach.config.settings import listed
        from outreach.domain.address import parse_address
        from outreach.services.signing import load_keys

        settings = self.settings
        return load_keys(
            self.root,
            tuple(zip(listed(settings.dkim_key), listed(settings.dkim_selector), strict=True)),
            settings.dkim_domain or parse_address(sender.address).domain,
        )

    def approved_template(self, campaign: "Campaign") -> "Template":
        """Return the template of a campaign as it was approved, whatever the files say today."""
        from outreach.rendering.templates import TemplateSet
        from outreach.storage import campaigns

        with self.database.read() as session:
            files = campaigns.files_of(session, campaign.template_hash)
        templates = TemplateSet(
            files,
            attributes=self.settings.attributes,
            timezone=self.settings.timezone,
            assets=self.templates_folder,
        )
        return templates.load(campaign.template)

    def campaign_composer(self, campaign: "Campaign") -> "Composer":
        """Return what makes the messages of a campaign, in the words that were approved."""
        template = self.approved_template(campaign)
        return self.composer(template, key=campaign.key, series=campaign.series)

    def run(
        self,
        campaign: "Campaign",
        *,
        composer: "Composer | None" = None,
        patience: "timedelta | None" = None,
    ) -> "Run":
        """Return what sends `campaign`, in the words that were approved.

        Where the approved mails have been rendered before, `composer` is what did it, so that what
        it has learned need not be learned again. The run waits for a mail's turn no longer than
        `patience`, and than the setting says.
        """
        from datetime import timedelta

        from outreach.domain.pacing import Breaker
        from outreach.services.sending import Run

        settings = self.settings
        return Run(
            self.database,
            campaign,
            composer or self.campaign_composer(campaign),
            self.transport,
            self.policy,
            clock=self.clock,
            lease=timedelta(seconds=settings.lease),
            give_up_after=timedelta(hours=settings.give_up_after),
            connections=settings.connections,
            types=settings.attributes,
            pacer=self.pacer(patience),
            breaker=Breaker(settings.max_bounces, settings.max_complaints, settings.breaker_sample),
        )

    def pacer(self, patience: "timedelta | None" = None) -> "Pacer":
        """Return what keeps a run within the limits that it shares with all others."""
        from datetime import date, timedelta

        from outreach.domain.operators import operator_at_hand
        from outreach.domain.pacing import Allowance, Limit, Pace, Rate, WarmUp
        from outreach.domain.windows import Windows
        from outreach.services.pacing import Pacer
        from outreach.transport.failover import FailoverTransport

        settings = self.settings
        longest = timedelta(minutes=settings.patience)

        def limit(rate: str | None, connections: int | None) -> Limit:
            return Limit(Rate.parse(rate, settings.burst) if rate else None, connections)

        def warm_up(like: Settings | ServerPace) -> WarmUp | None:
            if not like.warm_up_from:
                return None
            return WarmUp(
                date.fromisoformat(like.warm_up_from),
                like.warm_up_first or settings.warm_up_first,
                1 + (like.warm_up_growth or settings.warm_up_growth) / 100,
                like.warm_up_to or settings.warm_up_to,
            )

        transport = self.transport
        chain = (
            transport
            if isinstance(transport, FailoverTransport)
            else FailoverTransport((transport,))
        )
        there = {each.name for each in chain.transports}
        self._check_servers(there)
        pace = Pace(
            transport=limit(settings.rate, settings.transport_connections),
            warm_up=warm_up(settings),
            servers={
                name: Allowance(limit(each.rate, each.connections), warm_up(each))
                for name, each in settings.servers.items()
                if name in there
            },
            domain=limit(settings.domain_rate, settings.domain_connections),
            domains={
                operator_at_hand(name) or name: limit(
                    each.rate or settings.domain_rate,
                    each.connections or settings.domain_connections,
                )
                for name, each in settings.domains.items()
            },
            windows=Windows.parse(settings.windows) if settings.windows else None,
            zone=settings.timezone if settings.windows_in == "campaign" else None,
            patience=longest if patience is None else min(patience, longest),
        )
        return Pacer(
            pace,
            transport.name,
            connections=settings.connections,
            firm_zone=settings.timezone,
            lookup=self.mail_servers if settings.mx_lookup else None,
            preferred=lambda: chain.preferred,
        )

    def _check_servers(self, there: Collection[str]) -> None:
        """Refuse limits for a server that mail never goes through: most likely it is misspelt.

        Where another transport than the file's is used for once, they may well be for others.
        """
        origin = self.settings.origins.get("transport")
        if origin is None or origin.source != FILE_NAME:
            return
        problems = [
            Problem(
                f'[servers."{name}"] is for a server that `transport` does not name',
                FILE_NAME,
                hint=suggestion(name, there) or f"it names {', '.join(sorted(there))}",
            )
            for name in self.settings.servers
            if name not in there
        ]
        if problems:
            raise ConfigError(problems)

    @cached_property
    def policy(self) -> "Policy":
        """What the gate goes by."""
        from outreach.domain.gate import Policy

        return Policy(self.tiers, self.settings.timezone)

    @cached_property
    def transport(self) -> "Transport":
        """The way to the next hop, or several of them in the order in which they are tried."""
        from outreach.config.passwords import find_password
        from outreach.transport.smtp import Timeouts
        from outreach.transport.urls import make_transport

        patience = self.settings.smtp_timeout
        return make_transport(
            self.settings.transport,
            base=self.root,
            find_password=lambda user, host: find_password(user, host, self.environ),
            timeouts=Timeouts() if patience is None else Timeouts.all_of(patience),
        )

    def mail_servers(self, domains: Collection[str]) -> "Mapping[str, Exchangers]":
        """Return the mail servers of domains, asked of the DNS."""
        return self._lookup(domains)

    @cached_property
    def _lookup(self) -> "Lookup":
        """What asks the DNS: made for the few runs that have to know."""
        from outreach.transport.exchangers import DnsLookup

        return DnsLookup()

    @cached_property
    def inbox(self) -> "Inbox":
        """What came back, and what it does."""
        from datetime import date, time
        from zoneinfo import ZoneInfo

        from outreach.domain.address import normalise
        from outreach.domain.links import Links, Signer
        from outreach.domain.working_time import WorkingTime
        from outreach.services.inbox import Inbox

        settings = self.settings
        opens, _, closes = settings.working_hours.partition("-")
        holidays = (settings.holidays or "").split(", ")
        work = WorkingTime(
            ZoneInfo(settings.timezone),
            time.fromisoformat(opens),
            time.fromisoformat(closes),
            frozenset(date.fromisoformat(day) for day in holidays if day),
        )
        return Inbox(
            self.database,
            # A token is known by its signature; the domain matters only where one is made.
            Links(signer=Signer(self.secrets), domain="localhost"),
            self.tiers,
            work,
            own=[normalise(address) for address in self._sender_addresses],
            clock=self.clock,
        )

    @property
    def _sender_addresses(self) -> list[str]:
        senders = self.settings.senders.values()
        return [each for one in senders for each in (one.address, one.reply_to) if each]

    @property
    def own_domains(self) -> list[str]:
        """The domains that mail to us is written to."""
        from outreach.domain.address import parse_address

        settings = self.settings
        given = [settings.bounce_address, settings.unsubscribe_address]
        ours = [*self._sender_addresses, *(each for each in given if each)]
        return sorted({parse_address(each).domain.lower() for each in ours})

    def mailbox(self, name: str, warn: Callable[[str], None] = lambda _text: None) -> "Source":
        """Return the mailbox called `name` in the settings, or raise `ConfigError`.

        `warn` is told what a person should know of it and that keeps nothing from being read.
        """
        from outreach.config.passwords import find_mailbox_password
        from outreach.inbound.declared import ImapUrl
        from outreach.inbound.imap import Imap
        from outreach.inbound.sources import Maildir, Mbox

        known = self.settings.mailboxes
        if name not in known:
            raise ConfigError(
                f'there is no mailbox "{name}"',
                source="outreach.toml",
                hint=suggestion(name, known) or f"add a table [mailboxes.{name}] with its url",
            )
        mailbox = known[name]
        kind, _, place = mailbox.url.partition(":")
        if kind == "maildir":
            return Maildir(name, self.root / place, sent=mailbox.sent)
        if kind == "mbox":
            sent = self.root / mailbox.sent if mailbox.sent else None
            return Mbox(name, self.root / place, sent=sent)
        return Imap(
            name,
            ImapUrl.parse(mailbox.url),
            lambda user, host: find_mailbox_password(mailbox, user, host, self.environ),
            folders=mailbox.folders,
            sent=mailbox.sent,
            auth=mailbox.auth,
            warn=warn,
        )

    @cached_property
    def receivers(self) -> "Mapping[str, Receiver]":
        """What takes the requests of each webhook in the settings, by its name."""
        from outreach.config.passwords import find_webhook_secret
        from outreach.inbound.webhooks import open_receiver
        from outreach.inbound.webhooks.fetching import fetch

        return {
            name: open_receiver(declared, find_webhook_secret(name, self.environ), fetch)
            for name, declared in self.settings.webhooks.items()
        }

    @cached_property
    def secrets(self) -> list[str]:
        """The secrets that sign links, the one to sign with first."""
        from outreach.storage import keys

        with self.database.write() as session:
            return keys.secrets(session, self.clock())[::-1]

    def close(self) -> None:
        """Give back what was opened."""
        if "unchecked_database" in self.__dict__:
            self.unchecked_database.close()
        if "signers" in self.__dict__:
            self.signers.close()


def read_text(path: Path, hint: str) -> str:
    """Return the text of a file that a workspace must have, or raise `ConfigError` with `hint`."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})", source=path.name, hint=hint
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8", source=path.name, hint="save it as UTF-8") from error


def database_location(url: str, root: Path) -> str:
    """Return `url` with a relative SQLite file placed in the workspace `root`."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/") and url != prefix + ":memory:":
        return prefix + str(root / url.removeprefix(prefix))
    return url
