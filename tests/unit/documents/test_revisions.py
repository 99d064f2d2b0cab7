"""Against a real git repository made for each test."""

import subprocess
from pathlib import Path

import pytest

from agentctl.documents.revisions import is_revision, read_revision
from agentctl.model.errors import InputError


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    for name in ("a.yaml", "policies/b.yml", "policies/.hidden/c.yaml", "policies/note.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"agent:\n  name: {path.stem}\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    (tmp_path / "a.yaml").write_text("agent:\n  name: changed\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_read_as_it_was(repository: Path) -> None:
    assert read_revision("main:a.yaml") == [("main:a.yaml", b"agent:\n  name: a\n")]


def test_a_folder_gives_its_documents_but_no_hidden_ones(repository: Path) -> None:
    assert [name for name, _ in read_revision("HEAD:policies")] == ["HEAD:policies/b.yml"]


def test_paths_are_relative_to_the_working_directory(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "policies")
    assert [name for name, _ in read_revision("HEAD:b.yml")] == ["HEAD:b.yml"]


@pytest.mark.parametrize("text", ["nowhere:a.yaml", "main:missing.yaml", "--help:a.yaml"])
def test_what_is_not_there_is_one_clear_error(repository: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_revision(text)
    assert text in caught.value.message


def test_a_file_of_that_very_name_comes_first(repository: Path) -> None:
    assert is_revision("main:a.yaml")
    (repository / "main:a.yaml").write_text("x: 1\n")
    assert not is_revision("main:a.yaml")
    assert not is_revision("a.yaml")
    assert not is_revision("-")
