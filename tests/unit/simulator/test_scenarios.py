"""Scenario files: those that travel with agentctl, their variants, and what is said of a wrong one."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from instances import instances

from agentctl.model.errors import InputError
from agentctl.simulator import load_scenario, parse_scenario, shipped_scenarios, simulate
from agentctl.simulator.faults import FAULTS
from agentctl.simulator.llm_failures import HOSTS, llm_failure
from agentctl.simulator.llm_failures import MODES as LLM_MODES
from agentctl.simulator.load import catalogue
from agentctl.simulator.logformat import FORMATS, Line
from agentctl.simulator.tool_failures import MODES, tool_failure
from agentctl.simulator.traffic import Cycle

CAUSES = {
    "tool-outage", "tool-latency", "provider-rate-limit", "provider-outage", "provider-quota-exhausted", "credential-rejected",
    "bad-rollout", "model-change", "prompt-growth", "runaway-loop", "retry-storm", "traffic-surge", "policy-denials", "unlisted-tool-use",
    "governance-limit-reached", "saturation", "crash-loop", "out-of-memory", "node-failure", "telemetry-gap",
}  # fmt: skip
KINDS = {"tool", "agent", "provider", "deployment", "node", "pod", "model"}
HEALTHY_FAULTS = {"restart", "rollout", "scale", "drain"}


def test_there_is_a_scenario_for_every_cause_and_a_fault_for_every_scenario() -> None:
    scenarios = [load_scenario(name) for name in shipped_scenarios()]
    assert {cause.id for s in scenarios for cause in s.expect} == CAUSES
    assert {fault.kind for s in scenarios for fault in s.faults} == set(FAULTS)
    assert sum(not s.expect for s in scenarios) >= 8
    assert sum(len(s.expect) > 1 for s in scenarios) >= 4
    assert len(list(instances())) >= 60


@pytest.mark.parametrize("name", list(shipped_scenarios()))
def test_a_shipped_scenario_is_named_as_its_file_and_expects_what_it_breaks(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.title
    assert scenario.description
    for cause in scenario.expect:
        assert cause.subject.partition("/")[0] in KINDS
    if not scenario.expect:
        assert {fault.kind for fault in scenario.faults} <= HEALTHY_FAULTS


def test_a_healthy_fleet_fails_in_at_most_one_task_of_a_hundred() -> None:
    for name, scenario in instances():
        if not scenario.expect and scenario.fill <= 10 and scenario.window <= 7200:
            simulation = simulate(scenario)
            tasks = {"success": 0, "error": 0, "timeout": 0}
            for (_, status, hour), count in simulation.ledger.tasks.items():
                if hour * 3600 >= scenario.start - 1800:
                    tasks[status] += count
            assert tasks["error"] + tasks["timeout"] <= max(3, 0.013 * sum(tasks.values())), name


SPEC = "apiVersion: agentctl/v1\nkind: Scenario\nmetadata: {name: x}\nspec:\n  fleet: {agents: [{profile: support}]}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "not YAML"),
        ("just text", "object"),
        (SPEC + "  faults: [{tool: x}]\n", "kind"),
        (SPEC + "  fautls: []\n", "fautls"),
        (SPEC + "  duration: soon\n", "duration"),
        (SPEC + "  start: yesterday\n", "no time"),
        (SPEC + "  missing: {weather: x}\n", "weather"),
        (SPEC.replace("support", "suport"), "did you mean support"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_scenario(text, "here.yaml")
    said = f"{caught.value.message} {caught.value.hint}"
    assert words in said
    assert "here.yaml" in said
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("{kind: earthquake}", "unknown fault"),
        ("{kind: tool-dwn, tool: search_kb}", "did you mean tool-down"),
        ("{kind: tool-down, tool: search_kb, shar: 0.5}", "did you mean share"),
        ("{kind: tool-down, tool: search_kbb}", "search_kbb"),
        ("{kind: tool-down}", "tool is missing"),
        ("{kind: tool-down, tool: search_kb, mode: odd}", "odd"),
        ("{kind: tool-slow, tool: search_kb, factor: much}", "must be a number"),
        ("{kind: rollout, agent: nobody}", "nobody"),
        ("{kind: model-swap, agent: customer-support-v2, model: gpt-99}", "gpt-99"),
        ("{kind: provider-down, provider: acme}", "acme"),
        ("{kind: unlisted-tool, agent: customer-support-v2, tool: search_kb}", "allowlist"),
        ("{kind: crash-loop, agent: customer-support-v2, crash: boredom}", "boredom"),
        ("{kind: node-lost, node: worker-99}", "worker-99"),
    ],
)
def test_a_fault_that_fits_nothing_is_refused(fault: str, words: str) -> None:
    scenario = parse_scenario(SPEC + f"  faults: [{fault}]\n", "here.yaml")
    with pytest.raises(InputError, match=words):
        simulate(scenario)


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("tool-outtage")
    assert "tool-outage" in caught.value.hint


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(min_value=0, max_value=2**31),
    profile=st.sampled_from(sorted(set(catalogue("profiles")) - {"router"})),
    replicas=st.integers(min_value=1, max_value=3),
    minutes=st.integers(min_value=5, max_value=40),
    tool=st.sampled_from(MODES),
    share=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_whatever_breaks_no_task_ends_twice_and_no_money_is_lost(
    seed: int, profile: str, replicas: int, minutes: int, tool: str, share: float
) -> None:
    wanted = next(iter(catalogue("profiles")[profile]["tools"]))
    scenario = parse_scenario(
        f"""
apiVersion: agentctl/v1
kind: Scenario
metadata: {{name: small}}
spec:
  duration: {minutes}m
  history: none
  fleet: {{agents: [{{profile: {profile}, name: only, replicas: {replicas}, tasks_per_hour: 120}}]}}
  faults:
    - {{kind: tool-down, tool: {wanted}, mode: {tool}, share: {share}, at: 2m}}
    - {{kind: restart, agent: only, at: 3m}}
""",
        "small",
    )
    simulation = simulate(scenario, seed)
    ledger, agent = simulation.ledger, simulation.fleet.agents["only"]
    counted = sum(
        v for pod in agent.pods for (name, _), v in pod.registry.counters.items() if name == "agent_tasks_total"
    )
    assert counted <= sum(ledger.tasks.values())
    assert sum(ledger.window_cost.values()) == sum(ledger.cost.values()) == sum(ledger.pod_cost.values())
    assert all(pod.active <= agent.concurrency for pod in agent.pods)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_each_log_format_keeps_level_message_and_traceback(name: str) -> None:
    line = Line(
        1772532000.25,
        "ERROR",
        "enterprise-agent",
        'say "what" = \\ why',
        {"agent_name": "a", "run_id": "r"},
        "Traceback (…):\nKeyError: 'x'",
    )
    text = FORMATS[name](line)
    if name in ("json", "structlog", "json-logger", "cloud"):
        body = json.loads(text)
        said = "\n".join(map(str, body.values()))
        assert line.message in said
        assert line.traceback is not None
        assert line.traceback in said
        assert "ERROR" in {str(body.get(key)).upper() for key in ("level", "levelname", "severity")}
    elif name == "logfmt":
        assert "\n" not in text
        assert r'msg="say \"what\" = \\ why"' in text
    else:
        assert text.endswith("\nTraceback (…):\nKeyError: 'x'")
        assert "ERROR" in text.splitlines()[0]


@pytest.mark.parametrize("provider", sorted(HOSTS))
@pytest.mark.parametrize("mode", LLM_MODES)
def test_each_provider_fails_in_its_own_words(provider: str, mode: str) -> None:
    import random

    failure = llm_failure(provider, "some-model", mode, random.Random(1))
    assert failure.type
    assert failure.text
    assert failure.http is None or str(failure.http) in failure.text


@pytest.mark.parametrize("tool", sorted(catalogue("tools")))
@pytest.mark.parametrize("mode", MODES)
def test_each_tool_fails_in_the_words_of_its_client(tool: str, mode: str) -> None:
    import random

    spec = catalogue("tools")[tool]
    failure = tool_failure(tool, spec["transport"], spec["endpoint"], mode, random.Random(1))
    assert failure.seconds is not None
    text = failure.traceback(())
    assert text.splitlines()[0] == "Traceback (most recent call last):"
    assert f"tools/{tool}.py" in text
    assert "None" not in failure.text


@given(st.floats(min_value=0, max_value=2e9), st.floats(min_value=0, max_value=1), st.floats(min_value=0, max_value=1))
def test_the_daily_cycle_is_bounded_and_repeats(time: float, amplitude: float, weekend: float) -> None:
    cycle = Cycle(amplitude, weekend)
    assert -1e-9 <= cycle.factor(time) <= cycle.highest + 1e-9
    assert abs(cycle.factor(time) - cycle.factor(time + 7 * 86400)) < 1e-6
