"""Kubernetes objects as the API (and `kubectl get -o json`) prints them → the model. Bundles and live clusters share it.

Nothing here trusts a shape: a field of the wrong type counts as absent, so that one odd object never hides the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from agentctl.model.cluster import Container, Event, Node, Pod, Workload
from agentctl.model.redaction import redact
from agentctl.sources.redacting import redacted_object

Json = Mapping[str, Any]
# (namespace, ReplicaSet) → the (kind, name) that owns it.
Owners = Mapping[tuple[str, str], tuple[str, str]]

_REVISION = "deployment.kubernetes.io/revision"


def items(document: Any) -> list[Json]:
    """The objects of a list (`{"items": […]}`), of a bare JSON array, or the one object that stands alone."""
    if isinstance(document, Mapping):
        found = document.get("items")
        document = found if isinstance(found, list) else [document] if "metadata" in document else []
    return [item for item in document if isinstance(item, Mapping)] if isinstance(document, list) else []


def unix(value: Any) -> float | None:
    """A Kubernetes time (RFC 3339) as unix seconds UTC; None where there is none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def pod(item: Json, owners: Owners | None = None) -> Pod:
    """A pod. Its ReplicaSet is resolved to the Deployment through `owners`, else by the pod's own `pod-template-hash`."""
    meta, spec, status = _map(item, "metadata"), _map(item, "spec"), _map(item, "status")
    labels = _strings(meta.get("labels"))
    kind, name = controller(meta)
    replicaset = name if kind == "ReplicaSet" else ""
    namespace = _text(meta, "namespace")
    if replicaset:
        kind, name = _workload_of(namespace, replicaset, labels, owners or {})
    return Pod(
        namespace=namespace,
        name=_text(meta, "name"),
        labels=labels,
        phase=_text(status, "phase") or "Unknown",
        node=_text(spec, "nodeName"),
        owner=(kind, name) if name else None,
        replicaset=replicaset,
        created_at=unix(meta.get("creationTimestamp")),
        deleted_at=unix(meta.get("deletionTimestamp")),
        ready=_condition(status, "Ready") == "True",
        reason=_text(status, "reason") or _unscheduled(status),
        containers=tuple(_containers(spec, status)),
        annotations=_strings(meta.get("annotations")),
    )


def workload(item: Json, kind: str = "") -> Workload:
    """A Deployment, ReplicaSet or StatefulSet; `kind` stands in where the list's items do not say theirs."""
    meta, spec, status = _map(item, "metadata"), _map(item, "spec"), _map(item, "status")
    template = _map(_map(spec, "template"), "spec")
    containers = _list(template, "containers")
    env: dict[str, str] = {}
    for one in containers:
        env.update(_env(one))
    owner = controller(meta)
    annotations = _strings(meta.get("annotations"))
    revision = annotations.get(_REVISION, "")
    return Workload(
        kind=_text(item, "kind") or kind,
        namespace=_text(meta, "namespace"),
        name=_text(meta, "name"),
        labels=_strings(_map(_map(spec, "template"), "metadata").get("labels")) | _strings(meta.get("labels")),
        revision=int(revision) if revision.isascii() and revision.isdigit() else None,
        replicas=_int(spec.get("replicas"), 1),
        ready_replicas=_int(status.get("readyReplicas"), 0),
        owner=owner if owner[1] else None,
        created_at=unix(meta.get("creationTimestamp")),
        images=tuple(_text(one, "image") for one in containers),
        env=env,
        annotations=annotations,
        progressing_at=_progressing(status),
    )


def event(item: Json) -> Event:
    """An event, of the core API or of events.k8s.io (whose newer fields stand in where the older ones are empty)."""
    meta = _map(item, "metadata")
    about = _map(item, "involvedObject") or _map(item, "regarding")
    series = _map(item, "series")
    at = unix(item.get("eventTime")) or unix(meta.get("creationTimestamp"))
    first = unix(item.get("firstTimestamp")) or unix(item.get("deprecatedFirstTimestamp")) or at
    last = (
        unix(series.get("lastObservedTime"))
        or unix(item.get("lastTimestamp"))
        or unix(item.get("deprecatedLastTimestamp"))
    )
    count = _int(item.get("count"), 0) or _int(series.get("count"), 0) or _int(item.get("deprecatedCount"), 0)
    return Event(
        namespace=_text(about, "namespace") or _text(meta, "namespace"),
        kind=_text(about, "kind"),
        name=_text(about, "name"),
        type=_text(item, "type"),
        reason=_text(item, "reason"),
        message=redact(_text(item, "message") or _text(item, "note")),
        count=max(count, 1),
        first_seen=first,
        last_seen=last or first,
    )


def node(item: Json) -> Node:
    """A node; `ready` is None where its kubelet has stopped reporting (status Unknown)."""
    meta, spec, status = _map(item, "metadata"), _map(item, "spec"), _map(item, "status")
    ready = next((c for c in _list(status, "conditions") if c.get("type") == "Ready"), {})
    return Node(
        name=_text(meta, "name"),
        ready={"True": True, "False": False}.get(_text(ready, "status")),
        ready_since=unix(ready.get("lastTransitionTime")),
        reason=_text(ready, "reason"),
        conditions={_text(c, "type"): _text(c, "status") for c in _list(status, "conditions") if c.get("type")},
        unschedulable=spec.get("unschedulable") is True,
    )


def owners_of(replicasets: Iterable[Workload]) -> dict[tuple[str, str], tuple[str, str]]:
    """(namespace, ReplicaSet) → the Deployment that owns it."""
    return {(r.namespace, r.name): r.owner for r in replicasets if r.owner}


def controller(meta: Json) -> tuple[str, str]:
    """The (kind, name) of the owner that controls an object; ("", "") where it has none."""
    owners = _list(meta, "ownerReferences")
    chosen = next((o for o in owners if o.get("controller") is True), owners[0] if owners else {})
    return _text(chosen, "kind"), _text(chosen, "name")


def _workload_of(namespace: str, replicaset: str, labels: Mapping[str, str], owners: Owners) -> tuple[str, str]:
    known = owners.get((namespace, replicaset))
    if known:
        return known
    suffix = "-" + labels.get("pod-template-hash", "")
    if len(suffix) > 1 and replicaset.endswith(suffix) and replicaset != suffix:
        return "Deployment", replicaset.removesuffix(suffix)
    return "ReplicaSet", replicaset


def _containers(spec: Json, status: Json) -> Iterable[Container]:
    for key, states, init in (
        ("initContainers", "initContainerStatuses", True),
        ("containers", "containerStatuses", False),
        ("ephemeralContainers", "ephemeralContainerStatuses", False),
    ):
        by_name = {_text(s, "name"): s for s in _list(status, states)}
        declared = _list(spec, key)
        for one in declared:
            yield _container(one, by_name.pop(_text(one, "name"), {}), init)
        for leftover in by_name.values():
            yield _container({}, leftover, init)


def _container(declared: Json, status: Json, init: bool) -> Container:
    state, detail = _state(_map(status, "state"))
    _, last = _state(_map(status, "lastState"))
    return Container(
        name=_text(declared, "name") or _text(status, "name"),
        image=_text(declared, "image") or _text(status, "image"),
        init=init,
        ready=status.get("ready") is True,
        restarts=_int(status.get("restartCount"), 0),
        state=state,
        reason=_text(detail, "reason"),
        exit_code=_code(detail),
        started_at=unix(detail.get("startedAt")),
        last_reason=_text(last, "reason"),
        last_exit_code=_code(last),
        last_finished_at=unix(last.get("finishedAt")),
        env=_env(declared),
    )


def _state(state: Json) -> tuple[str, Json]:
    for name in ("running", "waiting", "terminated"):
        if isinstance(state.get(name), Mapping):
            return name, state[name]
    return "unknown", {}


def _env(container: Json) -> dict[str, str]:
    """Plain values of the environment; what a name or the value itself gives away as a secret is masked."""
    out = {}
    for entry in _list(container, "env"):
        name, value = _text(entry, "name"), entry.get("value")
        if name and isinstance(value, str):
            out[name] = str(redacted_object(value, name))
    return out


def _progressing(status: Json) -> float | None:
    found = next((c for c in _list(status, "conditions") if c.get("type") == "Progressing"), {})
    return unix(found.get("lastUpdateTime")) or unix(found.get("lastTransitionTime"))


def _unscheduled(status: Json) -> str:
    found: Json = next((c for c in _list(status, "conditions") if c.get("type") == "PodScheduled"), {})
    return _text(found, "reason") if found.get("status") == "False" else ""


def _condition(status: Json, kind: str) -> str:
    return next((_text(c, "status") for c in _list(status, "conditions") if c.get("type") == kind), "")


def _code(detail: Json) -> int | None:
    code = detail.get("exitCode")
    return code if isinstance(code, int) else None


def _int(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _text(item: Json, key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _map(item: Json, key: str) -> Json:
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def _list(item: Json, key: str) -> list[Json]:
    value = item.get(key)
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def _strings(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}
