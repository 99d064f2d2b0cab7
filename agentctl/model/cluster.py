"""Kubernetes objects, reduced to what a diagnosis reads. Times are unix seconds UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Container:
    """A container and its status. `state` is running, waiting, terminated or unknown."""

    name: str
    image: str = ""
    init: bool = False
    ready: bool = False
    restarts: int = 0
    state: str = "unknown"
    reason: str = ""
    exit_code: int | None = None
    started_at: float | None = None
    last_reason: str = ""
    last_exit_code: int | None = None
    last_finished_at: float | None = None
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod. `owner` is the workload that stands behind it: (kind, name) with the ReplicaSet resolved to its Deployment."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    phase: str
    node: str = ""
    owner: tuple[str, str] | None = None
    replicaset: str = ""
    created_at: float | None = None
    deleted_at: float | None = None
    ready: bool = False
    reason: str = ""
    containers: tuple[Container, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes event. `subject` is (kind, name) of what it is about."""

    namespace: str
    kind: str
    name: str
    type: str
    reason: str
    message: str
    count: int = 1
    first_seen: float | None = None
    last_seen: float | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment or ReplicaSet (or StatefulSet). `revision` is the deployment.kubernetes.io/revision annotation."""

    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    revision: int | None = None
    replicas: int = 0
    ready_replicas: int = 0
    owner: tuple[str, str] | None = None
    created_at: float | None = None
    images: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    progressing_at: float | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A node: ready or not, and since when."""

    name: str
    ready: bool | None
    ready_since: float | None = None
    reason: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    unschedulable: bool = False
