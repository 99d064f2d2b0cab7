"""The pre-commit hooks and the GitHub action name what exists, and run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / ".github/actions/validate/action.yml").read_text())
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
STEP = next(step for step in ACTION["runs"]["steps"] if step.get("name") == "Validate")


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("governance/support.yaml", True),
        ("prompts/triage.yaml", True),
        ("deploy/agent-config.yaml", True),
        ("agent.yaml", True),
        ("deploy/service.yaml", False),
        ("reagent.yaml", False),
    ],
)
def test_the_hook_takes_files_that_look_like_ours(path: str, taken: bool) -> None:
    assert bool(re.search(HOOKS[0]["files"], path)) == taken


def test_no_input_is_part_of_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize(("document", "code"), [("prompt: {name: p}\n", 0), ("agent: {name: a, max_retrys: 1}\n", 1)])
def test_the_action_runs_as_it_stands(tmp_path: Path, document: str, code: int) -> None:
    (tmp_path / "a.yaml").write_text(document)
    shim = tmp_path / "bin" / "agentctl"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m agentctl "$@"\n')
    shim.chmod(0o755)
    values = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: ACTION["inputs"][m[1]]["default"], text)
        for name, text in STEP["env"].items()
    }
    env = (
        os.environ
        | values
        | {
            "PATH": f"{shim.parent}:{os.environ['PATH']}",
            "SARIF": "out.sarif",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }
    )
    env |= {"PATHS": "a.yaml", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", STEP["run"]], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert ("::error file=a.yaml,line=1" in done.stdout) == bool(code)
    assert '"version": "2.1.0"' in (tmp_path / "out.sarif").read_text()
    assert "agentctl validate" in (tmp_path / "summary.md").read_text()
