"""Subjects of received mail, and what programs put before them: "Re:", "AW:", "Automatic reply:"."""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from typing import Final

from outreach.inbound.patterns import filed

ANSWER_MARKS: Final = filed(
    ["re", "aw", "antw", "antwort", "sv", "vs", "ynt", "odp", "res", "rif", "ris", "ref", "r", "tr", "fwd", "fw", "wg", "rv", "enc", "vl", "vb",
     "doorst", "pd", "i", "atb", "回复", "回覆", "答复", "答覆", "转发", "轉寄", "返信", "転送", "от", "ответ", "на"]
)  # fmt: skip
"""The marks of an answer, and of a mail passed on, as alternatives in lower case."""

_NOTICES: Final = filed(
    ["automatic reply", "out of office", "automatische antwort", "réponse automatique", "respuesta automática", "risposta automatica",
     "resposta automática", "automatisch antwoord", "autosvar", "automatiskt svar", "automatisk svar", "odpowiedź automatyczna", "自動応答",
     "自動返信", "undeliverable", "unzustellbar", "accepted", "declined", "read", "gelesen"]
)  # fmt: skip
_PREFIXES: Final = re.compile(
    rf"^(?:\s|\[[^\]]{{0,40}}\]|(?:{ANSWER_MARKS})\s*(?:\[\d{{1,3}}\]|\(\d{{1,3}}\)|\^\d{{1,3}})?\s*[:：]|(?:{_NOTICES})\s*[:：])+"
)
_WAS: Final = re.compile(r"\s*\((?:was|war|fwd)\b:?[^()]{0,200}\)?\s*$")


def bare_subject(subject: str) -> str:
    """Return a subject for comparison: without answer and list prefixes, case folded."""
    plain = _PREFIXES.sub("", " ".join(subject[:1000].split()).casefold())
    return _WAS.sub("", plain) if "(" in plain else plain
