"""The engine: order, timeouts, deadlines, and every outcome by its name."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from agentctl.documents.load import load_bytes
from agentctl.model.errors import ErrorNote, SourceError
from agentctl.model.records import Origin
from agentctl.model.report import Report, Target, verdict
from agentctl.runbook.engine import Outcome, Planned, run
from agentctl.runbook.evidence import Evidence
from agentctl.runbook.read import read_runbook
from agentctl.sources.protocols import LogQuery, Sources


class Lines:
    """A log source of one stream that may be slow or fail, and counts how often it is read."""

    def __init__(self, text: str = "", pause: float = 0.0, error: SourceError | None = None) -> None:
        self.text, self.pause, self.error, self.reads = text, pause, error, 0

    origin = Origin("triage", "agents", "triage-1", "agent")

    def streams(self, query: LogQuery) -> Sequence[Lines]:
        if self.error:
            raise self.error
        return [self]

    def chunks(self) -> Iterator[bytes]:
        self.reads += 1
        time.sleep(self.pause)
        yield self.text.encode()


JUDGE = """
      judge:
        - {when: "errors.total == 0", status: pass, message: "none"}
        - {when: "errors.ratio >= 0.5", status: fail, message: "${errors.total} errors"}
        - {else: warn, message: "few"}
"""


def plan(*steps: str) -> Planned:
    text = "apiVersion: agentctl/v1\nkind: Runbook\nmetadata: {name: r}\nspec:\n  steps:\n" + "".join(steps)
    return Planned(read_runbook(load_bytes(text.encode(), "r.yaml").documents[0]), {})


def step(name: str, use: str = "logs", extra: str = "", judge: str = JUDGE) -> str:
    return f"    - id: {name}\n      use: {use}\n{extra}{judge}"


def sources(logs: Lines | None = None, **more: object) -> Sources:
    return replace(Sources(Target("files", "x"), 0.0), logs=logs, **more)


def statuses(outcome: Outcome) -> list[str]:
    return [s.status for s in outcome.steps]


@pytest.mark.parametrize(
    ("text", "status"),
    [("INFO:a:b\n", "pass"), ("ERROR:a:b\nERROR:a:c\n", "fail"), ("ERROR:a:b\nINFO:a:c\nINFO:a:d\n", "warn")],
)
def test_the_first_condition_that_holds_decides(text: str, status: str) -> None:
    assert statuses(run([plan(step("a"))], Evidence(sources(Lines(text))))) == [status]


def test_the_logs_are_read_once_for_all_steps() -> None:
    lines = Lines("ERROR:a:b\n")
    run([plan(step("a"), step("b")), plan(step("c"))], Evidence(sources(lines)))
    assert lines.reads == 1


def test_a_source_that_nobody_set_up_skips_its_steps() -> None:
    outcome = run([plan(step("a"))], Evidence(sources()))
    assert statuses(outcome) == ["skipped"]
    assert verdict(Report("x", Target("files", "x"), steps=outcome.steps)).exit_code == 0


def test_a_source_that_refused_makes_its_steps_unknown_and_the_exit_code_4() -> None:
    error = SourceError("forbidden", "may not read pods/log", "ask for a role")
    outcome = run([plan(step("a"))], Evidence(sources(Lines(error=error))))
    assert statuses(outcome) == ["unknown"]
    assert outcome.steps[0].error == ErrorNote("forbidden", "may not read pods/log", "ask for a role")
    assert verdict(Report("x", Target("cluster", "x"), steps=outcome.steps)).exit_code == 4


def test_a_recorded_failure_of_a_missing_source_is_unknown_not_skipped() -> None:
    noted = sources(notes={"logs": ErrorNote("missing", "logs: connection refused")})
    assert statuses(run([plan(step("a"))], Evidence(noted))) == ["unknown"]


def test_a_pass_on_a_partial_source_is_unknown_a_fail_stays_a_fail() -> None:
    note = {"logs": ErrorNote("truncated", "logs: partial")}
    assert statuses(run([plan(step("a"))], Evidence(sources(Lines("INFO:a:b\n"), notes=note)))) == ["unknown"]
    assert statuses(run([plan(step("a"))], Evidence(sources(Lines("ERROR:a:b\n"), notes=note)))) == ["fail"]


def test_nothing_found_in_a_source_that_broke_names_the_break() -> None:
    judge = '\n      judge:\n        - {when: "records == 0", status: unknown, message: "no record"}\n        - {else: pass, message: "y"}\n'
    broken = ErrorNote("unreachable", "the API server went away", "look at it")
    (whole,) = run([plan(step("a", judge=judge))], Evidence(sources(Lines("")))).steps
    assert whole.error is not None
    assert (whole.error.code, bool(whole.error.hint)) == ("empty", True)
    (partial,) = run([plan(step("a", judge=judge))], Evidence(sources(Lines(""), notes={"logs": broken}))).steps
    assert partial.error == broken
    assert "the API server went away" in partial.message


def test_a_missing_fact_makes_the_step_unknown() -> None:
    judge = '\n      judge:\n        - {when: "nothing.here > 1", status: pass, message: "x"}\n        - {else: pass, message: "y"}\n'
    outcome = run([plan(step("a", judge=judge))], Evidence(sources(Lines("INFO:a:b\n"))))
    assert statuses(outcome) == ["unknown"]
    assert verdict(Report("x", Target("files", "x"), steps=outcome.steps)).exit_code == 5


def test_a_step_that_is_late_is_unknown_and_the_others_stand() -> None:
    late = step("late", extra="      timeout: 100ms\n")
    config = step("config", "config", judge='\n      judge:\n        - {else: pass, message: "x"}\n')

    class Documents:
        def documents(self) -> Sequence[tuple[str, str]]:
            return [("a.yaml", "agent: {name: a}")]

    outcome = run([plan(late, config)], Evidence(sources(Lines("", pause=1.5), config=Documents())))
    assert statuses(outcome) == ["unknown", "pass"]
    assert outcome.steps[0].error is not None
    assert outcome.steps[0].error.code == "timeout"


def test_the_deadline_of_the_run_holds_for_all_steps() -> None:
    outcome = run([plan(step("a"), step("b"))], Evidence(sources(Lines("", pause=3))), deadline=0.3)
    assert statuses(outcome) == ["unknown", "unknown"]


def test_an_interruption_keeps_what_is_there() -> None:
    evidence = Evidence(sources(Lines("ERROR:a:b\n", pause=0.0)))
    seen: list[str] = []

    def stop(result: object) -> None:
        seen.append("x")

    class Slow:
        def probes(self) -> Sequence[object]:
            time.sleep(5)
            return []

    slow = step("slow", "probe", judge='\n      judge:\n        - {else: pass, message: "x"}\n')
    evidence = Evidence(sources(Lines("ERROR:a:b\n"), probes=Slow()))
    timer = threading.Timer(0.5, lambda: __import__("_thread").interrupt_main())
    timer.start()
    outcome = run([plan(step("a"), slow)], evidence, progress=stop)
    assert outcome.interrupted is KeyboardInterrupt
    assert statuses(outcome) == ["fail", "unknown"]
    assert len(seen) == 2


def test_commands_in_pods_are_off_and_only_read_only_ones_are_on_the_list() -> None:
    judge = '\n      judge:\n        - {else: pass, message: "x"}\n'
    off = step("a", "exec", "      with: {command: [cat, /var/log/agent/rate_limit.log]}\n", judge)
    bad = step("b", "exec", "      with: {command: [rm, -rf, /]}\n", judge)
    shell = step("c", "exec", "      with: {command: [/bin/cat, x]}\n", judge)
    outcome = run([plan(off, bad, shell)], Evidence(sources()))
    assert statuses(outcome) == ["skipped", "unknown", "unknown"]
    assert [s.error.code for s in outcome.steps[1:] if s.error] == ["forbidden", "forbidden"]
