"""The bundle has the layout that the sources read, and holds what kubectl would have printed."""

import json
import re
from pathlib import Path

import pytest

from agentctl.cli.app import run
from agentctl.simulator import Simulation, load_scenario, parse_scenario, simulate, write_bundle
from agentctl.simulator.fleet import Sink
from agentctl.simulator.vary import vary
from agentctl.sources.bundle import open_bundle
from agentctl.sources.protocols import LogQuery

STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ")


def test_the_sources_open_it_and_find_everything(bundle: Path, outage: Simulation) -> None:
    sources = open_bundle(bundle)
    assert sources.window is not None
    assert sources.now == outage.scenario.end == sources.window.end.timestamp()
    assert (sources.target.namespace, sources.notes) == ("agents", {})
    assert sources.cluster is not None
    pods = sources.cluster.pods()
    assert {pod.owner for pod in pods} == {("Deployment", agent.deployment) for agent in outage.fleet.agents.values()}
    assert sources.logs is not None
    assert {stream.origin.agent for stream in sources.logs.streams(LogQuery())} == set(outage.fleet.agents)
    assert sources.metrics is not None
    assert "agent_cost_total_usd_total" in sources.metrics.names()
    assert sources.traces is not None
    assert {"agent.run", "agent.attempt.0", "llm.call", "tool.search_kb"} <= {
        span.name for span in sources.traces.spans(None)
    }
    assert sources.probes is not None
    assert {probe.ok for probe in sources.probes.probes() if probe.tool == "search_kb"} == {False}
    assert sources.quota is not None
    assert {reading.provider for reading in sources.quota.quota()} == {"anthropic", "openai"}
    assert sources.config is not None
    assert len(sources.config.documents()) == len(outage.fleet.agents)


def test_every_line_of_a_log_has_its_stamp_and_time_never_goes_back(bundle: Path) -> None:
    logs = sorted(bundle.rglob("*.log"))
    assert logs
    for path in logs:
        stamps = [STAMP.match(line) for line in path.read_text().splitlines()]
        assert all(stamps)
        times = [match[1] for match in stamps if match]
        assert times == sorted(set(times))


def test_the_lines_have_the_form_of_the_guides(outage: Simulation) -> None:
    text = "".join(
        line for agent in outage.fleet.agents.values() for pod in agent.pods for line in pod.sinks["agent"].current
    )
    assert re.search(
        r"LLM_CALL model=claude-sonnet-4-20260514 input_tokens=\d+ output_tokens=\d+ cost=\$0\.\d{6}", text
    )
    assert re.search(r"TOOL_CALL: search_kb query=\w+", text)
    assert re.search(r"Attempt 2 failed: (\[Errno 111\] Connection refused|All connection attempts failed)", text)


def test_a_pod_belongs_to_its_replicaset_and_that_to_its_deployment(tmp_path: Path) -> None:
    write_bundle(simulate(load_scenario("bad-rollout")), tmp_path)

    def items(name: str) -> dict[str, dict]:
        return {
            item["metadata"]["name"]: item
            for item in json.loads((tmp_path / f"kubernetes/{name}.json").read_text())["items"]
        }

    sets, deployments = items("replicasets"), items("deployments")
    for pod in items("pods").values():
        owner = sets[pod["metadata"]["ownerReferences"][0]["name"]]
        assert owner["metadata"]["uid"] == pod["metadata"]["ownerReferences"][0]["uid"]
        assert owner["spec"]["template"]["spec"]["containers"][0]["image"] == pod["spec"]["containers"][0]["image"]
        parent = owner["metadata"]["ownerReferences"][0]
        assert deployments[parent["name"]]["metadata"]["uid"] == parent["uid"]
    support = deployments["customer-support-v2"]
    revisions = sorted(
        int(s["metadata"]["annotations"]["deployment.kubernetes.io/revision"])
        for n, s in sets.items()
        if n.startswith("customer-support")
    )
    assert len(revisions) == 3
    assert support["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == str(revisions[-1])
    reasons = {event["reason"] for event in items("events").values()}
    assert {"ScalingReplicaSet", "SuccessfulCreate", "Scheduled", "Pulled", "Started", "Killing"} <= reasons


@pytest.mark.parametrize(
    ("name", "reason", "code", "event"),
    [("out-of-memory", "OOMKilled", 137, "OOMKilling"), ("crash-loop", "Error", 1, "BackOff")],
)
def test_a_container_that_dies_says_how(name: str, reason: str, code: int, event: str, tmp_path: Path) -> None:
    simulation = simulate(load_scenario(name))
    write_bundle(simulation, tmp_path)
    pods = json.loads((tmp_path / "kubernetes/pods.json").read_text())["items"]
    hit = [p["status"]["containerStatuses"][0] for p in pods if p["status"]["containerStatuses"][0]["restartCount"] > 2]
    assert hit
    for status in hit:
        ended = status["lastState"].get("terminated") or status["state"]["terminated"]
        assert (ended["reason"], ended["exitCode"]) == (reason, code)
    events = json.loads((tmp_path / "kubernetes/events.json").read_text())["items"]
    assert any(e["reason"] == event and e["type"] == "Warning" for e in events)
    assert list(tmp_path.rglob("*.previous.log"))


def test_a_lost_node_is_not_ready_and_its_pods_are_replaced(tmp_path: Path) -> None:
    write_bundle(simulate(load_scenario("node-failure")), tmp_path)
    sources = open_bundle(tmp_path)
    assert sources.cluster is not None
    assert {node.name: node.ready for node in sources.cluster.nodes()}["worker-2"] is not True
    lost = [pod for pod in sources.cluster.pods() if pod.node == "worker-2"]
    assert lost
    assert all(pod.deleted_at is not None and not pod.ready for pod in lost)
    assert "i/o timeout" in sources.notes["logs"].message
    assert sources.logs is not None
    assert not {pod.name for pod in lost} & {stream.origin.pod for stream in sources.logs.streams(LogQuery())}


def test_missing_sources_are_left_out_and_said(tmp_path: Path) -> None:
    write_bundle(
        simulate(vary(load_scenario("healthy"), {"missing": {"metrics": "connection refused", "traces": ""}})), tmp_path
    )
    sources = open_bundle(tmp_path)
    assert sources.metrics is None
    assert sources.traces is None
    assert set(sources.notes) == {"metrics"}
    assert not (tmp_path / "metrics").exists()


def test_packed_logs_are_read_as_well(tmp_path: Path) -> None:
    scenario = load_scenario("healthy-young")
    write_bundle(simulate(scenario), tmp_path / "plain")
    write_bundle(simulate(vary(scenario, {"gzip": True})), tmp_path / "packed")

    def text(folder: Path) -> list[bytes]:
        logs = open_bundle(folder).logs
        assert logs is not None
        return [b"".join(stream.chunks()) for stream in logs.streams(LogQuery())]

    assert text(tmp_path / "packed") == text(tmp_path / "plain") != []


def test_a_secret_in_a_scenario_reaches_no_file(tmp_path: Path) -> None:
    secret = "sk-" + "ant-" + "q" * 30
    scenario = parse_scenario(
        f"""
apiVersion: agentctl/v1
kind: Scenario
metadata: {{name: leaky}}
spec:
  duration: 20m
  fleet: {{agents: [{{profile: analytics, governance: {{note: "key {secret}"}}}}]}}
  tools: {{run_sql_query: {{endpoint: "postgresql://app:hunter2hunter2@db:5432/x", arguments: "token={secret}"}}}}
""",
        "leaky",
    )
    write_bundle(simulate(scenario), tmp_path)
    text = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "run_sql_query" in text
    assert secret not in text
    assert "hunter2" not in text


def test_a_sink_stamps_each_physical_line() -> None:
    sink = Sink()
    sink.write(1772532000.5, "one\n  two\n\nfour")
    sink.write(1772531999.0, "a clock that was set back")
    assert [line[31:] for line in sink.current] == ["one\n", "  two\n", "\n", "four\n", "a clock that was set back\n"]
    assert [line[:30] for line in sink.current] == sorted({line[:30] for line in sink.current})


def test_what_was_recorded_in_part_says_so_and_lacks_something(tmp_path: Path) -> None:
    scenario = load_scenario("healthy")
    write_bundle(simulate(scenario), tmp_path / "whole")
    write_bundle(
        simulate(vary(scenario, {"partial": {"logs": "1 of 6 pods timed out", "metrics": "504"}})), tmp_path / "part"
    )
    sources = open_bundle(tmp_path / "part")
    assert {name: note.message for name, note in sources.notes.items()}.keys() == {"logs", "metrics"}
    assert 0 < len(list((tmp_path / "part").rglob("*.log"))) < len(list((tmp_path / "whole").rglob("*.log")))
    lines = [(tmp_path / name / "metrics/samples.jsonl").read_text().count("\n") for name in ("part", "whole")]
    assert 0 < lines[0] < lines[1]


def test_the_governance_in_a_bundle_has_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_bundle(simulate(load_scenario("healthy-orchestrated")), tmp_path)
    assert run(["validate", str(tmp_path / "config")]) == 0, capsys.readouterr().out
