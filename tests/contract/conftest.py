"""A cluster to talk to."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .kubernetes_server import Cluster, Served, serving


def pod(
    name: str, restarts: int = 0, state: str = "running", namespace: str = "agents", **labels: str
) -> dict[str, Any]:
    """A pod as the API prints it; one that restarted has a run before."""
    status: dict[str, Any] = {"name": "main", "restartCount": restarts, "ready": True}
    status["state"] = {state: {"reason": "CrashLoopBackOff"} if state == "waiting" else {}}
    if restarts:
        status["lastState"] = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "agent", **labels}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "main", "image": "agent:1"}]},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }


@pytest.fixture
def cluster() -> Cluster:
    """Three pods, one of them restarted."""
    made = Cluster(token="good-" + "token")
    made.objects["pods"] = [
        pod("search-0", agent="search"),
        pod("triage-0", restarts=2),
        pod("other", namespace="else"),
    ]
    made.logs["agents", "search-0", "main", False] = b"2026-03-03T10:00:00.5Z one\n2026-03-03T10:30:00Z two\n"
    made.logs["agents", "triage-0", "main", False] = b"2026-03-03T10:00:01Z now\n"
    made.logs["agents", "triage-0", "main", True] = b"2026-03-03T10:00:00Z before\n"
    return made


@pytest.fixture
def served(cluster: Cluster) -> Iterator[Served]:
    """The cluster behind a loopback server."""
    with serving(cluster) as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """(certificate, key, CA file) for 127.0.0.1, made for this run."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = tmp_path_factory.mktemp("tls")
    now = dt.datetime.now(dt.UTC)

    def build(subject: str, key: Any, issuer: str, signer: Any, ca: bool) -> x509.Certificate:
        name = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])  # noqa: E731
        builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(authority_key, critical=False)
        if not ca:
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        else:
            usage = dict.fromkeys(
                ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"), False
            )
            usage |= dict.fromkeys(("key_agreement", "encipher_only", "decipher_only"), False)
            builder = builder.add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        return builder.sign(signer, hashes.SHA256())

    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    (folder / "ca.crt").write_bytes(build("test ca", root, "test ca", root, True).public_bytes(pem))
    (folder / "server.crt").write_bytes(build("server", leaf, "test ca", root, False).public_bytes(pem))
    private = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(private)
    return folder / "server.crt", folder / "server.key", folder / "ca.crt"
