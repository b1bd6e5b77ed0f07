"""`outreach inbox`: working through what came back."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from outreach.cli.lazy import LazyGroup
from outreach.cli.options import by_option
from outreach.cli.output import (
    Console,
    Invocation,
    json_option,
    one_line,
    pass_invocation,
    printable,
    table,
)
from outreach.errors import UsageError, suggestion

if TYPE_CHECKING:
    from outreach.services.inbox import Changed, Shown
    from outreach.storage.deeds import Done
    from outreach.storage.inbox import Item

COMMANDS = {
    "sync": (
        "outreach.cli.receiving:sync",
        "Take in what is new in the mailboxes of outreach.toml, or a mail from standard input.",
    ),
    "listen": ("outreach.cli.receiving:listen", "Take mail in by LMTP or SMTP as it comes."),
    "proposals": (
        "outreach.cli.proposals:proposals",
        "List people you write with who are no contacts yet.",
    ),
    "accept": (
        "outreach.cli.proposals:accept",
        "Make somebody you write with a contact, and their mails theirs.",
    ),
    "decline": (
        "outreach.cli.proposals:decline",
        "Say that people are no contacts. They are proposed no more, and their mails are done.",
    ),
    "explain": (
        "outreach.cli.explaining:explain",
        "Say what mails are, by which rule, for whom and until when. Records nothing.",
    ),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def inbox() -> None:
    """Work through what came back.

    Replies, bounces, complaints, absences and opt-outs.

    Each mail is recognised, tied to the contact and the delivery it answers, and acted on once.
    What is not sure waits for you.
    """


@inbox.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is filed and done.")
@click.option("--state", "states", multiple=True, metavar="STATE",
              help="review, open, filed or done; may be repeated.")  # fmt: skip
@click.option("--kind", "kinds", multiple=True, metavar="KIND",
              help="reply, bounce, complaint, absent …; may be repeated.")  # fmt: skip
@click.option("--contact", "email", metavar="EMAIL", help="Only what concerns this contact.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N",
              help="At most so many.")  # fmt: skip
@json_option
@pass_invocation
def list_mails(
    invocation: Invocation,
    /,
    *,
    everything: bool,
    states: tuple[str, ...],
    kinds: tuple[str, ...],
    email: str | None,
    limit: int,
) -> None:
    """List what waits for you: answers by when they are due, then what is not sure.

    \b
    Examples:
      outreach inbox list
      outreach inbox list --all --kind bounce
    """
    from outreach.domain.effects import Kind
    from outreach.storage.inbox import State

    service = invocation.app.inbox
    chosen = [State(_one_of(word, [each.value for each in State], "state")) for word in states]
    if not chosen and not everything:
        chosen = [State.OPEN, State.REVIEW]
    items = service.listing(
        states=chosen,
        kinds=[Kind(_one_of(word, [each.value for each in Kind], "kind")) for word in kinds],
        email=email,
        limit=limit,
    )
    counts = service.counts()
    now = invocation.app.clock()

    def human() -> str:
        if not items:
            return "Nothing waits for you." if not (everything or states or kinds) else "No mail."
        rows = [
            (
                item.id,
                item.state.value,
                item.kind.value,
                _due(item, now),
                # What one of us wrote to somebody unknown is from nobody else.
                item.email or (None if item.kind is Kind.ANSWER else item.sender),
                item.subject[:50],
                item.review or " ".join(item.words.split())[:50] or None,
            )
            for item in items
        ]
        return table(("id", "state", "kind", "answer by (UTC)", "contact", "subject", ""), rows)

    invocation.console.result(
        {
            "counts": {state.value: number for state, number in counts.items()},
            "mails": [_data(item) for item in items],
        },
        human,
    )


def _due(item: "Item", now: datetime) -> str | None:
    """Return until when we promised to answer a mail that waits for it."""
    if item.answer_by is None or item.answered_at is not None:
        return None
    late = ", late" if item.answer_by < now else ""
    return f"{item.answer_by:%Y-%m-%d %H:%M}{late}"


def _one_of(word: str, known: Sequence[str], what: str) -> str:
    if word not in known:
        raise UsageError(
            f'there is no {what} "{word}"',
            hint=suggestion(word, known) or f"use one of {', '.join(known)}",
        )
    return word


def _data(item: "Item") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(item)


@inbox.command()
@click.argument("inbound_id", metavar="ID", type=int)
@click.option("--raw", is_flag=True, help="Print the mail as it came, byte for byte.")
@json_option
@pass_invocation
def show(invocation: Invocation, inbound_id: int, raw: bool) -> None:
    """Show one mail: what it is and why, whose it is, what they wrote, and what it did.

    \b
    Examples:
      outreach inbox show 12
      outreach inbox show 12 --raw > mail.eml
    """
    shown = invocation.app.inbox.show(inbound_id)
    if raw:
        if invocation.console.json:
            raise UsageError("--raw prints the mail itself", hint="leave --json out")
        sys.stdout.buffer.write(shown.raw)
        sys.stdout.buffer.flush()
        return
    invocation.console.result(
        {"mail": _data(shown.item), "effects": shown.effects}, lambda: _shown_text(shown)
    )


def _shown_text(shown: "Shown") -> str:
    item = shown.item
    tied = f"{item.rung}, {item.confidence:.0%} sure" if item.rung and item.confidence else "-"
    by = f" (said by {item.classified_by})" if item.classified_by else f" (by {item.rule})"
    known: list[tuple[str, object]] = [
        ("mail", f"{item.id}, {item.state}" + (f": {item.review}" if item.review else "")),
        ("from", f"{item.sender_name} <{item.sender}>".strip()),
        ("subject", item.subject),
        ("received", f"{item.received_at:%Y-%m-%d %H:%M} UTC"),
        ("it is", f"{item.kind}{by}"),
        ("contact", f"{item.email or 'nobody on record'} ({tied})"),
    ]
    if item.stranger:
        known.append(("", "written from an address that is not theirs: nothing was done"))
    if item.campaign:
        known.append(("answers", f"{item.campaign}, delivery {item.delivery_id}"))
    if item.answer_by:
        answered = f"; answered {item.answered_at:%Y-%m-%d %H:%M} UTC" if item.answered_at else ""
        known.append(("answer by", f"{item.answer_by:%Y-%m-%d %H:%M} UTC{answered}"))
    known += [("did", _effect_text(done)) for done in shown.effects]
    lines = [f"{name:<10} {one_line(value)}" for name, value in known]
    if item.words:
        lines += ["", *(printable(line) for line in item.words.splitlines())]
    return "\n".join(lines)


def _effect_text(done: "Done") -> str:
    detail = {
        name: value
        for name, value in done.detail.items()
        if value and name not in ("source", "before")
    }
    told = ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in detail.items())
    undone = f" (taken back {done.undone_at:%Y-%m-%d %H:%M} UTC)" if done.undone_at else ""
    return f"{done.effect}: {told}{undone}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@inbox.command()
@click.argument("inbound_id", metavar="ID", type=int)
@click.argument("email")
@click.option("--add-address", is_flag=True, help="Also keep where it came from as theirs.")
@by_option
@json_option
@pass_invocation
def assign(
    invocation: Invocation, inbound_id: int, email: str, add_address: bool, by: str | None
) -> None:
    """Say whose a mail is. Then it does what it would have done had that been known.

    \b
    Examples:
      outreach inbox assign 12 ada@example.org
      outreach inbox assign 12 ada@example.org --add-address
    """
    app = invocation.app
    changed = app.inbox.assign(inbound_id, email, by=by or app.person, add_address=add_address)
    _print_changed(invocation.console, changed)


@inbox.command()
@click.argument("inbound_id", metavar="ID", type=int)
@click.argument("kind")
@click.option("--until", metavar="DATE", help="Until when they are absent.")
@by_option
@json_option
@pass_invocation
def reclass(
    invocation: Invocation, inbound_id: int, kind: str, until: str | None, by: str | None
) -> None:
    """Say what a mail is. What the wrong finding did is taken back, the right thing is done.

    A check-in that was called off, a sequence that was stopped and a campaign that was paused stay
    so until you decide.

    \b
    Examples:
      outreach inbox reclass 12 reply
      outreach inbox reclass 12 absent --until 2027-01-04
    """
    from datetime import date

    from outreach.domain.effects import Kind
    from outreach.services.inbox import BY_HAND

    app = invocation.app
    known = sorted(each.value for each in BY_HAND)
    try:
        end = date.fromisoformat(until) if until else None
    except ValueError as error:
        raise UsageError(f"--until: {until} is no date", hint="write 2027-01-04") from error
    changed = app.inbox.reclass(
        inbound_id, Kind(_one_of(kind, known, "kind")), by=by or app.person, until=end
    )
    _print_changed(invocation.console, changed)


def _print_changed(console: Console, changed: "Changed") -> None:
    item = changed.item

    def human() -> str:
        whose = printable(item.email or "nobody on record")
        lines = [f"Mail {item.id} is {item.kind} from {whose}; it is {item.state} now."]
        if item.review:
            lines.append(f"  {printable(item.review)}")
        lines += [f"  stays as it is: {one_line(_effect_text(done))}" for done in changed.stays]
        return "\n".join(lines)

    console.result({"mail": _data(item), "stays": changed.stays}, human)


@inbox.command()
@click.argument("inbound_ids", metavar="ID...", nargs=-1, type=int, required=True)
@by_option
@json_option
@pass_invocation
def done(invocation: Invocation, inbound_ids: tuple[int, ...], by: str | None) -> None:
    """Say that nothing is left to do about mails.

    \b
    Example:
      outreach inbox done 12 13
    """
    app = invocation.app
    items = app.inbox.finish(inbound_ids, by=by or app.person)
    invocation.console.result(
        {"mails": [_data(item) for item in items]}, f"Done: {', '.join(map(str, inbound_ids))}."
    )
