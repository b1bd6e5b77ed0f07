"""What an SMTP server says it can do, in its answer to EHLO."""

import re
from collections.abc import Sequence


class Offer:
    """Keywords (RFC 5321 4.1.1.1), each with its parameters; `lines` are those behind the first.

    A server may say anything: what is no number is no limit.
    """

    __slots__ = ("_keywords", "dsn", "eight_bit", "mail_max", "most", "pipelining", "size", "utf8")

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self._keywords: dict[str, str] = {}
        for line in lines:
            keyword, _, parameters = line.strip().upper().replace("AUTH=", "AUTH ").partition(" ")
            self._keywords[keyword] = f"{self.of(keyword)} {parameters}".strip()
        self.pipelining = "PIPELINING" in self
        self.eight_bit = "8BITMIME" in self
        self.utf8 = "SMTPUTF8" in self
        self.dsn = "DSN" in self
        self.size = "SIZE" in self
        most = re.fullmatch("[0-9]{1,18}", self.of("SIZE"))
        #: How many octets a message may have, 0 where nothing is said.
        self.most = int(most[0]) if most else 0
        limit = re.search(r"\bMAILMAX=(\d{1,6})\b", self.of("LIMITS"))
        #: How many messages a connection may carry (RFC 9422), if that is said.
        self.mail_max = max(1, int(limit[1])) if limit else None

    def __contains__(self, keyword: str) -> bool:
        return keyword in self._keywords

    def of(self, keyword: str) -> str:
        """Return the parameters of one, empty where it is not offered."""
        return self._keywords.get(keyword, "")
