"""Brings the whole test bed up on loopback and takes it down again.

python tests/real up [--bundle FOLDER] [--at FOLDER]
python tests/real status|down [--at FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

_HERE = Path(__file__).resolve().parent
if str(_HERE) not in sys.path:
    sys.path.insert(0, str(_HERE))

from testbed import bed  # noqa: E402  (the folder of this file is no package)

_START_SECONDS = 300


def _serve(folder: Path, bundle: Path | None) -> int:
    """Holds the servers until SIGTERM; what `up` starts in the background."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with bed.running(folder, bundle) as state:
        bed.write_state(folder / "state.json", {"pid": os.getpid(), "servers": state})
        ended.wait()
    (folder / "state.json").unlink(missing_ok=True)
    return 0


def _state(folder: Path) -> dict[str, object] | None:
    """The state of a bed that runs, else None."""
    try:
        state: dict[str, object] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        os.kill(int(str(state["pid"])), 0)
    except (OSError, ValueError, KeyError):
        return None
    return state


def _up(folder: Path, bundle: Path | None) -> int:
    if _state(folder):
        print(f"a bed is up already in {folder}", file=sys.stderr)
        return _status(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    argv = [sys.executable, str(_HERE / "__main__.py"), "serve", "--at", str(folder)]
    argv += ["--bundle", str(bundle)] if bundle else []
    with (folder / "bed.log").open("wb") as log:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + _START_SECONDS
    while _state(folder) is None:
        if child.poll() is not None or time.monotonic() > deadline:
            child.terminate()
            print(f"the bed did not start:\n{(folder / 'bed.log').read_text(errors='replace')}", file=sys.stderr)
            return 1
        time.sleep(0.1)
    return _status(folder)


def _down(folder: Path) -> int:
    state = _state(folder)
    if state is None:
        print("no bed is up", file=sys.stderr)
        return 0
    os.kill(int(str(state["pid"])), signal.SIGTERM)
    deadline = time.monotonic() + 60
    while _state(folder) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    if _state(folder) is not None:
        print(f"process {state['pid']} does not end", file=sys.stderr)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _status(folder: Path) -> int:
    state = _state(folder)
    if state is None:
        print("no bed is up", file=sys.stderr)
        return 1
    servers = state["servers"]
    print(bed.describe(servers) if isinstance(servers, dict) else "")
    return 0


def main() -> int:
    """Entry point: 0 when done, 1 when there is no bed or it did not start."""
    parser = argparse.ArgumentParser(prog="python tests/real", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["up", "down", "status", "serve"])
    default = Path(tempfile.gettempdir()) / f"agentctl-testbed-{os.getuid()}"
    parser.add_argument("--at", type=Path, default=default, help="folder for data and state (default: %(default)s)")
    parser.add_argument("--bundle", type=Path, help="load every server from this bundle folder")
    options = parser.parse_args()
    folder = options.at.resolve()
    bundle = options.bundle.resolve() if options.bundle else None
    if bundle and not (bundle / "bundle.json").is_file():
        parser.error(f"{bundle} is no bundle folder: it has no bundle.json")
    actions = {"up": lambda: _up(folder, bundle), "serve": lambda: _serve(folder, bundle),
               "down": lambda: _down(folder), "status": lambda: _status(folder)}  # fmt: skip
    return actions[options.what]()


if __name__ == "__main__":
    sys.exit(main())
