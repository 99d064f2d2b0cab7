"""One error boundary: each failure is one clear line, its own exit code, and the envelope where JSON was asked for."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text())


def agentctl(*arguments: str, cwd: Path | None = None, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agentctl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd or ROOT, timeout=60, check=False, **more)  # type: ignore[call-overload, no-any-return]


def test_alone_it_helps() -> None:
    done = agentctl()
    assert done.returncode == 0
    assert "Usage: agentctl" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["validate", "--nonsense"],
        ["validate", "-o", "nonsense"],
        ["cost", "top", "--since", "soon"],
        ["validate", "--fail-on", "x"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_2_in_every_format(arguments: list[str]) -> None:
    plain = agentctl(*arguments)
    assert plain.returncode == 2
    assert plain.stdout == ""
    assert "Traceback" not in plain.stderr
    if "-o" in arguments:
        return
    as_json = agentctl(*arguments, "-o", "json")
    assert as_json.returncode == 2
    data = json.loads(as_json.stdout)
    jsonschema.validate(data, SCHEMA)
    assert data["exitCode"] == 2
    assert data["status"] == "error"
    assert data["errors"]


def test_a_near_miss_is_named() -> None:
    assert "validate" in agentctl("valdate").stderr


def test_a_missing_file_is_3_with_its_name() -> None:
    done = agentctl("validate", "no-such.yaml")
    assert done.returncode == 3
    assert "no-such.yaml" in done.stderr


def test_output_goes_to_a_file_whole(tmp_path: Path) -> None:
    policy = tmp_path / "a.yaml"
    policy.write_text("agent:\n  name: a\n")
    out = tmp_path / "out.json"
    done = agentctl("validate", str(policy), "-o", "json", "--output-file", str(out))
    assert done.stdout == ""
    jsonschema.validate(json.loads(out.read_text()), SCHEMA)
    gone = agentctl("validate", str(policy), "--output-file", str(tmp_path / "no" / "out"))
    assert gone.returncode == 3
    assert "cannot be written" in gone.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m agentctl schema show report | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.stdout.startswith("{")
    assert done.stderr == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_is_130_terminated_143(number: int, code: int) -> None:
    command = [sys.executable, "-m", "agentctl", "diagnose", "errors", "--logs", "-", "-o", "json"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"ERROR:agent:one\n" * 10)
        process.stdin.flush()
        # Long enough for it to start reading; the pipe stays open, so it waits for more.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert b"Traceback" not in err
    data = json.loads(out)
    jsonschema.validate(data, SCHEMA)
    assert data["incomplete"] is True
