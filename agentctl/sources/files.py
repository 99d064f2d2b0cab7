"""Log files given by hand: `--logs PATH`, files or folders, plain or gzip, `-` for standard input."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from agentctl.model.errors import InputError
from agentctl.model.records import Origin
from agentctl.model.streams import LogStream
from agentctl.sources.logfiles import FileStream, pieces
from agentctl.sources.protocols import LogQuery

_LOG_NAME = re.compile(r".+\.(?:log|txt)(?:\.\d+)?(?:\.gz)?")
_CONTAINER = re.compile(r"(?P<container>.+?)(?P<previous>\.previous)?\.log(?:\.gz)?")
# /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log and /var/log/pods/NAMESPACE_POD_UID/CONTAINER/N.log
_KUBELET_FILE = re.compile(
    r"(?P<pod>[a-z0-9.-]+)_(?P<namespace>[a-z0-9-]+)_(?P<container>[a-z0-9-]+)-[0-9a-f]{64}\.log(?:\.gz)?"
)
_KUBELET_FOLDER = re.compile(r"(?P<namespace>[a-z0-9-]+)_(?P<pod>[a-z0-9.-]+)_[0-9a-f-]{32,36}")
_DNS = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")
_SPOOL_IN_MEMORY = 32 * 1024 * 1024


def log_files(paths: Sequence[str], stdin: BinaryIO | None = None) -> LogFiles:
    """The log files behind the paths, each once. Raises InputError for a missing file or a folder without logs."""
    streams: list[FileStream | StdinStream] = []
    seen: set[Path] = set()
    for text in paths:
        if text == "-":
            if stdin is not None and not any(isinstance(s, StdinStream) for s in streams):
                streams.append(StdinStream(stdin))
            continue
        for stream in _below(Path(text)):
            place = stream.path.resolve()
            if place not in seen:
                seen.add(place)
                streams.append(stream)
    if not streams:
        raise InputError("logs", "no log file was given", "write --logs PATH, or --logs - for standard input")
    return LogFiles(tuple(streams))


@dataclass(frozen=True, slots=True)
class LogFiles:
    """A LogSource over files."""

    files: tuple[FileStream | StdinStream, ...]

    def streams(self, query: LogQuery) -> Sequence[LogStream]:
        """The files in the order given; the window is left to the reader, which knows each record's time."""
        chosen = [f for f in self.files if query.container in (None, f.origin.container)]
        return [FileStream(f.origin, f.path, query.tail) if isinstance(f, FileStream) else f for f in chosen]


class StdinStream:
    """Standard input, kept so that it can be read more than once."""

    origin = Origin(agent="stdin", file="-")

    def __init__(self, stdin: BinaryIO) -> None:
        self._stdin = stdin
        self._kept: BinaryIO | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes, unpacked where they are gzip."""
        if self._kept is None:
            spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115
            shutil.copyfileobj(self._stdin, spool)
            self._kept = spool  # type: ignore[assignment]
            weakref.finalize(self, spool.close)
        assert self._kept is not None
        self._kept.seek(0)
        yield from pieces(self._kept)


def _below(path: Path) -> Iterator[FileStream]:
    if path.is_dir():
        found = [FileStream(_origin(one, path), one) for one in _walk(path) if _LOG_NAME.fullmatch(one.name)]
        if not found:
            raise InputError(
                "logs",
                f"{path}: no log file in this folder",
                "log files end in .log, .txt or .log.gz; give others by name",
            )
        yield from found
        return
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise InputError(
            "logs", f"{path}: there is no such file", "give a log file, a folder of them, or - for standard input"
        ) from error
    except OSError as error:
        raise InputError("logs", f"{path}: cannot be read: {error.strerror}") from error
    yield FileStream(_origin(path, None), path)


def _walk(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError("logs", f"{folder}: cannot be read: {error.strerror}") from error
    for path in entries:
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        elif path.is_file():
            yield path


def _origin(path: Path, folder: Path | None) -> Origin:
    """Where a file comes from: NAMESPACE/POD/CONTAINER.log where the path has that shape, else the file itself.

    The shape counts below the folder that was given, or anywhere below a folder named `logs`. The names that a node's kubelet
    gives (/var/log/pods, /var/log/containers) are known too.
    """
    kubelet = _KUBELET_FILE.fullmatch(path.name)
    directory = _KUBELET_FOLDER.fullmatch(path.parent.parent.name)
    if kubelet is not None:
        return Origin(kubelet["pod"], kubelet["namespace"], kubelet["pod"], kubelet["container"], False, str(path))
    if directory is not None:
        return Origin(directory["pod"], directory["namespace"], directory["pod"], path.parent.name, False, str(path))
    place = _pod_of(path.relative_to(folder).parts if folder else (), path)
    match = _CONTAINER.fullmatch(path.name)
    if place is None or match is None:
        return Origin(agent=_stem(path.name), file=str(path))
    namespace, pod = place
    return Origin(pod, namespace, pod, match["container"], match["previous"] is not None, str(path))


def _pod_of(inner: tuple[str, ...], path: Path) -> tuple[str, str] | None:
    if len(inner) == 3:
        place = inner[0], inner[1]
    elif len(path.parts) >= 4 and path.parts[-4] == "logs":
        place = path.parts[-3], path.parts[-2]
    else:
        return None
    return place if all(_DNS.fullmatch(part) for part in place) else None


def _stem(name: str) -> str:
    """The name of the file without `.log`, `.txt`, `.gz` and a rotation number."""
    match = re.fullmatch(r"(.+?)(?:\.previous)?(?:\.(?:log|txt|jsonl?|out))?(?:\.\d+)?(?:\.gz)?", name)
    return match[1] if match else name
