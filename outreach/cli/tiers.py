"""`outreach tiers`: what each tier promises, and what that costs."""

from typing import TYPE_CHECKING, Any

import click

from outreach.cli.output import Invocation, json_option, pass_invocation, printable, table

if TYPE_CHECKING:
    from outreach.domain.tiers import Role, Tier


@click.group()
def tiers() -> None:
    """Show the tiers and what each is promised.

    They are declared in tiers.toml, which is yours to change.
    """


@tiers.command("list")
@json_option
@pass_invocation
def list_tiers(invocation: Invocation) -> None:
    """List the tiers in rising order, and the roles.

    \b
    Example:
      outreach tiers list
    """
    declared = invocation.app.tiers

    def human() -> str:
        rows = [
            (
                tier.name,
                tier.answer_within,
                f"{tier.ideal_every_days} / {tier.at_most_every_days} days"
                if tier.checkins
                else None,
                tier.newsletter,
                tier.content,
                tier.asks.rule,
                "a person" if tier.by_person else "facts",
            )
            for tier in declared.values()
        ]
        headers = ("tier", "answer within", "in touch", "newsletter", "content", "asks", "set by")
        roles = [(role.name, printable(role.definition)) for role in declared.roles.values()]
        return "\n\n".join([table(headers, rows), table(("role", "what it is"), roles)])

    invocation.console.result(
        {
            "hash": declared.hash,
            "caps": declared.caps,
            "tiers": [_tier(tier) for tier in declared.values()],
            "roles": [_role(role) for role in declared.roles.values()],
        },
        human,
    )


@tiers.command("show")
@click.argument("name")
@json_option
@pass_invocation
def show(invocation: Invocation, name: str) -> None:
    """Show what a tier or role promises, in sentences.

    \b
    Examples:
      outreach tiers show client
      outreach tiers show partner
    """
    from outreach.domain.promises import promises

    declared = invocation.app.tiers
    standing = declared.role_named(name) if name in declared.roles else declared.named(name)
    data = _role(standing) if name in declared.roles else _tier(declared.named(name))

    def human() -> str:
        lines = [f"{standing.title}: {standing.definition}", *promises(standing)]
        return printable("\n  ".join(lines))

    invocation.console.result({**data, "promises": promises(standing)}, human)


@tiers.command("explain")
@json_option
@pass_invocation
def explain(invocation: Invocation) -> None:
    """Show what each tier costs you to keep, with the contacts it has now.

    Exchanges are letters with their answers, calls and meetings. Who is paused or parted is not
    counted.

    \b
    Example:
      outreach tiers explain
    """
    from outreach.services import tiers as service

    app = invocation.app
    duties = service.duties(app.database, app.tiers, now=app.clock())
    data = [
        {
            "tier": duty.tier.name,
            "contacts": duty.contacts,
            "answer_within": str(duty.tier.answer_within),
            "exchanges_per_week": duty.exchanges_per_week,
            "at_least_per_week": duty.at_least_per_week,
            "reviews_per_year": duty.reviews_per_year,
            "meetings_per_year": duty.meetings_per_year,
        }
        for duty in duties
    ]
    ideal = round(sum(duty.exchanges_per_week for duty in duties), 2)
    least = round(sum(duty.at_least_per_week for duty in duties), 2)

    def human() -> str:
        headers = (
            "tier",
            "contacts",
            "answer within",
            "exchanges a week",
            "at least",
            "reviews a year",
            "meetings a year",
        )
        rows = [tuple(entry.values()) for entry in data]
        return (
            f"{table(headers, rows)}\n\nYou have promised {ideal} exchanges a week, "
            f"and at the very least {least}."
        )

    invocation.console.result(
        {"duties": data, "exchanges_per_week": ideal, "at_least_per_week": least}, human
    )


def _tier(tier: "Tier") -> dict[str, Any]:
    from dataclasses import asdict

    within = tier.asks.within
    return asdict(tier) | {
        "answer_within": str(tier.answer_within),
        "asks": {
            "rule": tier.asks.rule,
            "at_most": tier.asks.at_most,
            "within_days": within.days if within else None,
            "gives_per_ask": tier.asks.gives_per_ask,
        },
    }


def _role(role: "Role | Tier") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(role) | {"answer_within": str(role.answer_within) if role.answer_within else None}
