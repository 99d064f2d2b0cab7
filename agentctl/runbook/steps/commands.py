"""`exec` and `http`: the two steps that reach into the fleet. Both only read; `exec` is off unless the person allows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.steptype import Facts, NotSetUp, Option, StepType

# Programs that only read, and options of theirs that would write or run something else.
READ_ONLY: Mapping[str, frozenset[str]] = {
    "cat": frozenset(),
    "head": frozenset(),
    "tail": frozenset({"-f", "-F", "--follow", "--retry"}),
    "ls": frozenset(),
    "grep": frozenset(),
    "wc": frozenset(),
    "df": frozenset(),
    "du": frozenset(),
    "ps": frozenset(),
    "date": frozenset({"-s", "--set"}),
    "uptime": frozenset(),
    "hostname": frozenset({"-F", "-b", "--file", "--boot"}),
    "nslookup": frozenset(),
    "getent": frozenset(),
}


def refused(argv: list[str]) -> str:
    """Why a command is not on the list of read-only ones; "" where it is."""
    if not argv:
        return "an empty command"
    name = argv[0]
    if name != PurePosixPath(name).name or name not in READ_ONLY:
        return f"{name!r} is not on the list of read-only commands ({', '.join(READ_ONLY)})"
    bad = [word for word in argv[1:] if word.split("=")[0] in READ_ONLY[name]]
    return f"{name} {bad[0]} is not read-only" if bad else ""


def run_in_pods(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """Run one read-only command in every pod of the selection; a row a pod."""
    argv = [str(word) for word in options["command"]]
    why = refused(argv)
    if why:
        raise SourceError("forbidden", why, "use one of the other step types")
    if not evidence.allowed.exec:
        raise NotSetUp("commands inside pods are off; --allow-exec turns them on")
    run = getattr(evidence.source("cluster"), "run", None)
    if run is None:
        raise SourceError("unsupported", "commands inside pods need a live cluster", "run without --bundle and --logs")
    rows = [_row(pod.name, run(pod, argv)) for pod in evidence.pods() if pod.phase == "Running"]
    if not rows:
        raise SourceError("empty", "no running pod", "check the selector and the namespace")
    failed = [r for r in rows if r["exitCode"] != 0]
    return {"total": len(rows), "failed": len(failed), "pods": rows, "output": rows[0]["output"]}


def _row(pod: str, result: Any) -> dict[str, Any]:
    code, output = result
    return {"pod": pod, "exitCode": code, "output": output[:4000]}


def fetch(evidence: Evidence, options: Mapping[str, Any]) -> Facts:
    """GET one URL and say how it answered."""
    get = evidence.sources.settings.get("http")
    if get is None:
        raise NotSetUp("http steps need a live run; recordings and log files answer no URL")
    status, took_ms, body = get(str(options["url"]))
    return {"status": status, "ok": 200 <= status < 400, "latencyMs": took_ms, "body": body[:4000]}


EXEC = StepType(
    "exec",
    "a read-only command in every pod (needs --allow-exec)",
    run_in_pods,
    {"command": Option("list", required=True)},
    {"total": "pods", "failed": "pods where it failed", "pods": "pod, exitCode, output", "output": "of the first pod"},
)
HTTP = StepType(
    "http",
    "GET a URL",
    fetch,
    {"url": Option("string", required=True)},
    {"status": "HTTP status", "ok": "whether it is 2xx or 3xx", "latencyMs": "milliseconds", "body": "its beginning"},
)
