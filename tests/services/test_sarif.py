"""SARIF as section 3 of its standard has it, and GitHub's workflow commands."""

import re
from typing import Any
from urllib.parse import unquote

from outreach.errors import Problem
from outreach.rendering.rules import RULES
from outreach.services.checking import Finding, Report
from outreach.services.sarif import annotations, sarif

REPORT = Report(
    template="letter",
    contacts=5,
    rendered=5,
    findings=(
        Finding(
            RULES["L101"], Problem("a, b: 50%\nnext", "templates/a b ü.md", 3, 7, "do it"), ("c@x",)
        ),
        Finding(RULES["L601"], Problem("far", "templates/x.md", 2), ("a@x", "b@x"), 4),
        Finding(RULES["L303"], Problem("none", "outreach.toml")),
        Finding(RULES["L602"], Problem("no place at all", hint="https://e.example/x/")),
    ),
)

# What the standard requires and allows: property to its type, "!" where it must be there.
_SHAPES: dict[str, dict[str, object]] = {
    "log": {"$schema": str, "version!": str, "runs!": ["run"]},
    "run": {"tool!": "tool", "columnKind": str, "results": ["result"]},
    "tool": {"driver!": "driver"},
    "driver": {"name!": str, "semanticVersion": str, "rules": ["rule"]},
    "rule": {
        "id!": str,
        "name": str,
        "shortDescription": "text",
        "help": "text",
        "defaultConfiguration": "configuration",
    },
    "configuration": {"level": str},
    "text": {"text!": str},
    "result": {
        "ruleId": str,
        "ruleIndex": int,
        "level": str,
        "message!": "text",
        "occurrenceCount": int,
        "partialFingerprints": dict,
        "locations": ["location"],
    },
    "location": {"physicalLocation": "physical"},
    "physical": {"artifactLocation!": "artifact", "region": "region"},
    "artifact": {"uri!": str},
    "region": {"startLine!": int, "startColumn": int},
}


def fits(value: Any, shape: object, path: str) -> None:
    if isinstance(shape, list):
        assert isinstance(value, list), path
        for number, one in enumerate(value):
            fits(one, shape[0], f"{path}[{number}]")
    elif isinstance(shape, str):
        assert isinstance(value, dict), path
        wanted = {name.rstrip("!"): kind for name, kind in _SHAPES[shape].items()}
        assert value.keys() <= wanted.keys(), path
        assert value.keys() >= {name[:-1] for name in _SHAPES[shape] if name.endswith("!")}, path
        for name, one in value.items():
            fits(one, wanted[name], f"{path}.{name}")
    else:
        assert isinstance(value, shape), path  # type: ignore[arg-type]


def test_sarif_has_the_shape_that_the_standard_asks_for():
    log = sarif([REPORT])
    fits(log, "log", "$")
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert all(rule["name"].isalnum() for rule in rules)
    levels = {"none", "note", "warning", "error"}
    assert {rule["defaultConfiguration"]["level"] for rule in rules} <= levels
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in levels
        assert result["message"]["text"].strip()
        for location in result.get("locations", []):
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            # RFC 3986, relative: what code hosts lay over their tree.
            assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)
            assert not uri.startswith("/")
            region = location["physicalLocation"].get("region", {"startLine": 1})
            assert min(region.values()) >= 1


def test_sarif_tells_the_findings():
    first, second, third, fourth = sarif([REPORT])["runs"][0]["results"]
    (place,) = first["locations"]
    assert unquote(place["physicalLocation"]["artifactLocation"]["uri"]) == "templates/a b ü.md"
    assert place["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 7}
    assert first["message"]["text"] == "A, b: 50%\nnext. For 1 of 5 contacts. Do it."
    assert second["occurrenceCount"] == 2
    assert "region" not in third["locations"][0]["physicalLocation"]
    assert "locations" not in fourth
    assert "@x" not in str(sarif([REPORT]))


def test_a_finding_keeps_its_fingerprint_while_lines_move():
    def fingerprint(line: int) -> str:
        moved = Finding(RULES["L101"], Problem("gone", "templates/a.md", line))
        (result,) = sarif([Report("a", 1, 1, (moved,))])["runs"][0]["results"]
        return result["partialFingerprints"]["outreach/v1"]

    assert fingerprint(3) == fingerprint(90)


def test_annotations_are_escaped():
    first, second, third, fourth = annotations([REPORT])
    assert first == (
        "::error file=templates/a b ü.md,line=3,col=7,title=L101 image-alt"
        "::A, b: 50%25%0Anext. For 1 of 5 contacts. Do it."
    )
    assert second.startswith("::warning file=templates/x.md,line=2,title=")
    assert third.startswith("::error file=outreach.toml,title=")
    assert fourth.startswith("::notice title=L602 client-partial::")
