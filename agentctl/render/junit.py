"""Findings as JUnit XML: a suite a file, a test a finding, and a passing test for every document that has none."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.finding import Finding
from agentctl.model.redaction import redact
from agentctl.model.report import Report, Verdict
from agentctl.model.untrusted import visible


def to_junit(report: Report, verdict: Verdict) -> str:
    """The report as XML. A finding below the severity that fails the run is a test that passes and says something."""
    root = ET.Element("testsuites", name=f"agentctl {report.command}")
    findings: dict[str, list[Finding]] = {}
    for finding in report.findings:
        findings.setdefault(finding.location.file if finding.location else finding.subject, []).append(finding)
    documents: dict[str, list[Mapping[str, Any]]] = {}
    for document in report.data.get("documents", ()):
        documents.setdefault(document["file"], []).append(document)
    for file in dict.fromkeys((*documents, *findings)):
        _suite(root, file, documents.get(file, ()), findings.get(file, ()), verdict)
    if report.errors:
        _errors(root, report)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(
    root: ET.Element, file: str, documents: Sequence[Mapping[str, Any]], findings: Sequence[Finding], verdict: Verdict
) -> None:
    suite = ET.SubElement(root, "testsuite", name=_safe(file), errors="0")
    failures = 0
    for document in documents if not findings else ():
        name = f"{document['kind']} {document['name']}".strip()
        ET.SubElement(suite, "testcase", classname=_safe(file), name=_safe(name), time="0")
    for finding in findings:
        place = finding.location
        line = f":{place.line}" if place else ""
        case = ET.SubElement(
            suite, "testcase", classname=_safe(file), name=_safe(f"{finding.code} {finding.subject}{line}"), time="0"
        )
        failed = finding.severity >= verdict.fail_on
        failures += failed
        _say(case, finding, failed)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))


def _say(case: ET.Element, finding: Finding, failed: bool) -> None:
    advice = f"\nfix: {finding.remediation.text}" if finding.remediation and finding.remediation.text else ""
    text = f"{finding.location or finding.subject}: {finding.severity.label} {finding.code}: {finding.message}{advice}"
    if failed:
        ET.SubElement(case, "failure", message=_safe(finding.message), type=finding.severity.label).text = _safe(text)
    else:
        ET.SubElement(case, "system-out").text = _safe(text)


def _errors(root: ET.Element, report: Report) -> None:
    suite = ET.SubElement(
        root, "testsuite", name="input", tests=str(len(report.errors)), failures="0", errors=str(len(report.errors))
    )
    for error in report.errors:
        case = ET.SubElement(suite, "testcase", classname="input", name=_safe(error.message), time="0")
        ET.SubElement(case, "error", message=_safe(error.message), type=_safe(error.code)).text = _safe(error.hint)


def _safe(text: str) -> str:
    return visible(redact(text), keep_newlines=True)
