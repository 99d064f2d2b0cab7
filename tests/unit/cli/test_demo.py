"""`agentctl demo` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentctl.cli.app import run
from agentctl.simulator import shipped_scenarios


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AGENTCTL_OUTPUT", "AGENTCTL_BUNDLE", "AGENTCTL_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def test_it_shows_what_the_commands_say_and_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "tool-outage"]) == 0
    shown = capsys.readouterr().out
    assert "$ agentctl diagnose --bundle agentctl-demo" in shown
    assert "$ agentctl cost top --bundle agentctl-demo" in shown
    assert "tool/search_kb" in shown
    assert "agentctl diagnose --since 1h" in shown
    assert Path("agentctl-demo/bundle.json").is_file()


def test_the_command_that_it_shows_says_the_same_alone(capsys: pytest.CaptureFixture[str]) -> None:
    run(["demo", "provider-outage"])
    shown = capsys.readouterr().out
    run(["cost", "top", "--bundle", "agentctl-demo"])
    assert capsys.readouterr().out in shown


def test_a_spreadsheet_gets_one_row_and_what_is_hidden_is_not_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "healthy-young", "-o", "csv"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.lower().startswith("bundle,scenario,seed,agents,pods")
    assert row.startswith("agentctl-demo,healthy-young,1,5,")
    assert run(["demo", "crash-loop", "--hide", "-o", "csv"]) == 0
    assert "crash" not in capsys.readouterr().out


def test_an_earlier_demo_is_replaced_and_nothing_else_ever(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "healthy-young", "-o", "json"]) == 0
    assert run(["demo", "crash-loop", "-o", "json"]) == 0
    assert list(Path("agentctl-demo").rglob("*.previous.log"))
    assert run(["demo", "healthy-young", "-o", "json"]) == 0
    assert not list(Path("agentctl-demo").rglob("*.previous.log"))
    own = Path("agentctl-demo/logs/notes.txt")
    own.write_text("mine")
    capsys.readouterr()
    assert run(["demo", "healthy-young"]) == 3
    assert "notes.txt" in capsys.readouterr().err
    assert own.read_text() == "mine"


@pytest.mark.parametrize("file", ["bundle.json", ".agentctl-demo.json"])
def test_a_recording_of_ones_own_is_not_taken_for_a_demo(file: str) -> None:
    Path("incident").mkdir()
    Path("incident", file).write_text("{}")
    assert run(["demo", "healthy-young", "--out", "incident"]) == 3
    assert Path("incident", file).read_text() == "{}"


def test_a_file_in_the_place_of_the_folder_is_left_alone() -> None:
    Path("taken").write_text("mine")
    assert run(["demo", "healthy-young", "--out", "taken"]) == 3
    assert Path("taken").read_text() == "mine"


def test_what_is_hidden_is_in_no_output_and_no_file_until_it_is_revealed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "telemetry-gap", "--hide"]) == 0
    shown = capsys.readouterr().out
    assert "telemetry-gap" not in shown
    assert "agentctl demo --reveal agentctl-demo" in shown
    for path in Path("agentctl-demo").rglob("*"):
        assert not path.is_file() or b"telemetry-gap" not in path.read_bytes()
    assert run(["demo", "--reveal", "agentctl-demo"]) == 0
    assert "telemetry-gap: agent/billing-agent" in capsys.readouterr().out


def test_only_a_demos_folder_can_be_revealed(tmp_path: Path) -> None:
    assert run(["demo", "--reveal", str(tmp_path)]) == 3


def test_the_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--list", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["data"]["scenarios"]
    assert [item["scenario"] for item in found] == list(shipped_scenarios())


def test_the_same_seed_is_the_same_bundle() -> None:
    for out in ("one", "two"):
        assert run(["demo", "healthy-young", "--seed", "9", "--out", out, "-o", "json"]) == 0
    names = sorted(p.relative_to("one") for p in Path("one").rglob("*") if p.is_file())
    assert len(names) > 10
    assert all(Path("one", name).read_bytes() == Path("two", name).read_bytes() for name in names)


def test_the_truth_and_the_samples_are_written_beside_the_bundle() -> None:
    assert run(["demo", "healthy-young", "--ledger", "truth.json", "--openmetrics", "samples.om", "-o", "json"]) == 0
    truth = json.loads(Path("truth.json").read_text())
    assert sum(item["count"] for item in truth["tasks"]) > 50
    assert Path("samples.om").read_text().endswith("# EOF\n")
    assert not list(Path("agentctl-demo").rglob("truth*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "tool-outtage"], "did you mean"),
        (["demo", "nowhere.yaml"], "nowhere.yaml"),
        (["demo", "healthy-young", "--out", "/proc/none"], "cannot be written"),
        (["demo", "healthy-young", "--ledger", "/proc/none/x"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 3
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_scenario_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    text = "apiVersion: agentctl/v1\nkind: Scenario\nmetadata: {name: mine}\nspec:\n  duration: 20m\n  history: none\n"
    text += "  fleet: {agents: [{profile: triage}]}\n"
    Path("mine.yaml").write_text(text)
    assert run(["demo", "mine.yaml", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["scenario"] == "mine"
    Path("mine.yaml").write_text(text + "  surprise: 1\n")
    assert run(["demo", "mine.yaml"]) == 3
    assert "surprise" in capsys.readouterr().err
