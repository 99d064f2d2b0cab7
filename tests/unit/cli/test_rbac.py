"""The role is the least there is, and it is YAML that kubectl takes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml


def _run(*words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "agentctl", "rbac", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_a_cluster_role_that_only_reads() -> None:
    (role,) = yaml.safe_load_all(_run())
    assert (role["kind"], role["metadata"]) == ("ClusterRole", {"name": "agentctl-reader"})
    granted = {
        (g, r, v) for rule in role["rules"] for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]
    }
    assert {v for _, _, v in granted} == {"get", "list"}
    assert ("", "pods/log", "get") in granted
    assert ("apps", "replicasets", "list") in granted
    assert not [r for _, r, _ in granted if "secret" in r or "*" in r or "exec" in r]


def test_what_is_not_needed_is_left_out() -> None:
    assert "services" not in _run("--no-proxy")
    assert "pods/exec" in _run("--allow-exec")


def test_namespaces_get_roles_of_their_own_and_nodes_stay_central() -> None:
    found = list(yaml.safe_load_all(_run("-n", "agents", "-n", "more", "--service-account", "ops/agentctl")))
    assert [(o["kind"], o["metadata"].get("namespace")) for o in found] == [
        ("Role", "agents"),
        ("RoleBinding", "agents"),
        ("Role", "more"),
        ("RoleBinding", "more"),
        ("ClusterRole", None),
        ("ClusterRoleBinding", None),
    ]
    assert found[4]["rules"] == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]
    assert found[1]["subjects"] == [{"kind": "ServiceAccount", "name": "agentctl", "namespace": "ops"}]


def test_the_envelope_holds_the_manifests() -> None:
    said = json.loads(_run("-o", "json"))
    assert [m["kind"] for m in said["data"]["manifests"]] == ["ClusterRole"]
    assert all(r["why"] for r in said["data"]["rights"])


@pytest.mark.parametrize("words", [["-n", "No Such"], ["--service-account", "alone"], ["--name", "a/b"]])
def test_names_that_kubernetes_does_not_take(words: list[str]) -> None:
    _run(*words, code=2)
