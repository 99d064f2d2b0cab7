"""`validate` beside check-jsonschema: one file, a thousand; and ten thousand in bounded memory.

Ratios of processor time, the best of several runs taken in turn, so that a busy machine disturbs both alike. check-jsonschema is
found on the PATH or in AGENTCTL_CHECK_JSONSCHEMA; without it the ratios are skipped. Run with -s to see the figures.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentctl.documents.shipped import shipped

OTHER = os.environ.get("AGENTCTL_CHECK_JSONSCHEMA") or shutil.which("check-jsonschema")
AGENT = """\
# governance of one agent
agent:
  name: agent-{number}
  model: claude-sonnet-4-20250514
  max_retries: 1
  max_concurrent_runs: 2
  allowed_tools:
    - search_kb
    - create_ticket
    - send_email
  tools:
    search_kb:
      effects: [read]
      limited_by: max_searches_per_minute
    create_ticket:
      effects: [write]
    send_email:
      effects: [write, external-send]
      actions: [send_email_to_customer]
  decision_authority:
    autonomous:
      - search_kb
    requires_human_review:
      - create_ticket
      - send_email_to_customer
    default: deny
  data_access:
    allow_pii: false
    allow_financial: false
    allow_internal_docs: true
    max_records_per_query: 50
  rate_limits:
    max_tickets_per_hour: 50
    max_emails_per_hour: 100
    max_searches_per_minute: 300
  cost_controls:
    max_daily_spend_usd: 500.00
    max_cost_per_run_usd: 2.00
    alert_on_threshold: 0.8
"""


def folder(path: Path, count: int) -> Path:
    path.mkdir()
    for number in range(count):
        (path / f"agent-{number}.yaml").write_text(AGENT.format(number=number))
    return path


def spent(command: list[str], cwd: Path) -> tuple[float, int]:
    """(processor seconds, most memory in MB) of a process of its own; it must find nothing wrong."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cwd)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def ratio(files: Path, rounds: int) -> float:
    assert OTHER
    ours = [sys.executable, "-m", "agentctl", "validate", str(files)]
    schema = str(shipped("schemas", "agent-config.schema.json"))
    names = sorted(map(str, files.iterdir())) if files.is_dir() else [str(files)]
    theirs = [OTHER, "--schemafile", schema, *names]
    pairs = [(spent(ours, files.parent)[0], spent(theirs, files.parent)[0]) for _ in range(rounds)]
    best = min(one for one, _ in pairs), min(other for _, other in pairs)
    print(f"\n{len(names)} file(s): {best[0]:.3f} s, check-jsonschema {best[1]:.3f} s, ratio {best[0] / best[1]:.2f}")
    return best[0] / best[1]


@pytest.mark.skipif(OTHER is None, reason="check-jsonschema is not installed")
def test_one_file(tmp_path: Path) -> None:
    files = folder(tmp_path / "one", 1)
    assert ratio(files / "agent-0.yaml", 9) <= 0.65


@pytest.mark.skipif(OTHER is None, reason="check-jsonschema is not installed")
def test_a_thousand_files(tmp_path: Path) -> None:
    assert ratio(folder(tmp_path / "thousand", 1000), 3) <= 0.25


def test_ten_thousand_files_in_bounded_memory(tmp_path: Path) -> None:
    files = folder(tmp_path / "many", 10_000)
    seconds, megabytes = spent([sys.executable, "-m", "agentctl", "validate", str(files)], tmp_path)
    print(f"\n10,000 files: {seconds:.1f} s, {megabytes} MB")
    assert megabytes <= 150


SHAPES = {
    "documents in a file": lambda n: "---\n".join(f"agent: {{name: a{i}}}  # c\n" for i in range(n)),
    "quoted values": lambda n: (
        "apiVersion: v1\nkind: ConfigMap\ndata:\n" + "".join(f'  k{i}: "agent:\\n  name: a{i}\\n"\n' for i in range(n))
    ),
    "block values": lambda n: (
        "apiVersion: v1\nkind: ConfigMap\ndata:\n"
        + "".join(f"  k{i}: |\n    agent:\n      name: a{i}\n" for i in range(n))
    ),
    "suppressions": lambda n: (
        "agent:\n  name: x\n" + "".join(f'  # agentctl: ignore[AG301] reason="x{i}"\n' for i in range(n))
    ),
    "tools": lambda n: "agent:\n  name: x\n  allowed_tools:\n" + "".join(f"    - tool_{i}\n" for i in range(n)),
    "unknown keys": lambda n: "agent:\n  name: x\n" + "".join(f"  unknown{i}: 1\n" for i in range(n)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_with_the_file(tmp_path: Path, shape: str) -> None:
    """Four times the file, about four times the work: a square would be sixteen."""
    times = []
    for size in (1500, 6000):
        file = tmp_path / f"{size}.yaml"
        file.write_text(SHAPES[shape](size))
        command = [sys.executable, "-m", "agentctl", "validate", str(file), "--exit-zero"]
        times.append(min(spent(command, tmp_path)[0] for _ in range(2)))
    print(f"\n{shape}: {times[0]:.2f} s, {times[1]:.2f} s")
    assert times[1] <= 7 * times[0]
