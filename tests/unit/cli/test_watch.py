"""`--watch` answers again and again until it is interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cost_bundle as by_hand

from agentctl.cli.app import run


def test_it_answers_until_interrupted(tmp_path: Path) -> None:
    bundle = by_hand.write(tmp_path, [by_hand.line([(3600, 0), (0, 1)], agent_name="t")])
    argv = [sys.executable, "-m", "agentctl", "cost", "top", "--bundle", str(bundle), "--watch", "100ms", "-o", "csv"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert seen[0] == seen[2]
    assert seen[1].startswith("t,$1.00")
    assert process.returncode == 130


def test_wrong_times_are_2(tmp_path: Path, capsys: object) -> None:
    bundle = by_hand.write(tmp_path, [by_hand.line([(3600, 0), (0, 1)], agent_name="t")])
    assert run(["cost", "top", "--bundle", str(bundle), "--watch", "often"]) == 2
