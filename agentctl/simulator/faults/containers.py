"""Faults of releases and of containers that die."""

from __future__ import annotations

from collections.abc import Callable

from agentctl.simulator.build import environment, new_uid
from agentctl.simulator.clock import Process
from agentctl.simulator.fleet import MEBI, Agent, Pod, ReplicaSet, suffix
from agentctl.simulator.scenario import FaultSpec
from agentctl.simulator.stage import Stage, number

LIMIT = 512 * MEBI
_WORDS = {
    "config": (
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\nsession_ttl\n  Input should be a valid integer, "
        "unable to parse string as an integer [type=int_parsing, input_value='30m', input_type=str]",
        "/app/agent/settings.py",
        "settings = Settings()",
    ),
    "module": (
        "ModuleNotFoundError: No module named 'agent.plugins.routing'",
        "/app/agent/main.py",
        "from agent.plugins.routing import Router",
    ),
    "migration": (
        "RuntimeError: memory schema version 14 is newer than this build supports (12)",
        "/app/agent/memory.py",
        "store.check_schema()",
    ),
}


def rollout(stage: Stage, spec: FaultSpec) -> None:
    """A release of `agent`: a new ReplicaSet, pods replaced one by one up to the share `pods`.

    `errors` is the share of attempts that fail in the new version (0: a release that changed nothing), `bug` which fault it has;
    `model` is what the new version calls instead; with `crash` (config, module, migration; image: there is none to pull) the new
    container never stays up and the rollout stops at its first pod.
    """
    agent = stage.agent(spec)
    model = str(spec.parameters.get("model", ""))
    if model and model not in stage.world.models:
        raise ValueError(f"fault {spec.kind}: no model named {model!r}")
    errors, crash = number(spec, "errors", 0.0), str(spec.parameters.get("crash", ""))
    pods = max(1, round(len(agent.pods) * number(spec, "pods", 1.0)))
    _check_crash(spec, "" if crash == "image" else crash)

    def begin() -> None:
        revision = _next(stage, agent)
        if errors:
            revision.bug, revision.bug_share = int(number(spec, "bug", 0)), errors
        revision.crashes = bool(crash)
        if model:
            revision.env["AGENT_MODEL"] = revision.model = model
        stage.clock.start(stage.lifecycle.roll_out(agent, revision, pods))
        revision.missing_image = crash == "image"
        if crash and crash != "image":
            stage.clock.start(_crash_new(stage, agent, revision, crash))

    stage.between(spec, begin)


def _next(stage: Stage, agent: Agent) -> ReplicaSet:
    last = agent.replicasets[-1]
    name, _, version = last.image.rpartition(":")
    major, minor, _ = version.split(".")
    revision = ReplicaSet(
        "",
        suffix(stage.rng, 10),
        last.revision + 1,
        f"{name}:{major}.{int(minor) + 1}.0",
        stage.clock.now,
        environment(agent),
        uid=new_uid(stage.rng),
    )
    revision.name = f"{agent.deployment}-{revision.hash}"
    return revision


def _crash_new(stage: Stage, agent: Agent, revision: ReplicaSet, crash: str) -> Process:
    while True:
        for pod in agent.pods:
            if pod.replicaset is revision and pod.running and not pod.restarts:
                yield 1.0
                stage.clock.start(stage.lifecycle.crash_loop(pod, 2.2, _last_words(stage, crash)))
                return
        yield 0.5


def crash_loop(stage: Stage, spec: FaultSpec) -> None:
    """The containers of `agent` exit soon after every start, on a share `pods`: a ConfigMap changed under them, no release."""
    agent = stage.agent(spec)
    crash = str(spec.parameters.get("crash", "config"))
    _check_crash(spec, crash)
    until = stage.span(spec).end

    def begin() -> None:
        count = max(1, round(len(agent.pods) * number(spec, "pods", 1.0)))
        for pod in agent.pods[:count]:
            stage.clock.start(
                stage.lifecycle.crash_loop(pod, number(spec, "alive", 3.0), _last_words(stage, crash), until)
            )

    stage.between(spec, begin)


def _check_crash(spec: FaultSpec, crash: str) -> None:
    if crash and crash not in _WORDS:
        raise ValueError(f"fault {spec.kind}: crash {crash!r} is none of {', '.join(_WORDS)}")


def _last_words(stage: Stage, crash: str) -> Callable[[Pod], tuple[int, str]]:
    text, file, source = _WORDS[crash]

    def die(pod: Pod) -> tuple[int, str]:
        head = (
            'Traceback (most recent call last):\n  File "/usr/local/bin/agent", line 8, in <module>\n    sys.exit(main())\n'
            f'  File "{file}", line 21, in main\n    {source}\n{text}'
        )
        if pod.reachable:
            pod.sinks["agent"].write(stage.clock.now, head)
        return 1, "Error"

    return die


def memory_leak(stage: Stage, spec: FaultSpec) -> None:
    """The memory of `agent` grows by `mib_per_minute` until the kernel kills it at 512 MiB (exit code 137); then it begins again."""
    agent = stage.agent(spec)
    rate = number(spec, "mib_per_minute", 30.0) * MEBI / 60

    def begin() -> None:
        count = max(1, round(len(agent.pods) * number(spec, "pods", 1.0)))
        for pod in agent.pods[:count]:
            stage.clock.start(_leak(stage, pod, rate, stage.span(spec).end))

    stage.between(spec, begin)


def _leak(stage: Stage, pod: Pod, rate: float, until: float) -> Process:
    while pod.gone is None and stage.clock.now < until:
        gauges, key = pod.registry.gauges, pod.registry.memory_key
        gauges[key] += rate * 5.0 * stage.rng.uniform(0.7, 1.3)
        if gauges[key] >= LIMIT * 0.985 and pod.running:
            pid = stage.rng.randint(20000, 900000)
            rand = stage.rng.randint
            message = (
                f"Memory cgroup out of memory: Killed process {pid} (python3.11) total-vm:{rand(1200000, 1900000)}kB, "
                f"anon-rss:{int(LIMIT / 1024 * 0.97)}kB, file-rss:{rand(9000, 30000)}kB, shmem-rss:0kB, UID:1000 "
                f"pgtables:{rand(1800, 2600)}kB oom_score_adj:984"
            )
            stage.fleet.event(
                "Node",
                pod.node.name,
                pod.node.name,
                "Warning",
                "OOMKilling",
                message,
                stage.clock.now,
                "kernel-monitor",
                pod.node.name,
            )
            yield from _killed(stage, pod)
        yield 5.0


def _killed(stage: Stage, pod: Pod) -> Process:
    again = pod.restarts and pod.last_exit is not None and stage.clock.now - pod.started < 600
    stage.lifecycle.stop(pod, 137, "OOMKilled")
    pause = 10.0 * 2 ** min(pod.restarts, 5) if again else 1.5
    if again:
        pod.waiting = "CrashLoopBackOff"
        pod.waiting_message = (
            f"back-off {pause:.0f}s restarting failed container=agent pod={pod.name}_{stage.fleet.namespace}({pod.uid})"
        )
        stage.fleet.pod_event(
            pod,
            "Warning",
            "BackOff",
            f"Back-off restarting failed container agent in pod {pod.name}_{stage.fleet.namespace}({pod.uid})",
            stage.clock.now,
        )
    yield min(pause, 300.0)
    if pod.gone is None:
        stage.lifecycle.boot(pod)
