"""The bed itself: real servers that answer as they should, asked with kubectl and plain HTTP only."""

from __future__ import annotations

import datetime
import gzip
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from testbed.cluster import Cluster
from testbed.jaeger import Jaeger
from testbed.links import Link
from testbed.loader import load_cluster
from testbed.loki import Loki
from testbed.prometheus import Prometheus, write_openmetrics
from testbed.victoria import Victoria

CREATED = "2026-03-01T08:00:00Z"
TRACE = "5b8efff798038103d269b633813fc60c"


def stamp(seconds_ago: float) -> str:
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds_ago)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def pod(name: str, *, node: str = "node-a", owner: str = "", status: dict[str, Any] | None = None) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "name": name,
        "namespace": "agents",
        "uid": f"uid-of-{name}",
        "resourceVersion": "77",
        "creationTimestamp": CREATED,
        "labels": {"app": "agent", "agent": "triage"},
    }
    if owner:
        controller = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": f"uid-of-{owner}"}
        meta["ownerReferences"] = [{**controller, "controller": True}]
    running = {"name": "agent", "image": "agent:1", "imageID": "", "ready": True, "restartCount": 0}
    running["state"] = {"running": {"startedAt": CREATED}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"nodeName": node, "containers": [{"name": "agent", "image": "agent:1"}]},
        "status": status or {"phase": "Running", "qosClass": "Burstable", "containerStatuses": [running]},
    }


def owned_fleet() -> dict[str, dict[str, Any]]:
    """A Deployment, its ReplicaSet and a pod, with an event about the pod: lists as kubectl prints them."""
    selector = {"matchLabels": {"app": "agent"}}
    template = {
        "metadata": {"labels": {"app": "agent"}},
        "spec": {"containers": [{"name": "agent", "image": "agent:1"}]},
    }

    def meta(name: str) -> dict[str, Any]:
        return {"name": name, "namespace": "agents", "uid": f"uid-of-{name}", "creationTimestamp": CREATED}

    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**meta("triage"), "generation": 4},
        "spec": {"replicas": 1, "selector": selector, "template": template},
        "status": {"observedGeneration": 4, "replicas": 1, "readyReplicas": 1},
    }
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "triage", "uid": "uid-of-triage"}
    replicaset = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {**meta("triage-1"), "ownerReferences": [{**owner, "controller": True}]},
        "spec": {"replicas": 1, "selector": selector, "template": template},
        "status": {"replicas": 1},
    }
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {**meta("triage-1-a.18"), "resourceVersion": "99"},
        "involvedObject": {"kind": "Pod", "namespace": "agents", "name": "triage-1-a", "uid": "uid-of-triage-1-a"},
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "type": "Warning",
        "lastTimestamp": CREATED,
    }
    lists = {"pods": pod("triage-1-a", owner="triage-1"), "events": event, "deployments": deployment}
    lists["replicasets"] = replicaset
    return {name: {"kind": "List", "apiVersion": "v1", "items": [item]} for name, item in lists.items()}


def kubectl(kube: Cluster, *argv: str, user: str = "admin") -> subprocess.CompletedProcess[str]:
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not on this machine")
    command = [program, "--kubeconfig", str(kube.kubeconfigs[user]), "-n", "agents", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


class TestKubernetes:
    def test_loaded_pods_are_listed_with_their_status_and_age(self, kube: Cluster) -> None:
        waiting = {"name": "agent", "image": "agent:1", "imageID": "", "ready": False, "restartCount": 7}
        waiting["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
        waiting["lastState"] = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
        sick = pod("sick", status={"phase": "Running", "containerStatuses": [waiting]})
        counts = load_cluster(kube, pods={"kind": "List", "items": [pod("well"), sick]})
        shown = kubectl(kube, "get", "pods", "-l", "app=agent", "--no-headers").stdout
        assert counts["Pod"] == 2
        assert "sick" in shown
        assert "CrashLoopBackOff" in shown
        listed = json.loads(kubectl(kube, "get", "pod", "well", "-o", "json").stdout)
        assert listed["metadata"]["creationTimestamp"] == CREATED
        assert listed["metadata"]["uid"] != "uid-of-well"

    def test_owners_and_events_point_at_the_new_objects(self, kube: Cluster) -> None:
        load_cluster(kube, **owned_fleet())

        def get(kind: str, name: str) -> dict[str, Any]:
            found: dict[str, Any] = json.loads(kubectl(kube, "get", kind, name, "-o", "json").stdout)
            return found

        deployment, replicaset, one = get("deploy", "triage"), get("rs", "triage-1"), get("pod", "triage-1-a")
        assert replicaset["metadata"]["ownerReferences"][0]["uid"] == deployment["metadata"]["uid"]
        assert one["metadata"]["ownerReferences"][0]["uid"] == replicaset["metadata"]["uid"]
        assert get("event", "triage-1-a.18")["involvedObject"]["uid"] == one["metadata"]["uid"]
        assert deployment["metadata"]["generation"] == 4
        assert replicaset["metadata"]["creationTimestamp"] == CREATED

    def test_every_test_begins_with_an_empty_cluster(self, kube: Cluster) -> None:
        assert kube.api.call("GET", "/api/v1/pods")["items"] == []
        assert kube.api.call("GET", "/apis/apps/v1/deployments")["items"] == []

    def test_a_thousand_pods(self, kube: Cluster) -> None:
        kube.load([pod(f"agent-{number}", node=f"node-{number % 10}") for number in range(1000)])
        path = "/api/v1/namespaces/agents/pods?labelSelector=app%3Dagent&limit=400"
        page = kube.api.call("GET", path)
        assert len(page["items"]) == 400
        rest = kube.api.call("GET", f"{path.replace('400', '1000')}&continue={page['metadata']['continue']}")
        assert len(rest["items"]) == 600
        nodes = {item["spec"]["nodeName"] for item in kube.api.call("GET", "/api/v1/pods")["items"]}
        assert len(nodes) == 10

    def test_logs_with_tail_stamps_since_and_previous(self, kube: Cluster) -> None:
        kube.load([pod("one")])
        early, late = stamp(7200), stamp(60)
        kube.write_log(
            "agents", "one", "agent", f"{early} old\n{late} new 1\n{late} new 2 \udcff\n".replace("\udcff", "é")
        )
        kube.write_log("agents", "one", "agent", f"{early} the container before\n", previous=True)

        def logs(*options: str) -> str:
            return kubectl(kube, "logs", "one", *options).stdout

        assert logs() == "old\nnew 1\nnew 2 é\n"
        assert logs("--tail=1") == "new 2 é\n"
        assert logs("--tail=2", "--timestamps") == f"{late} new 1\n{late} new 2 é\n"
        assert logs("--since=1h") == "new 1\nnew 2 é\n"
        assert logs(f"--since-time={stamp(3600)}") == "new 1\nnew 2 é\n"
        assert logs("--limit-bytes=5") == "old\nn"
        assert logs("--previous") == "the container before\n"

    def test_a_container_that_never_ran_has_no_log(self, kube: Cluster) -> None:
        waiting = {"name": "agent", "image": "agent:1", "imageID": "", "ready": False, "restartCount": 0}
        waiting["state"] = {"waiting": {"reason": "ImagePullBackOff"}}
        kube.load([pod("new", status={"phase": "Pending", "containerStatuses": [waiting]}), pod("quiet")])
        refused = kubectl(kube, "logs", "new")
        assert refused.returncode == 1
        assert "is waiting to start: trying and failing to pull image" in refused.stderr
        assert "previous terminated container" in kubectl(kube, "logs", "quiet", "--previous").stderr
        assert kubectl(kube, "logs", "quiet").returncode == 0

    def test_between_two_runs_only_the_last_one_is_shown(self, kube: Cluster) -> None:
        crashed = {"name": "agent", "image": "agent:1", "imageID": "", "ready": False, "restartCount": 3}
        crashed["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
        crashed["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://1"}}
        kube.load([pod("one", status={"phase": "Running", "containerStatuses": [crashed]})])
        kube.write_log("agents", "one", "agent", f"{stamp(60)} last run\n")
        kube.write_log("agents", "one", "agent", f"{stamp(90)} run before it\n", previous=True)
        assert kubectl(kube, "logs", "one").stdout == "last run\n"
        assert kubectl(kube, "logs", "one", "--previous").stdout == "last run\n"

    def test_following_ends_when_the_container_does(self, kube: Cluster) -> None:
        kube.load([pod("one")])
        path = kube.write_log("agents", "one", "agent", f"{stamp(2)} first\n")
        command = ["kubectl", "--kubeconfig", str(kube.kubeconfig), "-n", "agents", "logs", "-f", "one"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
            assert following.stdout is not None
            assert following.stdout.readline() == "first\n"
            with path.open("a") as log:
                log.write(f"{stamp(0)} second\n")
            assert following.stdout.readline() == "second\n"
            path.with_suffix(".ended").touch()
            assert following.stdout.read() == ""
        assert following.returncode == 0

    def test_exec_answers_from_the_table_with_its_exit_code(self, kube: Cluster) -> None:
        kube.load([pod("one"), pod("two")])
        argv = ["curl", "-sf", "http://kb-service:8000/health"]
        kube.can_exec(
            {"pod": "agents/two", "argv": argv, "stderr": "curl: (7) refused\n", "rc": 7},
            {"argv": argv, "stdout": "ok\n"},
        )
        well = kubectl(kube, "exec", "one", "--", *argv)
        sick = kubectl(kube, "exec", "two", "--", *argv)
        unknown = kubectl(kube, "exec", "one", "--", "touch", str(kube.state / "made"))
        assert (well.returncode, well.stdout) == (0, "ok\n")
        assert sick.returncode == 7
        assert "refused" in sick.stderr
        assert unknown.returncode == 127
        assert not (kube.state / "made").exists()

    def test_who_may_not_is_refused(self, kube: Cluster) -> None:
        kube.load([pod("one")])
        kube.can_exec({"argv": ["true"]})
        assert kubectl(kube, "get", "pods", user="reader").returncode == 0
        assert kubectl(kube, "logs", "one", user="reader").returncode == 0
        for argv, user in (
            (("exec", "one", "--", "true"), "reader"),
            (("delete", "pod", "one"), "reader"),
            (("get", "secrets"), "reader"),
            (("get", "pods"), "nobody"),
            (("logs", "one"), "nobody"),
        ):
            refused = kubectl(kube, *argv, user=user)
            assert refused.returncode == 1
            assert "Forbidden" in refused.stderr
        assert self.status(kube, "/api/v1/namespaces/agents/pods", "nobody") == 403
        assert self.status(kube, "/api/v1/namespaces/agents/pods", None) in (401, 403)
        kube.allow("nobody", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])
        try:
            assert self.status(kube, "/api/v1/namespaces/agents/pods", "nobody") == 200
        finally:
            kube.allow("nobody", [])

    @staticmethod
    def status(kube: Cluster, path: str, user: str | None, **options: Any) -> int:
        headers = {"Authorization": f"Bearer {kube.tokens[user]}"} if user else {}
        return requests.get(kube.url + path, headers=headers, verify=str(kube.authority), timeout=10).status_code

    def test_broken_pods(self, kube: Cluster) -> None:
        names = ("slow", "hung", "torn", "bad", "fine")
        kube.load([pod(name) for name in names])
        for name in names:
            kube.write_log("agents", name, "agent", f"{stamp(1)} {'x' * 2000}\n")
        kube.break_pods(
            {"pod": "agents/slow", "delay": 0.5},
            {"pod": "agents/hung", "hang": True, "on": "logs"},
            {"pod": "agents/torn", "cut": 0.5},
            {"pod": "agents/bad", "status": 500},
        )
        path = "/api/v1/namespaces/agents/pods/{}/log"
        headers = {"Authorization": f"Bearer {kube.tokens['admin']}"}

        def get(name: str) -> requests.Response:
            return requests.get(kube.url + path.format(name), headers=headers, verify=str(kube.authority), timeout=3)

        started = time.monotonic()
        assert len(get("slow").text) == 2001
        assert time.monotonic() - started >= 0.5
        with pytest.raises(requests.Timeout):
            get("hung")
        # The API server hides a kubelet that breaks off: all that is left to see is the missing end of the last line.
        torn = get("torn")
        assert torn.status_code == 200
        assert torn.text == "x" * 1000
        assert get("bad").status_code == 500
        assert len(get("fine").text) == 2001
        kube.break_pods()
        assert get("bad").status_code == 200

    def test_prometheus_behind_the_service_proxy(self, kube: Cluster, prometheus: Callable[..., Prometheus]) -> None:
        kube.expose("monitoring", "prometheus", prometheus(history()).url, {"app": "prometheus"})
        path = "/api/v1/namespaces/monitoring/services/prometheus:http/proxy/api/v1/query?query=vector(1)"
        assert self.status(kube, path, "reader") == 200
        assert self.status(kube, path, "nobody") == 403

    def test_a_bundle_is_loaded_as_it_lies(self, kube: Cluster, tmp_path: Path) -> None:
        bundle = write_bundle(tmp_path)
        counts = kube.load_bundle(bundle)
        assert counts["Pod"] == 1
        assert counts["logs"] == 2
        assert kubectl(kube, "logs", "one").stdout == "LLM_CALL now\n"
        assert kubectl(kube, "logs", "one", "--previous").stdout == "before\n"


def history(step: int = 30, samples: int = 121) -> str:
    """An hour of a counter that grows by 1 a sample; it ends at a fixed time."""
    lines = ["# TYPE agent_tasks counter"]
    for number in range(samples):
        at = 1_772_000_000 + number * step
        lines.append(f'agent_tasks_total{{agent_name="a \\"quoted\\" name",status="success"}} {number} {at}')
    return "\n".join([*lines, "# EOF", ""])


HISTORY_END = 1_772_000_000 + 120 * 30


class TestPrometheus:
    def test_backfilled_samples_answer_an_instant_query(self, prometheus: Callable[..., Prometheus]) -> None:
        check_history(prometheus(history()))

    def test_version_3(self, prometheus3: Callable[..., Prometheus]) -> None:
        server = prometheus3(history())
        check_history(server)
        info = requests.get(f"{server.url}/api/v1/status/buildinfo", timeout=10).json()
        assert info["data"]["version"].startswith("3.")

    @pytest.mark.parametrize("tls", ["server", "mutual"])
    def test_tls(self, prometheus: Callable[..., Prometheus], tls: str) -> None:
        server = prometheus(history(), tls=tls)
        check_history(server)
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.url, timeout=10)

    def test_samples_that_cannot_be_read_are_an_error(self, prometheus: Callable[..., Prometheus]) -> None:
        with pytest.raises(RuntimeError, match="promtool could not read"):
            prometheus("agent_tasks_total{ 1\n# EOF\n")

    def test_bundle_samples(self, prometheus: Callable[..., Prometheus], tmp_path: Path) -> None:
        server = prometheus(write_openmetrics(write_bundle(tmp_path / "bundle"), tmp_path / "samples.om"))
        found = server.query("agent_cost_total_usd_total", at=1_772_000_060)
        assert found[0]["value"][1] == "0.30000000000000004"
        assert found[0]["metric"]["model"] == 'back\\slash "m"'

    def test_rules_can_be_checked(self, promtool: Path, tmp_path: Path) -> None:
        rules = tmp_path / "rules.yml"
        rules.write_text("groups: [{name: g, rules: [{alert: A, expr: 'sum(rate(x[5m])'}]}]")
        done = subprocess.run([promtool, "check", "rules", rules], capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert "unclosed left parenthesis" in done.stderr + done.stdout


def check_history(server: Prometheus) -> None:
    found = server.query("increase(agent_tasks_total[30m])", at=HISTORY_END)
    assert found[0]["metric"]["agent_name"] == 'a "quoted" name'
    assert float(found[0]["value"][1]) == pytest.approx(60)


class TestVictoria:
    def test_openmetrics(self, victoria: Victoria) -> None:
        victoria.load_openmetrics(history())
        check_history(Prometheus(victoria.url, "victoria"))

    def test_bundle_samples(self, victoria: Victoria, tmp_path: Path) -> None:
        victoria.load_bundle(write_bundle(tmp_path))
        found = Prometheus(victoria.url, "victoria").query("agent_cost_total_usd_total", at=1_772_000_060)
        assert float(found[0]["value"][1]) == pytest.approx(0.3)


class TestBadLine:
    def test_faults_of_the_line(self, prometheus: Callable[..., Prometheus], bad_line: Callable[[str], Link]) -> None:
        line = bad_line(prometheus(history()).url)
        url = f"{line.url}/api/v1/query?query=agent_tasks_total"
        assert requests.get(url, timeout=5).ok
        line.fail(refusing=True)
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=5)
        line.fail(silent=True)
        with pytest.raises(requests.Timeout):
            requests.get(url, timeout=0.3)
        line.fail(cut_after=40)
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=5)
        line.fail(delay=0.4)
        with pytest.raises(requests.Timeout):
            requests.get(url, timeout=0.2)
        line.fail()
        assert requests.get(url, timeout=5).ok
        assert line.connections == 6

    def test_kubectl_through_a_line(self, kube: Cluster, bad_line: Callable[[str], Link]) -> None:
        line = bad_line(kube.url)
        config = str(kube.kubeconfig_through(line.url, "reader"))
        argv = ["kubectl", "--kubeconfig", config, "get", "--raw", "/api/v1/pods"]
        assert subprocess.run(argv, capture_output=True, timeout=60, check=False).returncode == 0
        line.fail(refusing=True)
        assert subprocess.run(argv, capture_output=True, timeout=60, check=False).returncode == 1


class TestLoki:
    def test_pushed_lines_are_found_with_their_labels(self, loki: Loki, tmp_path: Path) -> None:
        assert loki.load_bundle(write_bundle(tmp_path)) == 2
        at = 1_772_000_000_000_000_000
        found = loki.query_range('{namespace="agents", agent="triage"} |= "LLM_CALL"', at, at + 3_600_000_000_000)
        assert [value[1] for stream in found for value in stream["values"]] == ["LLM_CALL now"]
        kept = {name: found[0]["stream"].get(name) for name in ("namespace", "pod", "container", "app", "agent")}
        assert list(kept.values()) == ["agents", "one", "agent", "agent", "triage"]

    def test_the_line_limit_cuts(self, loki: Loki) -> None:
        at = time.time_ns()
        loki.push({"test": "limit"}, [(at - number, f"line {number}") for number in range(200)])
        found = loki.query_range('{test="limit"}', at - 1_000_000_000, at + 1, limit=50)
        assert sum(len(stream["values"]) for stream in found) == 50


class TestJaeger:
    def test_the_trace_is_found(self, jaeger: Jaeger, tmp_path: Path) -> None:
        assert jaeger.load_bundle(write_bundle(tmp_path)) == 1
        trace = jaeger.trace(TRACE)
        assert trace["spans"][0]["operationName"] == "tool.search_kb"
        assert jaeger.services() == ["triage"]

    def test_an_unknown_trace_is_not(self, jaeger: Jaeger) -> None:
        with pytest.raises(KeyError):
            jaeger.trace("0" * 31 + "1", seconds=0.2)


def write_bundle(folder: Path) -> Path:
    """A bundle with a pod, its two logs (one compressed), two samples and a span."""
    logs = folder / "logs" / "agents" / "one"
    for place in (logs, folder / "kubernetes", folder / "metrics", folder / "traces"):
        place.mkdir(parents=True)
    (folder / "bundle.json").write_text("{}")
    (logs / "agent.log").write_text("2026-02-25T06:30:00.5Z LLM_CALL now\n")
    (logs / "agent.previous.log.gz").write_bytes(gzip.compress(b"2026-02-25T06:20:00Z before\n"))
    (folder / "kubernetes" / "pods.json").write_text(json.dumps({"kind": "List", "items": [pod("one")]}))
    metric = {"__name__": "agent_cost_total_usd_total", "agent_name": "triage", "model": 'back\\slash "m"'}
    series = {"metric": metric, "values": [[1_772_000_000, "0"], [1_772_000_060, "0.30000000000000004"]]}
    (folder / "metrics" / "samples.jsonl").write_text(json.dumps(series) + "\n")
    began = 1_772_000_000_000_000_000
    span = {
        "traceId": TRACE,
        "spanId": "051581bf3cb55c13",
        "name": "tool.search_kb",
        "kind": 3,
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(began + 5_000_000),
    }
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": "triage"}}]}
    request = {"resourceSpans": [{"resource": service, "scopeSpans": [{"spans": [span]}]}]}
    (folder / "traces" / "spans.jsonl").write_text(json.dumps(request) + "\n")
    return folder
