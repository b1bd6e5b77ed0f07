"""A check's report for machines: SARIF 2.1.0 (OASIS), and the annotations of GitHub's workflows.

Neither names a contact: such files are uploaded, stored and shown to people who may not know them.
"""

import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from outreach import __version__
from outreach.rendering.rules import RULES, Severity
from outreach.services.checking import Finding, Report

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

_COMMANDS = {Severity.NOTE: "notice", Severity.WARNING: "warning", Severity.ERROR: "error"}


def sarif(reports: Iterable[Report]) -> dict[str, Any]:
    """Return one SARIF log with the findings of all reports in one run."""
    order = list(RULES)
    results = [_result(report, finding, order) for report in reports for finding in report.findings]
    driver = {
        "name": "outreach check",
        "semanticVersion": __version__,
        "rules": [
            {
                "id": rule.id,
                "name": "".join(word.capitalize() for word in rule.name.split("-")),
                "shortDescription": {"text": _sentence(rule.sentence)},
                "help": {"text": _sentence(rule.hint)},
                "defaultConfiguration": {"level": rule.severity.value},
            }
            for rule in RULES.values()
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(report: Report, finding: Finding, order: list[str]) -> dict[str, Any]:
    problem, rule = finding.problem, finding.rule
    result: dict[str, Any] = {
        "ruleId": rule.id,
        "ruleIndex": order.index(rule.id),
        "level": rule.severity.value,
        "message": {"text": message(report, finding)},
        "occurrenceCount": max(1, len(finding.contacts)),
        "partialFingerprints": {"outreach/v1": _fingerprint(report, finding)},
    }
    if problem.source:
        physical: dict[str, Any] = {"artifactLocation": {"uri": quote(problem.source)}}
        if problem.line:
            physical["region"] = {"startLine": problem.line}
            if problem.column:
                physical["region"]["startColumn"] = problem.column
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _fingerprint(report: Report, finding: Finding) -> str:
    """Return what stays the same while lines move: rule, file and message."""
    problem = finding.problem
    told = "\0".join((report.template, finding.rule.id, problem.source or "", problem.message))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def message(report: Report, finding: Finding) -> str:
    """Return what is wrong, for how many contacts, and what to do about it; no contact is named."""
    parts = [_sentence(finding.problem.message)]
    if finding.contacts and len(finding.contacts) != report.rendered:
        parts.append(f"For {len(finding.contacts)} of {report.contacts} contacts.")
    if finding.problem.hint:
        parts.append(_sentence(finding.problem.hint))
    return " ".join(parts)


def annotations(reports: Iterable[Report]) -> Iterable[str]:
    """Yield one workflow command a finding, which GitHub shows beside the line."""
    for report in reports:
        for finding in report.findings:
            problem = finding.problem
            places = {"file": problem.source, "line": problem.line, "col": problem.column}
            known = {**places, "title": f"{finding.rule.id} {finding.rule.name}"}
            told = ",".join(
                f"{name}={_property(str(value))}" for name, value in known.items() if value
            )
            command = _COMMANDS[finding.rule.severity]
            yield f"::{command} {told}::{_data(message(report, finding))}"


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "/")) else text + "."


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
