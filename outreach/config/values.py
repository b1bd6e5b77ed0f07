"""What a setting may be: each reads a written value or raises `ValueError`, saying what must be."""

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from outreach.errors import suggestion


def text(value: object) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    if any(ord(char) < 32 and char != "\n" for char in value):
        raise ValueError("must not hold control characters")
    return value.strip()


def integer(low: int, high: int) -> Callable[[object], int]:
    """Return what reads a whole number in these bounds."""

    def parse(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def timezone(value: object) -> str:
    """Read the name of an IANA time zone."""
    name = text(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Listing the zones takes longer than all other settings together.
        hint = suggestion(name, available_timezones()) or "IANA names look like Europe/Berlin"
        raise ValueError(f"is no IANA time zone ({hint})") from None
    return name


def locale(value: object) -> str:
    """Read a language tag (BCP 47)."""
    tag = text(value).replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        raise ValueError("must be a language tag such as en, de-AT or pt-BR")
    return tag


def https_url(value: object) -> str:
    """Read an address of a website, without a slash at its end."""
    url = text(value).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an https:// URL without query or fragment")
    return url


def clients(value: object) -> str:
    """Mail clients by caniemail's names, as one text with commas."""
    from outreach.rendering import client_support  # noqa: PLC0415 - for --help's sake

    listed = value if isinstance(value, list) else text(value).split(",")
    names = [text(name) for name in listed]
    known = client_support.clients()
    for name in names:
        if name not in known:
            hint = suggestion(name, known) or f"there are {', '.join(sorted(known))}"
            raise ValueError(f'has no mail client "{name}" ({hint})')
    if not names:
        raise ValueError("must name a mail client at least")
    return ", ".join(names)


def database_url(value: object) -> str:
    """Read the URL of a database that Outreach can use."""
    url = text(value)
    if not re.match(r"(sqlite|postgresql)(\+\w+)?://", url):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return url


def hours(value: object) -> str:
    """Read hours of a day, such as ``09:00-17:00``."""
    span = text(value)
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", span)
    if not found or span[:5] >= span[6:]:
        raise ValueError("must look like 09:00-17:00")
    return span


def percent(value: object) -> float:
    """Read a share in per cent."""
    share = number(value)
    if not 0 < share <= 100:
        raise ValueError("must be a number above 0, to 100")
    return share


def number(value: object) -> float:
    """Read a number."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value.strip()):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("must be a number")
    return float(value)


def yes_or_no(value: object) -> bool:
    """Read a yes or a no."""
    words = {"yes": True, "true": True, "no": False, "false": False}
    found = words.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ValueError("must be true or false")
    return found


def one_of(*choices: str) -> Callable[[object], str]:
    """Return what reads one of these words."""

    def parse(value: object) -> str:
        if value not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return str(value)

    return parse


def rate(value: object) -> str:
    """Read how many mails may go in what time, such as ``600/hour``."""
    from outreach.domain.pacing import Rate  # noqa: PLC0415 - few workspaces limit anything

    return str(Rate.parse(text(value)))


def windows(value: object) -> str:
    """Read the hours of the week in which mail may go."""
    from outreach.domain.windows import Windows  # noqa: PLC0415 - as above

    hours_of_week = text(value)
    Windows.parse(hours_of_week)
    return hours_of_week


def day(value: object) -> str:
    """Read a calendar day, such as ``2026-12-25``."""
    return date.fromisoformat(str(value).strip()).isoformat()


def days(value: object) -> str:
    """Read calendar days with commas between them."""
    return ", ".join(day(part) for part in text(value).split(",") if part.strip())
