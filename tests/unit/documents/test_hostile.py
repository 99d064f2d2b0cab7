"""Hostile input is only input: one clear finding, bounded work, no crash."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentctl.documents.gather import gather
from agentctl.documents.load import load_bytes
from agentctl.documents.parser import MAX_BYTES, MAX_DEPTH, MAX_NODES

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{c}: &{c} [{','.join([f'*{p}'] * 10)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = {
    "flow": b"[" * 100_000,
    "maps": b"{a: " * 100_000,
    "block": b"- " * 100_000,
    "indented": b"".join(b" " * i + b"a:\n" for i in range(1, 1500)),
    "questions": b"? " * 50_000,
    "mixed": b"{a: [" * 30_000,
    "tagged": b"!!seq [" * 50_000,
    "quoted json": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_is_refused_and_does_not_end_the_process(name: str) -> None:
    findings = load_bytes(DEEP[name], "f").findings
    assert [f.code for f in findings] == ["AG001"]
    assert "levels" in findings[0].message


@pytest.mark.parametrize("indentless", [True, False])
def test_the_last_allowed_level_is_read(indentless: bool) -> None:
    levels = MAX_DEPTH - 2
    text = "agent:\n  name: x\nx-deep: " + "[" * levels + "]" * levels
    assert not load_bytes(text.encode(), "f").findings
    text = "agent:\n  name: x\nx-deep: " + "[" * (levels + 2) + "]" * (levels + 2)
    assert load_bytes(text.encode(), "f").findings


def test_an_alias_bomb_is_refused_before_it_is_built() -> None:
    findings = load_bytes(BOMB.encode(), "f").findings
    assert [f.code for f in findings] == ["AG001"]
    assert "alias" in findings[0].message


def test_a_merge_bomb_is_refused() -> None:
    text = "a: &a {" + ", ".join(f"k{i}: {i}" for i in range(100)) + "}\n"
    text += "".join(
        f"m{i}: &m{i}\n" + "".join(f"  x{j}:\n    <<: *{'a' if i == 0 else f'm{i - 1}'}\n" for j in range(12))
        for i in range(6)
    )
    assert [f.code for f in load_bytes(text.encode(), "f").findings] == ["AG001"]


def test_anchors_within_the_limit_are_legitimate() -> None:
    text = "x-a: &a [one, two]\nagent:\n  name: x\n  allowed_tools: *a\n"
    loaded = load_bytes(text.encode(), "f")
    assert not loaded.findings
    assert loaded.documents[0].get("agent", "allowed_tools") == ["one", "two"]


def test_too_many_nodes_and_too_many_bytes_are_refused() -> None:
    many = b"a:\n" + b"- x\n" * (MAX_NODES + 1)
    assert "nodes" in load_bytes(many, "f").findings[0].message
    assert "MiB" in load_bytes(b"#" * (MAX_BYTES + 1), "f").findings[0].message


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as handle:
        handle.truncate(50 * 1024 * 1024 * 1024)
    (tmp_path / "ok.yaml").write_text("agent: {name: x}")
    found = gather([str(tmp_path)], BytesIO())
    assert [f.code for f in found.findings] == ["AG001"]
    assert [d.name for d in found.documents] == ["x"]


def test_a_folder_of_everything(tmp_path: Path) -> None:
    (tmp_path / "ok.yaml").write_text("agent: {name: x}")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "template.yaml").write_text("agent:\n  name: {{ .Values.name }}\n")
    (tmp_path / "notes.txt").write_text("agent: [")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "again.yml").symlink_to("ok.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "fifo.yaml").symlink_to("pipe.yaml")
    hidden = tmp_path / ".git"
    hidden.mkdir()
    (hidden / "x.yaml").write_text("agent: [")
    found = gather([str(tmp_path)], BytesIO())
    assert [d.name for d in found.documents] == ["x"]
    assert [Path(f.location.file).name for f in found.findings if f.location] == ["binary.yaml"]
    assert [Path(s.file).name for s in found.skipped] == ["template.yaml"]
    assert len(found.errors) == 1
    assert "loop.yaml" in found.errors[0].message


def test_the_parser_survives_in_a_process_of_its_own() -> None:
    """A crash of libyaml would end the process, not raise."""
    code = "import sys; from agentctl.documents.load import load_bytes; print(len(load_bytes(sys.stdin.buffer.read(), 'f').findings))"
    for raw in DEEP.values():
        done = subprocess.run([sys.executable, "-c", code], input=raw, capture_output=True, timeout=60)
        assert (done.returncode, done.stdout.strip()) == (0, b"1")


@given(st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_no_bytes_crash(raw: bytes) -> None:
    load_bytes(raw, "f")


PIECES = ["apiVersion: v1\nkind: ConfigMap\ndata:\n", "  a: |\n", "    agent:\n", "      name: x\n", '  b: "agent: {name: ', "\\n", '"}"\n', "'", "---\n",
          "kind: List\nitems:\n", "- ", "agent: ", "{name: ", "}", "\t", "\r\n", "\x85", "  >\n", "# agentctl: ignore[AG301]\n", "&a ", "*a"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
@settings(max_examples=800, deadline=None)
def test_every_place_is_in_the_file(text: str) -> None:
    loaded = load_bytes(text.encode(), "f")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n").split("\n")
    for document in loaded.documents:
        assert all(1 <= span.line <= len(lines) for span in document.spans.values())
        assert all(span.column >= 1 for span in document.spans.values())
        assert document.comments is not None
    for finding in loaded.findings:
        assert finding.location is not None
        assert 1 <= finding.location.line <= len(lines)
