"""Loki as a single process, with logs of any age welcome."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from testbed import binaries, bundles
from testbed.process import free_port, responds, server

_LINES_A_PUSH = 5000


def _configuration(folder: Path, http: int, grpc: int, multi_tenant: bool) -> dict[str, Any]:
    store = {"filesystem": {"chunks_directory": str(folder / "chunks"), "rules_directory": str(folder / "rules")}}
    day_one = {
        "from": "2020-01-01", "store": "tsdb", "object_store": "filesystem", "schema": "v13",
        "index": {"prefix": "index_", "period": "24h"},
    }  # fmt: skip
    return {
        "auth_enabled": multi_tenant,
        "analytics": {"reporting_enabled": False},
        "server": {
            "http_listen_address": "127.0.0.1", "http_listen_port": http, "log_level": "warn",
            "grpc_listen_address": "127.0.0.1", "grpc_listen_port": grpc,
            "grpc_server_max_recv_msg_size": 64 << 20, "grpc_server_max_send_msg_size": 64 << 20,
        },
        "common": {
            "path_prefix": str(folder), "replication_factor": 1, "storage": store, "instance_addr": "127.0.0.1",
            "ring": {"instance_addr": "127.0.0.1", "kvstore": {"store": "inmemory"}},
        },
        "schema_config": {"configs": [day_one]},
        "ingester": {
            "lifecycler": {"min_ready_duration": "0s", "final_sleep": "0s"},
            "wal": {"enabled": False},
            # History is queried where it was just pushed: ingesters are asked for all of it, not for the last hours only.
            "query_store_max_look_back_period": "-1ns",
        },
        "querier": {"query_ingesters_within": "0s"},
        # The parts find each other by polling; the default of ten seconds is what a start would take.
        "frontend": {"scheduler_dns_lookup_period": "200ms"},
        "frontend_worker": {"dns_lookup_duration": "200ms"},
        "limits_config": {
            "reject_old_samples": False, "unordered_writes": True, "max_query_lookback": "0s",
            "ingestion_rate_mb": 500, "ingestion_burst_size_mb": 500, "per_stream_rate_limit": "500MB",
            "per_stream_rate_limit_burst": "500MB", "max_global_streams_per_user": 0, "max_query_series": 100000,
            "max_query_length": "0s", "discover_log_levels": False, "discover_service_name": [],
            "max_entries_limit_per_query": 5000,
        },
    }  # fmt: skip


@dataclass(frozen=True)
class Loki:
    """A running Loki."""

    url: str

    def push(self, labels: dict[str, str], lines: Iterable[tuple[int, str]], tenant: str = "") -> None:
        """Sends (nanoseconds, line) pairs as one stream; raises requests.HTTPError."""
        values = [[str(at), line] for at, line in lines]
        headers = {"X-Scope-OrgID": tenant} if tenant else {}
        for start in range(0, len(values), _LINES_A_PUSH):
            body = {"streams": [{"stream": labels, "values": values[start : start + _LINES_A_PUSH]}]}
            answer = requests.post(f"{self.url}/loki/api/v1/push", json=body, headers=headers, timeout=60)
            if not answer.ok:
                raise requests.HTTPError(f"{answer.status_code} {answer.text[:300]}", response=answer)

    def load_bundle(self, folder: Path, tenant: str = "") -> int:
        """Sends the logs of a bundle with labels namespace, pod, container, app, agent; returns the number of lines."""
        count = 0
        for labels, lines in bundles.streams(folder):
            self.push(labels, lines, tenant)
            count += len(lines)
        return count

    def query_range(self, logql: str, start: int, end: int, limit: int = 1000) -> list[dict[str, Any]]:
        """The streams of a range query; ``start`` and ``end`` in nanoseconds."""
        parameters = {"query": logql, "start": str(start), "end": str(end), "limit": str(limit)}
        answer = requests.get(f"{self.url}/loki/api/v1/query_range", parameters, timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found


@contextmanager
def running(folder: Path, *, multi_tenant: bool = False) -> Iterator[Loki]:
    """An empty Loki with its data in ``folder``. Raises binaries.Missing.

    With ``multi_tenant`` requests need the header X-Scope-OrgID.
    """
    program, http = binaries.find("loki"), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "loki.yaml"
    path.write_text(json.dumps(_configuration(folder, http, free_port(), multi_tenant)))
    url = f"http://127.0.0.1:{http}"
    # Some seconds pass between "ready" and the first answer, as the query scheduler first has to find itself.
    query = f"{url}/loki/api/v1/query_range?query=%7Bnone%3D%22none%22%7D"
    ready = lambda: responds(f"{url}/ready") and responds(query)  # noqa: E731
    with server([program, f"-config.file={path}"], folder / "loki.log", ready):
        yield Loki(url)
