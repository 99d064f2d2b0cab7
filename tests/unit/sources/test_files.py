"""Log files given by hand."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from agentctl.model.errors import InputError
from agentctl.sources.files import log_files
from agentctl.sources.protocols import LogQuery


def _put(path: Path, text: bytes = b"line\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return path


def test_a_file_is_known_by_its_name(tmp_path: Path) -> None:
    (stream,) = log_files([str(_put(tmp_path / "search-agent.log"))]).streams(LogQuery())
    assert (stream.origin.agent, stream.origin.pod) == ("search-agent", "")
    assert b"".join(stream.chunks()) == b"line\n"


@pytest.mark.parametrize("given", ["", "agents/search-0/main.previous.log"])
def test_the_layout_of_kubectl_gives_the_pod(tmp_path: Path, given: str) -> None:
    _put(tmp_path / "logs" / "agents" / "search-0" / "main.previous.log")
    (stream,) = log_files([str(tmp_path / "logs" / given)]).streams(LogQuery())
    origin = stream.origin
    assert (origin.agent, origin.namespace, origin.pod) == ("search-0", "agents", "search-0")
    assert (origin.container, origin.previous) == ("main", True)


@pytest.mark.parametrize(
    "name",
    [
        "pods/agents_search-0_0f1e2d3c-0000-1111-2222-333344445555/main/0.log",
        f"containers/search-0_agents_main-{'ab' * 32}.log",
    ],
)
def test_the_names_of_a_kubelet_give_the_pod(tmp_path: Path, name: str) -> None:
    path = _put(tmp_path / name)
    for given in (tmp_path, path):
        (stream,) = log_files([str(given)]).streams(LogQuery())
        assert (stream.origin.namespace, stream.origin.pod, stream.origin.container) == ("agents", "search-0", "main")


def test_folders_are_walked_and_each_file_is_read_once(tmp_path: Path) -> None:
    one = _put(tmp_path / "deep" / "er" / "still" / "one.log")
    _put(tmp_path / "two.log.gz", gzip.compress(b"two\n"))
    _put(tmp_path / "three.log.1")
    _put(tmp_path / ".hidden.log")
    _put(tmp_path / "picture.png")
    streams = log_files([str(tmp_path), str(one)]).streams(LogQuery())
    assert sorted(b"".join(s.chunks()) for s in streams) == [b"line\n", b"line\n", b"two\n"]


def test_standard_input_can_be_read_twice(tmp_path: Path) -> None:
    (stream,) = log_files(["-", "-"], io.BytesIO(gzip.compress(b"piped\n"))).streams(LogQuery())
    assert [b"".join(stream.chunks()) for _ in range(2)] == [b"piped\n", b"piped\n"]


@pytest.mark.parametrize("name", ["missing.log", "empty-folder"])
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty-folder").mkdir()
    with pytest.raises(InputError, match=name):
        log_files([str(tmp_path / name)])
