"""`cost top` over 10,000 live series: what it takes beside the bare query, and how much memory. Needs a real Prometheus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "real"))

from testbed import binaries
from testbed import prometheus as server

END = 1_772_539_200
SERIES, SECONDS, STEP = 10_000, 4000, 30
BARE = "sum by (agent_name) (increase(agent_cost_total_usd_total[1h]))"


def lines(k: int) -> Iterator[str]:
    """One counter and its births: of a hundred one restarts in the hour, and one is born in it."""
    labels = f'agent_name="agent-{k % 200}",model="m{k // 200 % 5}",namespace="agents",pod="agent-{k % 200}-{k:05d}"'
    first = END - (1800 if k % 100 == 13 else SECONDS) + k % STEP
    value, born = k / 1000, first - 5 if k % 100 == 13 else END - 90_000
    births = []
    for moment in range(first, END + 1, STEP):
        if k % 100 == 7 and END - 1000 < moment <= END - 1000 + STEP:
            value, born = 0.0, moment - 2
        value = round(value + (k + moment) % 30 / 10_000, 4)
        births.append(f"agent_cost_total_usd_created{{{labels}}} {born} {moment}\n")
        yield f"agent_cost_total_usd_total{{{labels}}} {value} {moment}\n"
    yield from births


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("fleet")
    samples = folder / "samples.om"
    with samples.open("w") as out:
        out.write("# TYPE agent_cost_total_usd counter\n")
        for k in range(SERIES):
            out.writelines(lines(k))
        out.write("# EOF\n")
    try:
        with server.running(folder / "server", samples) as running:
            yield running.url
    except binaries.Missing as missing:
        pytest.skip(str(missing))


def bare(url: str) -> float:
    """Seconds of the query that a person would type, program start and all."""
    question = f"import urllib.request as r; r.urlopen(r.Request('{url}/api/v1/query', b'time={END}&query={BARE}'.replace(b' ', b'+'))).read()"
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", question], check=True)
    return time.perf_counter() - begun


def cost_top(url: str, answer: Path) -> tuple[float, float]:
    """Seconds and megabytes at most of `agentctl cost top`."""
    question = ["cost", "top", "--prometheus-url", url, "--since", "1h", "--until", "2026-03-03T12:00:00Z"]
    begun = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "agentctl", *question, "-o", "json", "--output-file", str(answer)])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def test_ten_thousand_series(url: str, tmp_path: Path) -> None:
    alone = min(bare(url) for _ in range(3))
    runs = [cost_top(url, tmp_path / "top.json") for _ in range(3)]
    took, memory = min(t for t, _ in runs), max(m for _, m in runs)
    print(f"\nbare query {alone:.2f} s, cost top {took:.2f} s (+{took - alone:.2f} s), {memory:.0f} MB")
    data = json.loads((tmp_path / "top.json").read_text())["data"]
    assert (data["method"], data["pushedDown"]["series"], len(data["rows"])) == ("pushed-down", SERIES, 200)
    assert data["total"]["quality"] == "exact"
    assert memory < 300
    assert took < 40 * alone
