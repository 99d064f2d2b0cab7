"""Start-up is a feature: what each command may import, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

VENDORS = ("kubernetes", "httpx", "prometheus_api_client", "requests", "pandas", "numpy", "matplotlib", "genai_prices")
PROBE = """
import json, sys
sys.argv = ["agentctl", *json.loads(sys.argv[1])]
from agentctl.__main__ import main
try:
    main()
except SystemExit:
    pass
sys.stderr.write("\\nMODULES " + json.dumps(sorted({m.partition(".")[0] for m in sys.modules} | set(sys.modules))))
"""


def modules_after(arguments: list[str], cwd: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(arguments)], cwd=cwd, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.rpartition("MODULES ")[2]))


def policy(folder: Path) -> Path:
    path = folder / "agent.yaml"
    path.write_text("agent:\n  name: triage\n")
    return path


def log(folder: Path) -> Path:
    path = folder / "agent.log"
    path.write_text("2026-03-03 10:00:00,000 - agent - ERROR - connection refused\n")
    return path


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]], ids=" ".join)
def test_the_first_answers_import_no_library_at_all(tmp_path: Path, arguments: list[str]) -> None:
    loaded = modules_after(arguments, tmp_path)
    assert not loaded & {*VENDORS, "rich", "yaml", "pydantic", "jsonschema", "cel"}


def test_the_version_imports_no_parser(tmp_path: Path) -> None:
    assert "typer" not in modules_after(["--version"], tmp_path)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: ["validate", str(policy(folder))],
        lambda folder: ["diagnose", "errors", "--logs", str(log(folder))],
        lambda folder: ["schema", "list"],
        lambda folder: ["explain", "AG101"],
        lambda folder: ["runbook", "list"],
        lambda folder: ["demo", "--list"],
        lambda folder: ["rbac"],
    ],
    ids=["validate", "diagnose errors --logs", "schema list", "explain", "runbook list", "demo --list", "rbac"],
)
def test_offline_commands_import_no_vendor_library(tmp_path: Path, make: object) -> None:
    loaded = modules_after(make(tmp_path), tmp_path)  # type: ignore[operator]
    assert not loaded & set(VENDORS)


def test_a_clean_validate_loads_neither_rich_nor_the_schema_library(tmp_path: Path) -> None:
    loaded = modules_after(["validate", "-o", "json", str(policy(tmp_path))], tmp_path)
    assert not loaded & {"rich", "pydantic"}
