"""How a contact moves between tiers, into a rest and out of the relation: who may decide what.

`TRANSITIONS` is the whole law, a row a kind of move; `may_move` looks a move up in it. Facts move
a contact among the tiers below `client`; into, within and out of those that are ``only_by_person``
a person moves them, with a reason. What a person set, no rule and no import changes.
"""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from outreach.domain.tiers import CUSTOMER, INQUIRER, KNOWN, PARTED, PAUSED, Tiers


class Trigger(StrEnum):
    """What brings a move about."""

    #: A person decides.
    PERSON = "person"
    #: The contact themselves wish it.
    CONTACT = "contact"
    #: They asked us something, in words of their own.
    QUESTION = "question"
    #: Their question was answered and they have been quiet since.
    QUIET = "quiet"
    #: Their first paid order was recorded.
    ORDER = "order"
    #: They are away, as their own notice says.
    ABSENCE = "absence"
    #: They opted out of everything.
    OPT_OUT = "opt-out"
    #: A file says so that a person imported.
    IMPORT = "import"


class Told(StrEnum):
    """What the contact is told of a move."""

    NOTHING = "nothing"
    #: The answer to their question is enough.
    ANSWER = "the answer itself"
    #: The promise of the new tier, in a mail of its own.
    PROMISE = "what the new tier promises"
    #: The promise, which they may decline.
    OFFER = "what the new tier promises, which they may decline"
    NOTE = "a personal note"
    #: The old promise ends on a date, said kindly by a person.
    KIND_WORDS = "a kindly worded letter, with the day on which the old promise ends"
    CONFIRMATION = "a confirmation"
    LAST_CONFIRMATION = "one last confirmation at most"


class Group(StrEnum):
    """Tiers that a row of the table speaks of together."""

    #: Every tier that facts may set.
    OPEN = "any tier set by facts"
    #: Every tier that only a person may set.
    GUARDED = "any tier set by a person only"
    #: Every tier.
    TIER = "any tier"
    #: Every tier, and resting or parted.
    ANY = "anything"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the law. `upwards` is None where the direction does not matter."""

    before: str
    after: str
    triggers: Set[Trigger]
    told: Told
    needs_reason: bool = False
    upwards: bool | None = None


_PERSON = frozenset({Trigger.PERSON})
_AWAY = frozenset({Trigger.CONTACT, Trigger.ABSENCE})
_THEIR_WORD = frozenset({Trigger.CONTACT, Trigger.OPT_OUT})

TRANSITIONS = (
    # What facts decide.
    Transition(KNOWN, INQUIRER, frozenset({Trigger.QUESTION}), Told.ANSWER),
    Transition(INQUIRER, KNOWN, frozenset({Trigger.QUIET}), Told.NOTHING),
    Transition(KNOWN, CUSTOMER, frozenset({Trigger.ORDER}), Told.PROMISE),
    Transition(INQUIRER, CUSTOMER, frozenset({Trigger.ORDER}), Told.PROMISE),
    # An import states facts from elsewhere: it can raise a contact, and never lowers one.
    Transition(Group.OPEN, Group.OPEN, frozenset({Trigger.IMPORT}), Told.NOTHING, upwards=True),
    # What a person decides.
    Transition(Group.OPEN, CUSTOMER, _PERSON, Told.PROMISE, upwards=True),
    Transition(Group.OPEN, Group.OPEN, _PERSON, Told.NOTHING),
    Transition(Group.OPEN, Group.GUARDED, _PERSON, Told.OFFER, needs_reason=True),
    Transition(Group.GUARDED, Group.GUARDED, _PERSON, Told.NOTE, needs_reason=True, upwards=True),
    # From care to less care is the hardest thing to say, so a person says it.
    Transition(Group.GUARDED, Group.TIER, _PERSON, Told.KIND_WORDS, needs_reason=True),
    # A rest, for as long as the contact wants one, is away, or must not be sold to.
    Transition(Group.TIER, PAUSED, _AWAY, Told.CONFIRMATION),
    Transition(Group.TIER, PAUSED, _PERSON, Told.CONFIRMATION, needs_reason=True),
    # A rest may be given another end, or be over.
    Transition(PAUSED, PAUSED, _AWAY, Told.CONFIRMATION),
    Transition(PAUSED, PAUSED, _PERSON, Told.CONFIRMATION, needs_reason=True),
    Transition(PAUSED, Group.TIER, frozenset({Trigger.CONTACT}), Told.NOTHING),
    Transition(PAUSED, Group.TIER, _PERSON, Told.NOTHING, needs_reason=True),
    # The end, which either side may call at once.
    Transition(Group.ANY, PARTED, _THEIR_WORD, Told.LAST_CONFIRMATION),
    Transition(Group.ANY, PARTED, _PERSON, Told.LAST_CONFIRMATION, needs_reason=True),
    # And a new beginning, which lifts no opt-out.
    Transition(PARTED, Group.TIER, _PERSON, Told.NOTHING, needs_reason=True),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a contact stands: the tier, whether a person set it, and whether they rest or left."""

    tier: str
    set_by_person: bool = False
    paused: bool = False
    parted: bool = False

    def leaves(self, after: str) -> str:
        """Return what a move to `after` starts from.

        A rest is left by coming back to one's own tier; a change of tier does not end it.
        """
        if self.parted:
            return PARTED
        return PAUSED if self.paused and after in (self.tier, PAUSED, PARTED) else self.tier


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a move may be made: the row that allows it, or else `why` not and what to do."""

    before: str
    transition: Transition | None = None
    why: str | None = None
    hint: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether the move may be made."""
        return self.transition is not None


def may_move(
    tiers: Tiers, standing: Standing, after: str, *, trigger: Trigger, reason: str | None = None
) -> Verdict:
    """Say whether a contact may move to `after`: a declared tier, or `PAUSED`, or `PARTED`."""
    before = standing.leaves(after)
    if before == after != PAUSED:
        return Verdict(before, why=f"they are {after} already")
    if after in tiers and after != standing.tier and trigger is not Trigger.PERSON:
        by_hand = "move them by hand: outreach contacts tier EMAIL TIER --reason …"
        if standing.set_by_person:
            why = f"a person set the tier {standing.tier}, so only a person changes it"
            return Verdict(before, why=why, hint=by_hand)
        if tiers[after].by_person:
            why = f"nobody becomes {after} but by a person's decision"
            return Verdict(before, why=why, hint=by_hand)
    upwards = _upwards(tiers, standing.tier, after)
    row = _row(tiers, before, after, trigger, upwards)
    if row is None:
        return Verdict(before, why=f"{trigger} moves nobody from {before} to {after}")
    if row.needs_reason and not (reason or "").strip():
        return Verdict(
            before,
            why=f"a move from {before} to {after} needs a reason",
            hint='say why, for the record: --reason "signed the engagement letter"',
        )
    return Verdict(before, row)


def _row(
    tiers: Tiers, before: str, after: str, trigger: Trigger, upwards: bool | None
) -> Transition | None:
    """Return the first row of the table that speaks of this move."""
    for row in TRANSITIONS:
        if (
            trigger in row.triggers
            and _covers(row.before, before, tiers)
            and _covers(row.after, after, tiers)
            and row.upwards in (None, upwards)
        ):
            return row
    return None


def _covers(group: str, name: str, tiers: Tiers) -> bool:
    if group == Group.ANY:
        return True
    if group not in (Group.TIER, Group.OPEN, Group.GUARDED):
        return group == name
    if name in (PAUSED, PARTED):
        return False
    # A tier that was taken out of the file since: as careful as with those of clients.
    guarded = name not in tiers or tiers[name].by_person
    return group == Group.TIER or guarded == (group == Group.GUARDED)


def _upwards(tiers: Tiers, before: str, after: str) -> bool | None:
    if before not in tiers or after not in tiers:
        return None
    return tiers[after].rank > tiers[before].rank
