"""A Kubernetes API server with etcd and the test kubelet: TLS, RBAC, and three users with a kubeconfig each."""

from __future__ import annotations

import json
import os
import secrets
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from testbed import binaries, certificates, etcd
from testbed.api import Api
from testbed.cluster import Cluster
from testbed.process import free_port, responds, server

# user → groups: one that may do all, one that may only look, one that may do nothing.
USERS = {"admin": "system:masters", "reader": "", "nobody": ""}

# The admission plug-ins that would change or refuse what a loaded cluster holds, or that need controllers.
_NO_ADMISSION = (
    "ServiceAccount", "TaintNodesByCondition", "Priority", "DefaultTolerationSeconds", "RuntimeClass",
    "StorageObjectInUseProtection", "DefaultStorageClass",
)  # fmt: skip

# WebSocket exec is handed to the kubelet as it is; by default the API server would translate it to SPDY.
_FEATURES = "TranslateStreamCloseWebsocketRequests=false,PortForwardWebsockets=false"


def _kubeconfig(user: str, token: str, url: str, authority: Path, namespace: str = "agents") -> str:
    # JSON is YAML, so kubectl and the client libraries read it.
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "bed", "cluster": {"server": url, "certificate-authority": str(authority)}}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": user, "namespace": namespace}}],
            "current-context": "bed",
        },
        indent=1,
    )


@contextmanager
def _kubelet(folder: Path, authority: certificates.Authority) -> Iterator[int]:
    port, pair, client = free_port(), authority.issue("kubelet"), authority.issue("bed-check")
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.load_cert_chain(client.certificate, client.key)
    argv = [
        sys.executable, "-m", "testbed.kubelet", "--root", folder, "--port", str(port),
        "--certificate", pair.certificate, "--key", pair.key, "--client-ca", authority.certificate,
    ]  # fmt: skip
    path = os.pathsep.join(filter(None, [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH")]))
    url = f"https://127.0.0.1:{port}/healthz"
    ready = lambda: responds(url, context)  # noqa: E731
    with server(argv, folder.parent / "kubelet.log", ready, environment={"PYTHONPATH": path}):
        yield port


@contextmanager
def _api_server(
    folder: Path, authority: certificates.Authority, store: etcd.Etcd, tokens: dict[str, str]
) -> Iterator[str]:
    port, serving, client = free_port(), authority.issue("kube-apiserver"), authority.issue("kubelet-client")
    private, public = certificates.service_account_keys(folder / "pki")
    token_file = folder / "tokens.csv"
    token_file.touch(mode=0o600)
    token_file.write_text("".join(f'{tokens[user]},{user},{user},"{groups}"\n' for user, groups in USERS.items()))
    options = {
        "etcd-servers": store.url,
        "storage-media-type": "application/json",
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "secure-port": port,
        "tls-cert-file": serving.certificate,
        "tls-private-key-file": serving.key,
        "service-cluster-ip-range": "10.96.0.0/16",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": public,
        "service-account-signing-key-file": private,
        "token-auth-file": token_file,
        "authorization-mode": "RBAC",
        "disable-admission-plugins": ",".join(_NO_ADMISSION),
        "kubelet-preferred-address-types": "InternalIP",
        "kubelet-certificate-authority": authority.certificate,
        "kubelet-client-certificate": client.certificate,
        "kubelet-client-key": client.key,
        "allow-privileged": "true",
        "event-ttl": "720h",
        "feature-gates": _FEATURES,
        # A bed for load tests must not be the one that throttles.
        "max-requests-inflight": 4000,
        "max-mutating-requests-inflight": 2000,
    }
    url = f"https://127.0.0.1:{port}"
    context = ssl.create_default_context(cafile=str(authority.certificate))
    headers = {"Authorization": f"Bearer {tokens['admin']}"}
    argv = [binaries.find("kube-apiserver"), *(f"--{name}={value}" for name, value in options.items())]
    # /readyz waits for the default RBAC roles, which the least-privileged users need.
    ready = lambda: responds(f"{url}/readyz", context, headers)  # noqa: E731
    with server(argv, folder / "kube-apiserver.log", ready):
        yield url


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """An empty cluster, its files in ``folder``, gone with the block. Raises binaries.Missing."""
    for program in ("etcd", "kube-apiserver"):
        binaries.find(program)
    state = folder / "kubelet"
    state.mkdir(parents=True, exist_ok=True)
    authority = certificates.Authority(folder / "pki")
    tokens = {user: secrets.token_hex(16) for user in USERS}
    with ExitStack() as stack:
        store = stack.enter_context(etcd.running(folder))
        port = stack.enter_context(_kubelet(state, authority))
        url = stack.enter_context(_api_server(folder, authority, store, tokens))
        kubeconfigs = {}
        for user, token in tokens.items():
            kubeconfigs[user] = folder / f"{user}.kubeconfig"
            kubeconfigs[user].touch(mode=0o600)
            kubeconfigs[user].write_text(_kubeconfig(user, token, url, authority.certificate))
        api = Api(url, tokens["admin"], authority.certificate)
        cluster = Cluster(url, kubeconfigs, tokens, authority.certificate, api, store, state, port)
        cluster.allow_reading("reader")
        yield cluster
