"""Findings that are accepted as they are today, so that only new ones fail a build.

The file is JSON: `{"schemaVersion": "agentctl/baseline-v1", "findings": [{"code", "subject", "file", "fingerprint", "count"}]}`.
Entries match by fingerprint, not by line or file: moving a line or a file brings nothing back. `count` is how often.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agentctl.model.errors import InputError
from agentctl.model.finding import Finding

SCHEMA_VERSION = "agentctl/baseline-v1"
# A file that cannot be read hides every other finding in it, so it is never accepted.
NEVER = frozenset({"AG001"})


@dataclass(frozen=True, slots=True)
class Difference:
    """`new` are the findings that the baseline does not know, `known` those it accepts, `gone` how many of its own are no more."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    gone: int


def subtract(findings: Iterable[Finding], accepted: Counter[str]) -> Difference:
    """Part the findings (with fingerprints) by a baseline: fingerprint → how often it is accepted."""
    left = Counter(accepted)
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        if finding.code not in NEVER and left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            known.append(finding)
        else:
            new.append(finding)
    return Difference(tuple(new), tuple(known), sum(left.values()))


def counted(findings: Iterable[Finding]) -> Counter[str]:
    """Findings (with fingerprints) as a baseline that accepts them."""
    return Counter(f.fingerprint for f in findings)


def dump(findings: Iterable[Finding]) -> str:
    """The text of a baseline file that accepts these findings (with fingerprints)."""
    entries: dict[str, dict[str, Any]] = {}
    for finding in findings:
        if finding.code in NEVER:
            continue
        file = finding.location.file if finding.location else ""
        fresh = {
            "code": finding.code,
            "subject": finding.subject,
            "file": file,
            "fingerprint": finding.fingerprint,
            "count": 0,
        }
        entries.setdefault(finding.fingerprint, fresh)["count"] += 1
    ordered = sorted(entries.values(), key=lambda e: (e["file"], e["code"], e["subject"], e["fingerprint"]))
    return json.dumps({"schemaVersion": SCHEMA_VERSION, "findings": ordered}, indent=1, ensure_ascii=False) + "\n"


def load(text: str, name: str) -> Counter[str]:
    """Read a baseline file. Raises InputError where it is none."""
    hint = "make it with --write-baseline"
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError("baseline-invalid", f"{name}: not JSON: {error}", hint) from None
    entries = data.get("findings") if isinstance(data, dict) and data.get("schemaVersion") == SCHEMA_VERSION else None
    if not isinstance(entries, list):
        raise InputError("baseline-invalid", f"{name}: no baseline of agentctl ({SCHEMA_VERSION})", hint)
    accepted: Counter[str] = Counter()
    for entry in entries:
        count = entry.get("count", 1) if isinstance(entry, dict) else None
        if not isinstance(count, int) or not isinstance(entry.get("fingerprint"), str):
            raise InputError("baseline-invalid", f"{name}: an entry without fingerprint or count", hint)
        accepted[entry["fingerprint"]] += max(count, 0)
    return accepted
