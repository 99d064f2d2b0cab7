"""Prometheus with a past: samples are written as blocks first, then the server starts on them."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import requests

from testbed import binaries, bundles, certificates
from testbed.process import free_port, responds, server

Edition = Literal["2", "3", "any"]
Tls = Literal["none", "server", "mutual"]


@dataclass(frozen=True)
class Prometheus:
    """A running server. ``authority`` and ``client`` are set when it speaks TLS."""

    url: str
    version: str
    authority: Path | None = None
    client: certificates.KeyPair | None = None

    def query(self, promql: str, at: float | None = None) -> list[dict[str, Any]]:
        """The result of an instant query (Unix time ``at``, default now); raises requests.HTTPError."""
        parameters = {"query": promql, **({"time": str(at)} if at is not None else {})}
        pair = (str(self.client.certificate), str(self.client.key)) if self.client else None
        verify = str(self.authority) if self.authority else True
        answer = requests.get(f"{self.url}/api/v1/query", parameters, timeout=30, verify=verify, cert=pair)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found


def programs(edition: Edition = "any") -> tuple[Path, Path]:
    """(prometheus, promtool) of major version 2 or 3; raises binaries.Missing."""
    if edition == "3":
        return binaries.find("prometheus3"), binaries.find("promtool3", "prometheus3")
    try:
        return binaries.find("prometheus"), binaries.find("promtool", "prometheus")
    except binaries.Missing:
        if edition == "2":
            raise
        return programs("3")


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def write_openmetrics(folder: Path, path: Path) -> Path:
    """Writes the samples of a bundle as OpenMetrics text. Values and stamps are taken over letter by letter."""
    with path.open("w", encoding="utf-8") as out:
        for series in bundles.samples(folder):
            labels = dict(series["metric"])
            name = labels.pop("__name__")
            inside = ",".join(f'{key}="{_escape(value)}"' for key, value in sorted(labels.items()))
            out.writelines(f"{name}{{{inside}}} {value} {at}\n" for at, value in series["values"])
        out.write("# EOF\n")
    return path


def backfill(promtool: Path, openmetrics: Path, data: Path) -> None:
    """Writes blocks from OpenMetrics text; raises RuntimeError with promtool's words.

    Long blocks are a matter of speed: with blocks of two hours a week of samples takes twenty times as long.
    """
    create = [promtool, "tsdb", "create-blocks-from", "--max-block-duration=162h", "-q", "openmetrics"]
    argv = [str(part) for part in (*create, openmetrics, data)]
    data.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(argv, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"promtool could not read {openmetrics.name}: {done.stderr.strip() or done.stdout.strip()}")


def _web_config(folder: Path, tls: Tls) -> tuple[list[str], Path, certificates.KeyPair]:
    authority = certificates.Authority(folder / "pki")
    pair, client = authority.issue("prometheus"), authority.issue("prometheus-client")
    settings = {"cert_file": str(pair.certificate), "key_file": str(pair.key)}
    if tls == "mutual":
        settings |= {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": str(authority.certificate)}
    path = folder / "web.yml"
    path.write_text(json.dumps({"tls_server_config": settings}))
    return [f"--web.config.file={path}"], authority.certificate, client


@contextmanager
def running(
    folder: Path, openmetrics: str | Path | None = None, *, edition: Edition = "any", tls: Tls = "none"
) -> Iterator[Prometheus]:
    """A server over the samples of ``openmetrics`` (text, or a file), its data in ``folder``.

    Raises binaries.Missing when there is no such server, RuntimeError when the samples cannot be read.
    """
    program, promtool = programs(edition)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(openmetrics, str):
        (folder / "samples.om").write_text(openmetrics, encoding="utf-8")
        openmetrics = folder / "samples.om"
    if openmetrics is not None:
        backfill(promtool, openmetrics, folder / "data")
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 30s}\n")
    extra: list[str] = []
    authority, client, context = None, None, None
    if tls != "none":
        extra, authority, client = _web_config(folder, tls)
        context = ssl.create_default_context(cafile=str(authority))
        context.load_cert_chain(client.certificate, client.key)
    port = free_port()
    argv = [
        program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn", *extra,
    ]  # fmt: skip
    url = f"http{'s' if context else ''}://127.0.0.1:{port}"
    with server(argv, folder / "prometheus.log", lambda: responds(f"{url}/-/ready", context)):
        yield Prometheus(url, "3" if program.name == "prometheus3" else "2", authority, client)
