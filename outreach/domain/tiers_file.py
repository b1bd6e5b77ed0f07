"""``tiers.toml``: from its text to `Tiers`, or to everything that is wrong with it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from outreach.domain.mailing import ContentClass
from outreach.domain.tiers import (
    BUILT_IN,
    CLIENT,
    COUNSEL,
    EVERYONE,
    NAME,
    PARTED,
    PAUSED,
    AnswerWithin,
    AskRule,
    Asks,
    Caps,
    NewsletterRule,
    Role,
    Tier,
    Tiers,
)
from outreach.domain.toml import lines_of, read_toml
from outreach.errors import ConfigError, Problem, suggestion

_MISSING = object()

Kind = TypeVar("Kind", bound=StrEnum)


def read_tiers(text: str, source: str = "tiers.toml") -> Tiers:
    """Return what the text of a ``tiers.toml`` declares.

    Raises `ConfigError` with everything that is wrong with it, each with its line.
    """
    return _Reader(read_toml(text, source), text, source).tiers()


class _Reader:
    """Turns a parsed document into `Tiers`, gathering every problem on the way."""

    def __init__(self, document: Mapping[str, Any], text: str, source: str) -> None:
        self.document = document
        self.text = text
        self.source = source
        self.lines = lines_of(text)
        self.problems: list[Problem] = []

    def tiers(self) -> Tiers:
        self._known_only((), self.document, ("caps", "tiers", "roles", "words"))
        caps = self._caps(("caps",), self.document.get("caps", _MISSING), None)
        tiers: dict[str, Tier] = {}
        for name, entry in self._tables("tiers"):
            tiers[name] = self._tier(name, entry, len(tiers), caps)
        self._check_order(tiers)
        roles = {name: self._role(name, entry) for name, entry in self._tables("roles")}
        words = self._words(tiers)
        if self.problems:
            raise ConfigError(sorted(self.problems, key=lambda problem: problem.line or 0))
        return Tiers(self.text, caps, tiers, roles, words)

    def _words(self, tiers: Mapping[str, Tier]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        known = (EVERYONE, *tiers)
        for name, entry in self._tables("words"):
            if name not in known:
                self._problem(
                    ("words", name),
                    f'there is no tier "{name}" to choose words for',
                    suggestion(name, known) or f"use one of {', '.join(known)}",
                )
            for word, instead in entry.items():
                if not word.strip() or not isinstance(instead, str):
                    self._problem(
                        ("words", name, word),
                        f'"{word}" needs what to say instead, as a text',
                        f'{word} = "a better word", or "" if there is none',
                    )
            found[name] = {
                word: instead for word, instead in entry.items() if isinstance(instead, str)
            }
        return found

    def _tables(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        entries = self.document.get(kind, {})
        if not isinstance(entries, dict):
            self._problem((kind,), f"{kind} must be tables such as [{kind}.NAME]")
            return
        for name, entry in entries.items():
            if not isinstance(entry, dict):
                self._problem((kind, name), f"{name} must be a table [{kind}.{name}]")
            elif not NAME.fullmatch(name) or name in (PAUSED, PARTED):
                self._problem(
                    (kind, name),
                    f'"{name}" cannot be the name of one of the {kind}',
                    "use lower-case letters, digits, - and _, a letter first; "
                    f"{PAUSED} and {PARTED} are taken",
                )
            else:
                yield name, entry

    def _tier(self, name: str, entry: Mapping[str, Any], rank: int, caps: Caps) -> Tier:
        at = _Table(self, ("tiers", name), entry)
        by_person = at.flag("only_by_person")
        ideal, at_most = at.cadence()
        content = at.content(required=True)
        asks = at.asks()
        tier = Tier(
            name=name,
            rank=rank,
            title=at.text("title") or name.capitalize(),
            definition=at.text("definition", required=True) or "",
            by_person=by_person,
            answer_within=at.answer(required=True) or AnswerWithin(1, "days"),
            newsletter=at.choice("newsletter", NewsletterRule, required=True)
            or NewsletterRule.NEVER,
            content=content | {ContentClass.ASK} if asks.rule.by_mail else content,
            asks=asks,
            caps=self._caps((*at.path, "caps"), at.take("caps"), caps),
            ideal_every_days=ideal,
            at_most_every_days=at_most,
            owner_written=at.flag("owner_written"),
            disclosure=at.flag("disclosure"),
            follow_ups=at.number("follow_ups"),
            rests_after_quiet_days=at.number("rests_after_quiet_days"),
            items_per_30_days=at.number("items_per_30_days"),
            care_reviews_per_year=at.number("care_reviews_per_year"),
            meetings_per_year=at.number("meetings_per_year"),
            thank_referral_within_working_days=at.number("thank_referral_within_working_days"),
        )
        at.done()
        if tier.checkins and not by_person:
            self._problem(
                (*at.path, "ideal_every_days"),
                f"{name} promises to stay in touch, so only a person may set it",
                "add only_by_person = true, or take ideal_every_days out",
            )
        return tier

    def _role(self, name: str, entry: Mapping[str, Any]) -> Role:
        at = _Table(self, ("roles", name), entry)
        ideal, at_most = at.cadence()
        role = Role(
            name=name,
            title=at.text("title") or name.capitalize(),
            definition=at.text("definition", required=True) or "",
            answer_within=at.answer(required=False),
            ideal_every_days=ideal,
            at_most_every_days=at_most,
            ledger_reviews_per_year=at.number("ledger_reviews_per_year"),
            content=at.content(required=False),
            introductions=at.word("introductions", ("both-asked-first",)),
            asks=at.choice("asks", AskRule, required=False),
        )
        at.done()
        return role

    def _caps(self, path: tuple[str, ...], entry: object, general: Caps | None) -> Caps:
        """Read the general caps, or with `general` a tier's own."""
        fallback = general or Caps(1, 2, 6)
        if entry is _MISSING:
            if general is None:
                self._problem((), "there is no table [caps]", "see the starter set's tiers.toml")
            return fallback
        if not isinstance(entry, dict):
            self._problem(path, f"{path[-1]} must be a table [{'.'.join(path)}]")
            return fallback
        at = _Table(self, path, entry)
        names = ("per_calendar_day", "per_7_days", "per_30_days")
        values = {name: at.number(name, low=0, required=general is None) for name in names}
        reason = at.text("reason") if general else None
        at.done(names if general is None else (*names, "reason"))
        caps = Caps(
            **{
                name: getattr(fallback, name) if value is None else value
                for name, value in values.items()
            }
        )
        if not caps.per_calendar_day <= caps.per_7_days <= caps.per_30_days:
            self._problem(path, "a longer time must not have a lower cap than a shorter one")
        for name in names:
            if general and getattr(caps, name) > getattr(general, name) and not reason:
                self._problem(
                    (*path, name),
                    f"{'.'.join(path)} raises {name} above the general {getattr(general, name)}",
                    'lower it, or add reason = "…" to the table to say why they want more mail',
                )
        return caps

    def _check_order(self, tiers: Mapping[str, Tier]) -> None:
        missing = [name for name in BUILT_IN if name not in tiers]
        declared = self.document.get("tiers", {})
        for name in missing:
            if not isinstance(declared, dict) or name not in declared:
                self._problem(
                    ("tiers",), f'there is no tier "{name}"', f"add a table [tiers.{name}]"
                )
        order = [name for name in tiers if name in BUILT_IN]
        if not missing and order != list(BUILT_IN):
            wrong = next(got for got, want in zip(order, BUILT_IN, strict=True) if got != want)
            self._problem(
                ("tiers", wrong),
                f"the tiers stand in the order {', '.join(order)}",
                f"put them in rising order: {', '.join(BUILT_IN)}",
            )
            return
        guarded: str | None = None
        for name, tier in tiers.items():
            needs = name in (CLIENT, COUNSEL) or guarded is not None
            if needs and not tier.by_person:
                above = f", as {guarded} below it is" if guarded else ""
                self._problem(
                    ("tiers", name),
                    f"{name} must be a person's decision{above}",
                    "add only_by_person = true",
                )
            if tier.by_person:
                guarded = name

    def _known_only(
        self, path: tuple[str, ...], entry: Mapping[str, Any], known: Collection[str]
    ) -> None:
        for key in entry:
            if key not in known:
                where = f"[{'.'.join(path)}]" if path else "the file"
                self._problem(
                    (*path, key),
                    f'{where} has no "{key}"',
                    suggestion(key, known) or f"what it can have: {', '.join(sorted(known))}",
                )

    def _problem(self, path: tuple[str, ...], message: str, hint: str | None = None) -> None:
        while path and path not in self.lines:
            path = path[:-1]
        self.problems.append(
            Problem(message, self.source, self.lines.get(path) if path else None, None, hint)
        )


class _Table:
    """One table of the file: every key is taken once, and `done` reports what was not."""

    def __init__(self, reader: _Reader, path: tuple[str, ...], entry: Mapping[str, Any]) -> None:
        self.reader = reader
        self.path = path
        self.entry = entry
        self.taken: list[str] = []

    def take(self, key: str) -> object:
        self.taken.append(key)
        return self.entry.get(key, _MISSING)

    def done(self, known: Collection[str] = ()) -> None:
        self.reader._known_only(self.path, self.entry, known or self.taken)

    def problem(self, key: str, message: str, hint: str | None = None) -> None:
        self.reader._problem((*self.path, key), f"{'.'.join((*self.path, key))} {message}", hint)

    def _checked(
        self, key: str, good: Callable[[Any], bool], wanted: str, *, required: bool
    ) -> Any:  # noqa: ANN401 - the caller's `good` says what it is
        value = self.take(key)
        if value is _MISSING:
            if required:
                self.problem(key, "is missing", f"add {key} = {wanted}")
            return None
        if not good(value):
            self.problem(key, f"must be {wanted}")
            return None
        return value

    def text(self, key: str, *, required: bool = False) -> str | None:
        def good(value: object) -> bool:
            return isinstance(value, str) and bool(value.strip()) and value.isprintable()

        value = self._checked(key, good, "a line of text", required=required)
        return None if value is None else str(value).strip()

    def number(
        self, key: str, *, low: int = 1, high: int = 10_000, required: bool = False
    ) -> int | None:
        def good(value: object) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

        value = self._checked(key, good, f"a whole number from {low} to {high}", required=required)
        return None if value is None else int(value)

    def flag(self, key: str) -> bool:
        value = self._checked(
            key, lambda value: isinstance(value, bool), "true or false", required=False
        )
        return bool(value)

    def word(self, key: str, words: Collection[str], *, required: bool = False) -> str | None:
        value = self.take(key)
        if value is _MISSING and not required:
            return None
        if not isinstance(value, str) or value not in words:
            shown = "is missing" if value is _MISSING else f"cannot be {value!r}"
            near = suggestion(value, words) if isinstance(value, str) else None
            self.problem(key, shown, near or f"use one of {', '.join(words)}")
            return None
        return value

    def choice(self, key: str, kind: type[Kind], *, required: bool) -> Kind | None:
        word = self.word(key, [member.value for member in kind], required=required)
        return None if word is None else kind(word)

    def answer(self, *, required: bool) -> AnswerWithin | None:
        days = self.number("answer_within_working_days", high=30)
        hours = self.number("answer_within_working_hours", high=240)
        both = [key for key in self.entry if key.startswith("answer_within_working_")]
        if len(both) > 1:
            self.problem(both[1], "says again what the other unit said", "keep one of the two")
        if not both and required:
            self.problem(
                "answer_within_working_days",
                "is missing",
                "add it, or answer_within_working_hours",
            )
        if days:
            return AnswerWithin(days, "days")
        return AnswerWithin(hours, "hours") if hours else None

    def cadence(self) -> tuple[int | None, int | None]:
        ideal = self.number("ideal_every_days")
        at_most = self.number("at_most_every_days")
        given = {"ideal_every_days", "at_most_every_days"} & self.entry.keys()
        if len(given) == 1:
            self.problem(given.pop(), "needs its pair", "give both ideal_ and at_most_every_days")
        if ideal and at_most and at_most < ideal:
            self.problem("at_most_every_days", f"is less than the ideal {ideal}")
        return ideal, at_most

    def content(self, *, required: bool) -> frozenset[ContentClass]:
        value = self.take("content")
        if value is _MISSING:
            if required:
                self.problem("content", "is missing", 'add content = ["give"]')
            return frozenset()
        if not isinstance(value, list):
            self.problem("content", 'must be a list such as ["service", "give"]')
            return frozenset()
        known = [kind.value for kind in ContentClass if kind is not ContentClass.ASK]
        for item in value:
            if item == ContentClass.ASK:
                self.problem("content", 'cannot hold "ask"', "`asks` says when a mail may ask")
            elif item not in known:
                self.problem(
                    "content",
                    f"cannot hold {item!r}",
                    suggestion(str(item), known) or f"the classes are {', '.join(known)}",
                )
        return frozenset(ContentClass(item) for item in value if item in known)

    def asks(self) -> Asks:
        rule = self.choice("asks", AskRule, required=True) or AskRule.NEVER
        at_most = self.number("asks_at_most")
        days = self.number("asks_within_days")
        gives = self.number("gives_per_ask")
        for key in ("asks_at_most", "asks_within_days", "gives_per_ask"):
            if rule is AskRule.NEVER and key in self.entry and "asks" in self.entry:
                self.problem(key, 'has no use with asks = "never"', f"take {key} out")
        if days and not at_most:
            self.problem("asks_within_days", "needs asks_at_most beside it")
        within = timedelta(days=days) if days else None
        return Asks(rule=rule, at_most=at_most, within=within, gives_per_ask=gives)
