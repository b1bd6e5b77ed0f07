"""Whether it is time for a mailing: not before what it says itself, and not long after."""

import math
from typing import TYPE_CHECKING

import click

from outreach.cli.output import Console, printable
from outreach.errors import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from outreach.rendering.editions import Edition

USUAL_HOURS = 24
"""How late a mailing with a day and time of its own may begin, where nobody said otherwise."""


def too_early(edition: "Edition", now: "datetime") -> str | None:
    """Return that the time of `edition` has not come, or None."""
    send_at = edition.send_at
    if send_at is None or send_at <= now:
        return None
    return f"nothing to send yet: {edition.name} goes from {send_at:%Y-%m-%d %H:%M} UTC on"


def check_lateness(
    console: Console, edition: "Edition", now: "datetime", *, hours: int | None, asks: bool
) -> None:
    """Ask, or raise `RefusedError`, where `edition` should have begun more than `hours` ago.

    The end of a period is a weaker word than a day and time: where nobody set `hours`, nobody is
    kept from sending last month's newsletter, but it is said.
    """
    due = edition.timely_until
    if due is None:
        return
    late = (now - due).total_seconds() / 3600
    if late <= (USUAL_HOURS if hours is None else hours):
        return
    how_late = f"{late / 24:,.0f} days" if late >= 48 else f"{late:.0f} hours"
    said = printable(f"{edition.name} is {how_late} late: its time was {due:%Y-%m-%d %H:%M} UTC")
    if console.interactive and asks:
        if not click.confirm(f"{said}. Send it all the same?", err=True):
            raise RefusedError("not sent, as you said", hint="nothing was recorded")
    elif edition.send_at is None and hours is None:
        console.warn(said)
    else:
        hint = f"to send it all the same, add --max-lateness {math.ceil(late) + 1}"
        raise RefusedError(said, hint=hint)
