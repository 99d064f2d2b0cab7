"""A small bundle on the disk, which each test bends as it needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MANIFEST = {
    "schemaVersion": "agentctl/bundle-v1",
    "createdAt": "2026-03-03T11:00:00Z",
    "window": {"start": "2026-03-03T10:00:00Z", "end": "2026-03-03T11:00:00Z"},
    "target": {"name": "prod", "namespace": "agents"},
    "sources": {},
}


def pod(name: str, labels: dict[str, str] | None = None, owner: tuple[str, str] | None = None) -> dict[str, Any]:
    """A running pod as `kubectl get -o json` prints it."""
    meta: dict[str, Any] = {"name": name, "namespace": "agents", "labels": labels or {}}
    if owner:
        meta["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    return {
        "kind": "Pod",
        "metadata": meta,
        "spec": {"nodeName": "node-1", "containers": [{"name": "main", "image": "agent:1"}]},
        "status": {
            "phase": "Running",
            "containerStatuses": [{"name": "main", "restartCount": 0, "state": {"running": {}}}],
        },
    }


Write = Callable[[str, Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of the bundle: text and bytes as they are, anything else as JSON."""

    def _write(name: str, content: Any) -> Path:
        path = tmp_path / "incident" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return _write


@pytest.fixture
def folder(write: Write) -> Path:
    """A bundle with nothing but its manifest."""
    return write("bundle.json", MANIFEST).parent
