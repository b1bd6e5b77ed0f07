"""Options that several commands share, and how what is given by them is read."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from outreach.cli.output import Invocation
from outreach.errors import Problem, UsageError, suggestion

if TYPE_CHECKING:
    from outreach.domain.contact import ConsentBasis

by_option = click.option("--by", metavar="NAME", help="Who does it, for the record, if not you.")


def moment(invocation: Invocation, option: str, text: str | None) -> datetime | None:
    """Return the instant that an option gives; without a zone it is in the workspace's."""
    from zoneinfo import ZoneInfo

    from outreach.domain.entry import instant

    if text is None:
        return None
    try:
        return instant(text, None, ZoneInfo(invocation.app.settings.timezone))
    except ValueError as error:
        raise UsageError(
            Problem(f"{option}: {error}", hint="write it as 2026-12-31 or 2026-12-31 14:30")
        ) from error


def basis_called(word: str | None) -> "ConsentBasis | None":
    """Return the ground of a consent that a person named."""
    from outreach.domain.contact import ConsentBasis

    if word is None:
        return None
    known = [basis.value for basis in ConsentBasis]
    if word not in known:
        raise UsageError(
            f'"{word}" is no ground for a consent',
            hint=suggestion(word, known) or f"use one of {', '.join(known)}",
        )
    return ConsentBasis(word)
