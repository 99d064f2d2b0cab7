"""The config file: where it is found, what it may hold, and what wins over it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
import typer

from agentctl.cli import config
from agentctl.cli.config_keys import KEYS
from agentctl.cli.options import JudgeOptions, OutputOptions, SourceOptions, TimeOptions, grouped
from agentctl.model.errors import InputError


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_nothing_is_configured_where_there_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert config.load(["diagnose"], {"HOME": str(tmp_path)}) == {}


def test_the_nearest_file_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"HOME": str(tmp_path / "home")}
    _write(tmp_path / "home/.config/agentctl/agentctl.yaml", "namespace: from-home")
    assert config.load(["x"], environ) == {"namespace": ["from-home"]}
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    _write(tmp_path / "xdg/agentctl/config.yaml", "namespace: from-xdg")
    assert config.load(["x"], environ) == {"namespace": ["from-xdg"]}
    _write(tmp_path / "agentctl.yaml", "namespace: from-here")
    assert config.load(["x"], environ) == {"namespace": ["from-here"]}
    environ["AGENTCTL_CONFIG"] = str(_write(tmp_path / "v.yaml", "namespace: from-variable"))
    assert config.load(["x"], environ) == {"namespace": ["from-variable"]}
    flagged = _write(tmp_path / "f.yaml", "namespace: from-flag")
    assert config.load(["x", "--config", str(flagged)], environ) == {"namespace": ["from-flag"]}
    assert config.load(["x", f"--config={flagged}"], environ) == {"namespace": ["from-flag"]}


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such config file"):
        config.load(["x", "--config", str(tmp_path / "nowhere.yaml")], {})


@pytest.mark.parametrize(
    "text",
    ["prometheus-url: http://p", "prometheus_url: http://p", "prometheus: {url: http://p}", "prometheusUrl: http://p"],
)
def test_a_key_may_be_spelled_as_yaml_people_do(tmp_path: Path, text: str) -> None:
    assert config.read(_write(tmp_path / "c.yaml", text)) == {"prometheus-url": "http://p"}


def test_values_take_the_form_of_their_option(tmp_path: Path) -> None:
    text = "apiVersion: agentctl/v1\nkind: Config\nkubeconfig: k/config\nnamespace: [a, b]\n"
    text += "prometheus-label: {cluster: eu-1}\nstrict: true\n"
    assert config.read(_write(tmp_path / "c.yaml", text)) == {
        "kubeconfig": str(tmp_path / "k/config"),
        "namespace": ["a", "b"],
        "prometheus-label": ["cluster=eu-1"],
        "strict": True,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("selector: a\nnamspace: b", r":2: unknown key 'namspace'; did you mean 'namespace'\?"),
        ("prometheus:\n  ulr: x", r":2: unknown key 'prometheus-ulr'; did you mean 'prometheus-url'\?"),
        ("prometheus-token: x", "unknown key"),
        ("namespace: no", r":1: namespace: must be text, not false \(quote it\)"),
        ("since: soon", r":1: since: .*no duration"),
        ("strict: 1", "strict: must be true or false"),
        ("max-log-requests: 0", "whole number"),
        ("output: xml", "must be one of table"),
        ("fail-on: bad", "unknown severity"),
        ("- a", ":1: must be a mapping"),
        ("namespace: a\nnamespace: b", ":2: 'namespace' is written twice"),
        ("a: [", "no YAML"),
        ("a: !!python/object:os.system x", "unknown key"),
        ("selector: !!python/name:os.system x", "no YAML"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        config.read(_write(tmp_path / "c.yaml", text))


def test_a_secret_is_not_repeated_and_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        config.read(_write(tmp_path / "c.yaml", "prometheus-password: hunter2"))
    assert "hunter2" not in caught.value.message + caught.value.hint
    assert "_FILE" in caught.value.hint


def _ask(arguments: list[str], settings: dict[str, object]) -> tuple[list[str] | None, str]:
    app = typer.Typer()
    said: list[tuple[list[str] | None, str]] = []

    @app.command()
    def one(
        namespace: Annotated[list[str] | None, typer.Option("-n", "--namespace", envvar="TEST_NAMESPACE")] = None,
        selector: Annotated[str, typer.Option("--selector")] = "app=agent",
    ) -> None:
        said.append((namespace, selector))

    command = typer.main.get_command(app)
    config.apply(command, settings)
    command.main(args=arguments, standalone_mode=False)
    return said[0]


def test_flag_beats_variable_beats_config_beats_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _ask([], {}) == (None, "app=agent")
    assert _ask([], {"namespace": ["c"], "selector": "app=x"}) == (["c"], "app=x")
    monkeypatch.setenv("TEST_NAMESPACE", "v")
    assert _ask([], {"namespace": ["c"]})[0] == ["v"]
    assert _ask(["-n", "f"], {"namespace": ["c"]})[0] == ["f"]


def test_every_shared_option_can_be_configured() -> None:
    @grouped
    def every(source: SourceOptions, time: TimeOptions, output: OutputOptions, judge: JudgeOptions) -> None: ...

    app = typer.Typer()
    app.command()(every)
    names = {
        word.removeprefix("--") for p in typer.main.get_command(app).params for word in p.opts if word.startswith("--")
    }
    moments = {"since-time", "until", "output-file", "config", "debug", "help", "install-completion", "show-completion"}
    assert names - moments <= set(KEYS)
