"""VictoriaMetrics: answers the Prometheus API, with differences that a client should survive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from testbed import binaries, bundles
from testbed.process import free_port, responds, server


@dataclass(frozen=True)
class Victoria:
    """A running server; ``url`` takes the paths of the Prometheus API."""

    url: str

    def load_openmetrics(self, text: str) -> None:
        """Takes samples in OpenMetrics text with stamps in seconds; visible to queries when this returns."""
        lines = []
        for line in text.splitlines():
            if line and not line.startswith("#"):
                body, stamp = line.rsplit(" ", 1)
                lines.append(f"{body} {int(float(stamp) * 1000)}")
        self._post("/api/v1/import/prometheus", "\n".join(lines) + "\n")

    def load_bundle(self, folder: Path) -> None:
        """Takes the samples of a bundle."""
        rows = []
        for series in bundles.samples(folder):
            stamps = [int(float(at) * 1000) for at, _ in series["values"]]
            values = [float(value) for _, value in series["values"]]
            rows.append(json.dumps({"metric": series["metric"], "values": values, "timestamps": stamps}))
        self._post("/api/v1/import", "\n".join(rows) + "\n")

    def _post(self, path: str, body: str) -> None:
        requests.post(self.url + path, data=body.encode(), timeout=60).raise_for_status()
        requests.get(f"{self.url}/internal/force_flush", timeout=60).raise_for_status()


@contextmanager
def running(folder: Path) -> Iterator[Victoria]:
    """An empty server with its data in ``folder``. Raises binaries.Missing."""
    program, port = binaries.find("victoria-metrics"), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    argv = [
        program, f"-storageDataPath={folder / 'data'}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y",
        "-search.latencyOffset=0s", "-loggerLevel=WARN",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with server(argv, folder / "victoria.log", lambda: responds(f"{url}/health")):
        yield Victoria(url)
