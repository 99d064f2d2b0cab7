"""Jaeger, all parts in one process, traces kept in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from testbed import binaries, bundles
from testbed.process import free_port, responds, server


def _configuration(ports: dict[str, int]) -> dict[str, Any]:
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    return {
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
        },
        "extensions": {
            "jaeger_query": {
                "storage": {"traces": "memory"},
                "enable_tracing": False,  # its own spans would wait ten seconds for a collector at the end
                "http": {"endpoint": at["query"]},
                "grpc": {"endpoint": at["query_grpc"]},
            },
            "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 200_000}}}},
            "healthcheckv2": {"use_v2": True, "http": {"endpoint": at["health"]}},
        },
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": at["otlp"], "max_request_body_size": 64 << 20}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
    }


@dataclass(frozen=True)
class Jaeger:
    """A running Jaeger: ``url`` for queries, ``otlp`` takes OTLP/HTTP."""

    url: str
    otlp: str

    def export(self, request: dict[str, Any]) -> int:
        """Sends one OTLP export request ({"resourceSpans": [...]}); returns its number of spans."""
        answer = requests.post(f"{self.otlp}/v1/traces", json=request, timeout=60)
        if not answer.ok:
            raise requests.HTTPError(f"{answer.status_code} {answer.text[:300]}", response=answer)
        scopes = [scope for resource in request["resourceSpans"] for scope in resource.get("scopeSpans", [])]
        return sum(len(scope.get("spans", [])) for scope in scopes)

    def load_bundle(self, folder: Path) -> int:
        """Sends ``traces/spans.jsonl`` of a bundle; returns the number of spans."""
        return sum(self.export(request) for request in bundles.spans(folder))

    def services(self) -> list[str]:
        """The services that have sent spans."""
        found: list[str] = requests.get(f"{self.url}/api/services", timeout=30).json()["data"] or []
        return found

    def trace(self, trace_id: str, seconds: float = 10) -> dict[str, Any]:
        """One trace in Jaeger's own form; waits for it, raises KeyError when it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = requests.get(f"{self.url}/api/traces/{trace_id}", timeout=30)
            if answer.ok and answer.json().get("data"):
                found: dict[str, Any] = answer.json()["data"][0]
                return found
            time.sleep(0.1)
        raise KeyError(trace_id)


@contextmanager
def running(folder: Path) -> Iterator[Jaeger]:
    """An empty Jaeger. Raises binaries.Missing."""
    program = binaries.find("jaeger")
    folder.mkdir(parents=True, exist_ok=True)
    ports = {name: free_port() for name in ("query", "query_grpc", "health", "otlp")}
    path = folder / "jaeger.yaml"
    path.write_text(json.dumps(_configuration(ports)))
    ready = f"http://127.0.0.1:{ports['health']}/status"
    with server([program, f"--config=file:{path}"], folder / "jaeger.log", lambda: responds(ready)):
        yield Jaeger(f"http://127.0.0.1:{ports['query']}", f"http://127.0.0.1:{ports['otlp']}")
