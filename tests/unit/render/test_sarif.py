"""SARIF: what code scanning services need of a log, as a schema of the parts that are written here."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from agentctl.governance.pages import pages
from agentctl.model.errors import ErrorNote
from agentctl.model.finding import Finding, Location, Remediation, Severity
from agentctl.model.report import Report, Target, verdict
from agentctl.render.sarif import to_sarif

TEXT = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string", "minLength": 1}},
}
MULTI = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}},
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
COUNT = {"type": "integer", "minimum": 1}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


REGION = closed(["startLine", "startColumn"], startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT)
LOCATION = closed(
    ["physicalLocation"],
    physicalLocation=closed(
        ["artifactLocation", "region"],
        artifactLocation=closed(
            ["uri"],
            uri={"type": "string", "pattern": "^[A-Za-z0-9._~:/%!$&'()*+,;=@-]+$"},
            uriBaseId={"type": "string"},
        ),
        region=REGION,
    ),
    logicalLocations={
        "type": "array",
        "items": closed([], fullyQualifiedName={"type": "string"}, kind={"type": "string"}),
    },
)
RULE = closed(
    ["id"],
    id={"type": "string", "pattern": "^AG[0-9]{3}$"},
    name={"type": "string", "pattern": "^[A-Za-z0-9]+$"},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=MULTI,
    defaultConfiguration=closed([], level=LEVEL),
    properties={
        "type": "object",
        "properties": {"tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True}},
    },
)
RESULT = closed(
    ["ruleId", "ruleIndex", "level", "message", "locations"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=TEXT,
    locations={"type": "array", "items": LOCATION},
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    properties={"type": "object"},
)
NOTE = closed(["message"], level=LEVEL, descriptor=closed(["id"], id={"type": "string"}), message=TEXT)
LOG = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs={
        "type": "array",
        "items": closed(
            ["tool", "results"],
            tool=closed(["driver"], driver=closed(["name"], name={"type": "string"}, version={"type": "string"}, semanticVersion={"type": "string"}, rules={"type": "array", "items": RULE})),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            invocations={"type": "array", "items": closed(["executionSuccessful"], executionSuccessful={"type": "boolean"}, exitCode={"type": "integer"}, toolExecutionNotifications={"type": "array", "items": NOTE})},
            results={"type": "array", "items": RESULT},
        ),
    },
)  # fmt: skip


def log(*findings: Finding, errors: tuple[ErrorNote, ...] = ()) -> dict[str, Any]:
    report = Report("validate", Target("files", "x"), findings=findings, errors=errors)
    made: dict[str, Any] = json.loads(to_sarif(report, verdict(report)))
    Draft202012Validator(LOG).validate(made)
    return made


def finding(code: str = "AG104", file: str = "a b/ä.yaml", **more: Any) -> Finding:
    place = Location(file, 3, 5, "/agent/allowed_tools/0", 3, 9)
    return Finding(code, Severity.WARNING, "agent/a", "wrong", (), Remediation("do it"), place, **more)


def test_every_rule_makes_a_valid_entry() -> None:
    made = log(*(finding(code) for code in pages()))
    rules = made["runs"][0]["tool"]["driver"]["rules"]
    assert [r["id"] for r in rules] == list(pages())
    assert all(r["help"]["text"] for r in rules)
    assert "OWASP-ASI09" in next(r for r in rules if r["id"] == "AG104")["properties"]["tags"]


def test_an_empty_run_has_results_all_the_same() -> None:
    assert log()["runs"][0]["results"] == []


def test_places_and_fingerprints() -> None:
    result = log(finding(fingerprint="abc"))["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20b/%C3%A4.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9}
    assert result["partialFingerprints"] == {"agentctlContent/v1": "abc"}
    assert (
        log(finding(file="/abs/a.yaml"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"][
            "artifactLocation"
        ]["uri"]
        == "file:///abs/a.yaml"
    )


def test_errors_are_notifications_and_the_run_was_no_success() -> None:
    invocation = log(errors=(ErrorNote("not-found", "x: not there", "look"),))["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "x: not there look"
