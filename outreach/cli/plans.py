"""How a plan is shown: whom the gate stops and why, and the plan as JSON."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from outreach.cli.output import printable

if TYPE_CHECKING:
    from outreach.services.planning import Plan, Tally


def stopped_text(plan: "Plan") -> str:
    """Return whom the gate holds and refuses, by its rules, in a few lines."""
    lines = []
    for word, tallies in (("held", plan.held), ("refused", plan.refused)):
        for rule, tally in sorted(tallies.items(), key=lambda item: -item[1].number):
            until = (
                f" until {tally.until:%Y-%m-%d %H:%M} UTC at the earliest" if tally.until else ""
            )
            samples = ", ".join(sample for sample in tally.samples if sample)
            more = ", …" if tally.number > len(tally.samples) else ""
            lines.append(f"  {word} {tally.number:,}: {rule}{until}")
            lines.append(f"      {samples}{more}")
            lines.append(f"      such as: {tally.why}")
    return printable("\n".join(lines))


def plan_data(plan: "Plan") -> Mapping[str, Any]:
    """Return a plan as JSON."""

    def tallies(found: Mapping[str, "Tally"]) -> list[Mapping[str, Any]]:
        return [
            {
                "rule": rule,
                "number": tally.number,
                "why": tally.why,
                "samples": tally.samples,
                "until": tally.until,
            }
            for rule, tally in found.items()
        ]

    return {
        "considered": plan.considered,
        "allowed": plan.allowed,
        "held": tallies(plan.held),
        "refused": tallies(plan.refused),
        "subject": plan.proof.subject,
        "octets": plan.proof.octets,
        "largest": plan.proof.largest,
        "untranslated": dict(plan.proof.untranslated),
    }
