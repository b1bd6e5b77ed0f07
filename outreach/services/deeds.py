"""What a mail does to a contact, done: each thing once, and written down to be taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outreach.domain.delivery import CampaignEvent
from outreach.domain.effects import (
    LONG_PAST,
    POLICY_BOUNCES,
    SOFT_WINDOW,
    Bounced,
    Effects,
    Event,
    Kind,
    Severity,
    is_worn_out,
)
from outreach.domain.touches import Channel
from outreach.services.origins import Origin, normalised
from outreach.storage import (
    campaigns,
    contacts,
    deeds,
    enrolments,
    health,
    inbox,
    keys,
    permissions,
    suppressions,
    touches,
)
from outreach.storage.deeds import Effect
from outreach.storage.enrolments import Stop
from outreach.storage.inbox import State

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


CALLED_SPAM = "they called our mail spam"

_WHY_STOPPED = {Kind.OPT_OUT: "they want no more of it", Kind.COMPLAINT: CALLED_SPAM}


@dataclass(slots=True)
class Deed:
    """One mail at work on one contact."""

    session: "Session"
    inbound_id: int
    contact_id: int
    origin: Origin
    event: Event
    now: datetime
    #: Whether a person tied it to the contact just now: what we wrote to them may be about another.
    is_late: bool = False
    #: Who wrote it, where it is a mail of ours: its mailbox.
    by: str | None = None

    def do(self, effects: Effects, *, summary: str | None) -> State:
        """Do it all, and return the state that the mail is in then."""
        state = State.FILED
        # Whether an address is given up depends on what came from it before this mail.
        for bounce in effects.bounces:
            self._bounce(bounce)
        for address, why in effects.suppress:
            self._suppress(address, suppressions.BOUNCE, why)
        if effects.touch:
            self._touch(effects, summary)
        if effects.suppress_all:
            for address in self._all_addresses():
                self._suppress(address, suppressions.COMPLAINT, CALLED_SPAM)
        if effects.opt_outs:
            self._opt_out(effects.opt_outs)
        if effects.hold_until and effects.hold_until > self.now:
            self._hold(effects.hold_until)
        self._call_off(effects)
        if effects.answer_by and self.now - self.event.at < LONG_PAST:
            state = State.OPEN if self._start_clock(effects.answer_by) else State.DONE
        if effects.stops_clocks:
            stopped = deeds.stop_clocks(
                self.session, self.contact_id, at=self.event.at, answer_id=self.inbound_id
            )
            if stopped:
                self._note(Effect.STOP_CLOCK, {"inbound_ids": stopped})
        return state

    def _note(self, effect: Effect, detail: Mapping[str, Any]) -> None:
        deeds.note(
            self.session,
            self.inbound_id,
            effect,
            contact_id=self.contact_id,
            detail=detail,
            now=self.now,
        )

    def _touch(self, effects: Effects, summary: str | None) -> None:
        made = effects.touch
        assert made is not None
        touch_id = touches.record(
            self.session,
            touches.Touch(
                contact_id=self.contact_id,
                at=self.event.at,
                direction=made.direction,
                channel=Channel.MAIL,
                kind=made.kind,
                personal=made.personal,
                by=self.by,
                summary=summary,
                inbound_id=self.inbound_id,
            ),
        )
        self._note(Effect.TOUCH, {"touch_id": touch_id, "kind": made.kind})

    def _bounce(self, bounce: Bounced) -> None:
        deeds.record_bounce(
            self.session,
            self.inbound_id,
            contact_id=self.contact_id,
            delivery_id=self.origin.delivery_id,
            address=bounce.address,
            severity=bounce.severity,
            reason=bounce.reason,
            status=bounce.status,
            at=self.event.at,
        )
        self._note(
            Effect.BOUNCE,
            {
                "address": bounce.address,
                "severity": bounce.severity,
                "reason": bounce.reason,
                "delivery_id": self.origin.delivery_id,
            },
        )
        if bounce.severity is Severity.POLICY:
            self._pause_campaign(bounce)
            return
        counted = deeds.soft_bounces(self.session, bounce.address, self.event.at - SOFT_WINDOW)
        sign = deeds.last_sign(self.session, self.contact_id)
        if is_worn_out(counted, sign, self.event.at):
            why = f"{len(counted)} bounces since {counted[0]:%Y-%m-%d}"
            self._suppress(bounce.address, suppressions.BOUNCE, why)

    def _pause_campaign(self, bounce: Bounced) -> None:
        delivery = self.origin.delivery
        if delivery is None:
            return
        number = health.returned(self.session, delivery.campaign_id)
        if number < POLICY_BOUNCES:
            return
        reason = f"{number} mails came back because of us, the last as {bounce.reason}"
        if campaigns.apply(
            self.session, delivery.campaign_id, CampaignEvent.PAUSE, self.now, reason=reason
        ):
            self._note(Effect.PAUSE_CAMPAIGN, {"campaign_id": delivery.campaign_id})

    def _all_addresses(self) -> list[str]:
        owned = [info.normalised for info in contacts.addresses(self.session, self.contact_id)]
        used = [normalised(self.origin.delivery.address)] if self.origin.delivery else []
        return list(dict.fromkeys([*owned, *used]))

    def _suppress(self, address: str, reason: str, why: str) -> None:
        _suppress(
            self.session,
            self.inbound_id,
            self.contact_id,
            address,
            reason=reason,
            why=why,
            now=self.now,
        )

    def _opt_out(self, scopes: tuple[str, ...]) -> None:
        source = f"inbox {self.inbound_id}"
        permissions.opt_out(
            self.session,
            self.contact_id,
            scopes,
            source=source,
            evidence=f"their mail of {self.event.at:%Y-%m-%d %H:%M} UTC",
            occurred_at=self.event.at,
        )
        self._note(Effect.OPT_OUT, {"scopes": scopes, "source": source})

    def _call_off(self, effects: Effects) -> None:
        """Let nothing go on by itself that was begun for them, or nothing of one series."""
        if effects.calls_off or effects.opt_outs:
            # First, or the steps that are check-ins would be told as those.
            self._stop_sequences(effects)
        if effects.calls_off:
            called_off = deeds.cancel_checkins(self.session, self.contact_id)
            if called_off:
                self._note(Effect.CANCEL_CHECKIN, {"delivery_ids": called_off})

    def _stop_sequences(self, effects: Effects) -> None:
        prefix = "series:"
        named = [each for each in effects.opt_outs if each.startswith(prefix)]
        why = _WHY_STOPPED.get(self.event.kind, "they wrote to us")
        stopped = enrolments.stop_for(
            self.session,
            self.contact_id,
            Stop(reason=why, now=self.now, inbound_id=self.inbound_id),
            series=None if effects.calls_off else [each.removeprefix(prefix) for each in named],
            # What they wrote long before it began is no word about it.
            before=self.event.at + LONG_PAST,
        )
        if stopped.names:
            detail = {"sequences": stopped.names, "delivery_ids": stopped.delivery_ids}
            self._note(Effect.STOP_SEQUENCE, detail)

    def _hold(self, until: datetime) -> None:
        before = deeds.hold(self.session, self.contact_id, until)
        # Also where it is held longer already: that may turn out to be misread.
        detail = {"until": until.isoformat(), "before": before.isoformat() if before else None}
        self._note(Effect.HOLD, detail)

    def _start_clock(self, due: datetime) -> bool:
        """Start our response clock; return whether it runs, or an answer was there already."""
        values: dict[str, Any] = {"answer_by": due}
        # The answer may have been read before the question, from another folder.
        answer = deeds.first_answer(
            self.session, self.contact_id, self.inbound_id, to_sender=self.is_late
        )
        if answer is not None:
            values |= {"answered_by_id": answer[0], "answered_at": answer[1]}
        inbox.change(self.session, self.inbound_id, **values)
        self._note(Effect.CLOCK, {"answer_by": due.isoformat()})
        return answer is None


def suppress_named(session: "Session", inbound_id: int, effects: Effects, now: datetime) -> None:
    """Do what follows from a mail that is nobody's: addresses of no contact are suppressed."""
    told = [(address, suppressions.BOUNCE, why) for address, why in effects.suppress]
    told += [(each, suppressions.COMPLAINT, CALLED_SPAM) for each in effects.complainers]
    for address, reason, why in told:
        _suppress(session, inbound_id, None, address, reason=reason, why=why, now=now)


def _suppress(
    session: "Session",
    inbound_id: int,
    contact_id: int | None,
    address: str,
    *,
    reason: str,
    why: str,
    now: datetime,
) -> None:
    source = f"inbox {inbound_id}"
    secrets = keys.secrets(session, now)
    listed = suppressions.holding(session, address, secrets)
    weight = suppressions.weight
    if listed and listed.source == source and weight(reason) <= weight(listed.reason):
        return
    before = deeds.apart_from_mail(session, contact_id, address, listed)
    suppressions.suppress(
        session, address, secrets, reason=reason, source=source, detail=why, now=now
    )
    # Also where it is listed already: what put it there may turn out to be misread.
    detail = {"address": address, "reason": reason, "source": source, "before": before}
    deeds.note(session, inbound_id, Effect.SUPPRESS, contact_id=contact_id, detail=detail, now=now)
