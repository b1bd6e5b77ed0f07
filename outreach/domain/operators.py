"""Operators of mail servers: whose limits hold for mail to a domain.

Receivers limit us by who runs the servers, not by what stands behind the @ (Gmail's support page
81126): a firm's domain at Google shares its limits with gmail.com. An operator is called by the
domain of its mail servers, such as ``google.com``.
"""

from collections.abc import Mapping, Sequence

#: What the names of large operators' mail servers end in, by the name that stands for all of them.
_BY_SERVER: Mapping[str, str] = {
    "google.com": "google.com",
    "googlemail.com": "google.com",
    "psmtp.com": "google.com",
    "protection.outlook.com": "outlook.com",
    "mx.microsoft": "outlook.com",
    "outlook.com": "outlook.com",
    "hotmail.com": "outlook.com",
    "yahoodns.net": "yahoodns.net",
    "icloud.com": "icloud.com",
    "apple.com": "icloud.com",
    "gmx.net": "gmx.net",
    "web.de": "gmx.net",
    "mail.ru": "mail.ru",
    "yandex.net": "yandex.net",
    "yandex.ru": "yandex.net",
    "pphosted.com": "pphosted.com",
    "mimecast.com": "mimecast.com",
    "messagingengine.com": "messagingengine.com",
    "protonmail.ch": "protonmail.ch",
    "zoho.com": "zoho.com",
    "zoho.eu": "zoho.com",
}

#: Domains of private mailboxes whose operator is known without asking anybody.
_BY_DOMAIN: Mapping[str, str] = {
    "gmail.com": "google.com",
    "googlemail.com": "google.com",
    "outlook.com": "outlook.com",
    "hotmail.com": "outlook.com",
    "live.com": "outlook.com",
    "msn.com": "outlook.com",
    "yahoo.com": "yahoodns.net",
    "ymail.com": "yahoodns.net",
    "rocketmail.com": "yahoodns.net",
    "aol.com": "yahoodns.net",
    "aim.com": "yahoodns.net",
    "icloud.com": "icloud.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "gmx.de": "gmx.net",
    "gmx.net": "gmx.net",
    "gmx.at": "gmx.net",
    "gmx.ch": "gmx.net",
    "gmx.com": "gmx.net",
    "web.de": "gmx.net",
    "proton.me": "protonmail.ch",
    "protonmail.com": "protonmail.ch",
    "fastmail.com": "messagingengine.com",
    "mail.ru": "mail.ru",
    "yandex.ru": "yandex.net",
    "yandex.com": "yandex.net",
}

#: The same mailboxes under the endings of many countries: ``yahoo.co.uk``, ``hotmail.fr``.
_BY_FIRST_LABEL: Mapping[str, str] = {
    "yahoo": "yahoodns.net",
    "hotmail": "outlook.com",
    "outlook": "outlook.com",
    "live": "outlook.com",
}


def operator_at_hand(domain: str) -> str | None:
    """Return who runs the servers of a well-known domain, or None."""
    known = _BY_DOMAIN.get(domain) or _BY_SERVER.get(domain)
    first, _, ending = domain.partition(".")
    if known is None and _is_country(ending):
        known = _BY_FIRST_LABEL.get(first)
    return known


def operator_of(domain: str, servers: Sequence[str]) -> str:
    """Return who runs the servers of `domain`, given its mail exchangers, the preferred first.

    Without any it is the domain itself (RFC 5321 5.1: mail then goes to its own address).
    """
    at_hand = operator_at_hand(domain)
    if at_hand or not servers:
        return at_hand or domain
    server = servers[0].rstrip(".").lower()
    if server == domain or server.endswith(f".{domain}"):
        return domain
    labels = server.split(".")
    for begin in range(len(labels)):
        known = _BY_SERVER.get(".".join(labels[begin:]))
        if known:
            return known
    # No list of all registries is at hand; those of countries sell names below co, com, ac ...
    kept = (
        3 if len(labels) > 2 and _is_country(".".join(labels[-2:])) and len(labels[-2]) < 4 else 2
    )
    return ".".join(labels[-kept:]) or domain


def _is_country(ending: str) -> bool:
    """Whether this is an ending such as ``de`` or ``co.uk``."""
    labels = ending.split(".")
    return len(labels[-1]) == 2 and len(labels) <= 2 and all(len(each) < 4 for each in labels)
