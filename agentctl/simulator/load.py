"""Reads scenario files and the catalogues of models, tools and profiles that travel with the package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from agentctl.documents.shipped import shipped
from agentctl.model.duration import parse_duration, parse_time
from agentctl.model.errors import InputError
from agentctl.model.redaction import redact
from agentctl.simulator.scenario import AgentSpec, Expectation, FaultSpec, MetricOptions, Noise, Scenario

_COMMON = frozenset({"kind", "at", "ramp", "for"})


@cache
def catalogue(name: str) -> dict[str, Any]:
    """One of the data files of the simulator: models, tools, profiles or words."""
    text = (resources.files("agentctl.simulator") / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return data


def shipped_scenarios() -> dict[str, Traversable]:
    """The scenarios that travel with agentctl, by name, in order of name."""
    folder = resources.files("agentctl.simulator") / "scenarios"
    found = {item.name.removesuffix(".yaml"): item for item in folder.iterdir() if item.name.endswith(".yaml")}
    return dict(sorted(found.items()))


def load_scenario(name_or_path: str) -> Scenario:
    """A scenario by its shipped name or from a file. Raises InputError where it is unknown, unreadable or invalid."""
    known = shipped_scenarios()
    if name_or_path in known:
        return parse_scenario(known[name_or_path].read_text(encoding="utf-8"), name_or_path)
    path = Path(name_or_path)
    if not (path.suffix in {".yaml", ".yml"} or path.exists()):
        raise InputError("unknown-scenario", f"there is no scenario {name_or_path!r}", _near(name_or_path, list(known)))
    try:
        return parse_scenario(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("unreadable", f"{path}: {error}", "give a scenario's name or a YAML file") from error


def parse_scenario(text: str, where: str) -> Scenario:
    """A scenario from YAML text; `where` names it in messages. Raises InputError with the place of the first fault."""
    try:
        data = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise InputError("invalid-scenario", f"{where}: not YAML: {' '.join(str(error).split())}") from error
    _validate(data, where)
    data = _masked(data)
    try:
        return _scenario(data["metadata"], data["spec"])
    except ValueError as error:
        raise InputError("invalid-scenario", f"{where}: {error}") from error


def _masked(value: Any) -> Any:
    """Mask secrets in every text of the file: it is the only way for one to get into a bundle, so that its files need no second look."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return {key: _masked(item) for key, item in value.items()} if isinstance(value, dict) else value


def _validate(data: object, where: str) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(shipped("schemas", "scenario.schema.json").read_text(encoding="utf-8"))
    # YAML turns time stamps into objects that JSON Schema does not know.
    plain = json.loads(
        json.dumps(data, default=lambda value: value.isoformat() if hasattr(value, "isoformat") else str(value))
    )
    error = next(
        iter(sorted(Draft202012Validator(schema).iter_errors(plain), key=lambda e: list(map(str, e.path)))), None
    )
    if error is not None:
        place = "/".join(map(str, error.path)) or "the document"
        raise InputError(
            "invalid-scenario", f"{where}: {place}: {error.message}", "see `agentctl schema show scenario`"
        )


def _scenario(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Scenario:
    fleet = spec.get("fleet", {})
    traffic = spec.get("traffic", {})
    start = spec.get("start", "2026-03-03T10:00:00Z")
    return Scenario(
        name=metadata["name"],
        title=metadata.get("title", metadata["name"]),
        description=metadata.get("description", ""),
        seed=int(spec.get("seed", 1)),
        start=parse_time(start if isinstance(start, str) else start.isoformat()).timestamp(),
        window=_seconds(spec.get("duration", "1h")),
        history=_seconds(spec.get("history", "24h")) if spec.get("history", "24h") != "none" else 0.0,
        agents=tuple(_agent(item) for item in fleet.get("agents", ())),
        fill=int(fleet.get("fill", 0)),
        namespace=fleet.get("namespace", "agents"),
        identity=fleet.get("identity", "agent"),
        nodes=int(fleet.get("nodes", 3)),
        log_format=spec.get("logs", {}).get("format", "varied"),
        gzip=bool(spec.get("logs", {}).get("gzip", False)),
        tools=spec.get("tools", {}),
        cycle=float(traffic.get("cycle", 0.5)),
        weekend=float(traffic.get("weekend", 0.6)),
        traces=float(spec.get("traces", 0.1)),
        metrics=_metrics(spec.get("metrics", {})),
        noise=Noise(**{key: float(value) for key, value in spec.get("noise", {}).items()}),
        max_agent_hops=int(spec.get("orchestrator", {}).get("max_agent_hops", 5)),
        missing=dict(spec.get("missing", {})),
        partial=dict(spec.get("partial", {})),
        faults=tuple(_fault(item) for item in spec.get("faults", ())),
        expect=tuple(
            Expectation(item["id"], item["subject"], tuple(item.get("accept", ())))
            for item in spec.get("expect", {}).get("causes", ())
        ),
    )


def _agent(item: Mapping[str, Any]) -> AgentSpec:
    names = {f.name for f in fields(AgentSpec)}
    given = {key: value for key, value in item.items() if key in names}
    profile = given.setdefault("profile", "support")
    if profile not in catalogue("profiles"):
        raise ValueError(f"unknown profile {profile!r}: {_suggest(profile, list(catalogue('profiles')))}")
    given.setdefault("name", catalogue("profiles")[profile]["document"]["agent"]["name"])
    given["handoffs"] = tuple(given.get("handoffs", ()))
    return AgentSpec(**given)


def _metrics(item: Mapping[str, Any]) -> MetricOptions:
    default = MetricOptions()
    return MetricOptions(
        scrape=_seconds(item["scrape"]) if "scrape" in item else default.scrape,
        history_step=_seconds(item["history_step"]) if "history_step" in item else default.history_step,
        **{name: bool(item.get(name, True)) for name in ("buckets", "pod_labels", "total_suffix")},
    )


def _fault(item: Mapping[str, Any]) -> FaultSpec:
    return FaultSpec(
        kind=item["kind"],
        at=_seconds(item.get("at", "0s")),
        ramp=_seconds(item.get("ramp", "0s")),
        duration=_seconds(item["for"]) if "for" in item else None,
        parameters={key: value for key, value in item.items() if key not in _COMMON},
    )


def _seconds(value: str) -> float:
    return 0.0 if value in {"0", "0s", "0m"} else parse_duration(value).total_seconds()


def _near(word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 3)
    return f"did you mean {' or '.join(near)}?" if near else "`agentctl demo --list` names them all"


def _suggest(word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
