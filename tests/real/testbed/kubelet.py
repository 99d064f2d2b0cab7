"""A test kubelet: no container runs, logs come from files and exec answers from a table.

    python -m testbed.kubelet --root DIR --port N --certificate C --key K --client-ca CA

It is a server of its own, so that its work does not slow the process under test. ``DIR`` holds

    logs/NAMESPACE/POD/CONTAINER.log    stamped lines; ``.previous.log`` for the container before; beside it an empty
                                        ``.ended`` file ends those who follow
    containers.json                     {"NAMESPACE/POD/CONTAINER": {"waiting": REASON}} for containers that never ran,
                                        {"restarting": true} for those between two runs
    exec.json                           [{"argv": [...], "pod": PATTERN, "stdout", "stderr", "rc", "delay"}, ...];
                                        "error": TEXT in place of "rc" for a command that could not be started
    faults.json                         [{"pod": PATTERN, "on": "logs|exec", "delay", "hang", "status", "cut"}, ...]

A PATTERN is matched with ``NAMESPACE/POD`` the way file names are (``agents/*``); the default is all. The first entry
that matches is taken. Files may change at any time. Nothing that a request names is ever run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fnmatch
import json
import ssl
import time
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from testbed.logfiles import BadQuery, Options, log_path, select

_ROOT: web.AppKey[Path] = web.AppKey("root", Path)
_POLL_SECONDS = 0.1
_CHUNK = 65536
# Reasons that the kubelet says in words of its own (pkg/kubelet/kubelet_pods.go).
_WAITING = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}


def _table(root: Path, name: str) -> Any:
    try:
        return json.loads((root / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []


def _first(table: list[dict[str, Any]], pod: str, **wanted: Any) -> dict[str, Any]:
    for entry in table:
        rest = all(entry.get(key) in (None, value) for key, value in wanted.items())
        if rest and fnmatch.fnmatchcase(pod, entry.get("pod", "*")):
            return entry
    return {}


async def _apply_fault(request: web.Request, kind: str) -> dict[str, Any]:
    """Delays, hangs or refuses as the fault table says; the entry, for what remains to be done with the body."""
    pod = f"{request.match_info['ns']}/{request.match_info['pod']}"
    fault = _first(_table(request.app[_ROOT], "faults.json"), pod, on=kind)
    if fault.get("delay"):
        await asyncio.sleep(float(fault["delay"]))
    if fault.get("hang"):
        await asyncio.sleep(3600)
    if fault.get("status"):
        raise _refusal(int(fault["status"]))
    return fault


def _refusal(status: int) -> web.HTTPException:
    class Refusal(web.HTTPException):
        status_code = status

    return Refusal(text=f"injected fault {status}\n")


def _read_log(request: web.Request, options: Options) -> tuple[Path, bytes]:
    """The log file and its bytes; refuses with the kubelet's own words when there is none."""
    root, info = request.app[_ROOT], request.match_info
    ns, pod, container = info["ns"], info["pod"], info["container"]
    state = (_table(root, "containers.json") or {}).get(f"{ns}/{pod}/{container}", {})
    # Between two runs there is only the run that ended: it is shown as the current one and as the one before.
    between = bool(state.get("restarting"))
    for previous in (False, True) if between else (options.previous,):
        path = log_path(root, ns, pod, container, previous)
        if path.is_file():
            return path, path.read_bytes()
    if options.previous and not between:
        text = f'previous terminated container "{container}" in pod "{pod}" not found'
        raise web.HTTPBadRequest(text=text)
    if state.get("waiting"):
        why = _WAITING.get(state["waiting"], state["waiting"])
        raise web.HTTPBadRequest(text=f'container "{container}" in pod "{pod}" is waiting to start: {why}')
    return path, b""


async def logs(request: web.Request) -> web.StreamResponse:
    """GET /containerLogs/{namespace}/{pod}/{container}"""
    fault = await _apply_fault(request, "logs")
    try:
        options = Options.parse(dict(request.query), time.time())
    except BadQuery as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    path, data = _read_log(request, options)
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    body = await asyncio.to_thread(select, data, options)
    if fault.get("cut"):
        await response.write(body[: int(len(body) * float(fault["cut"]))])
        if request.transport is not None:
            await asyncio.sleep(_POLL_SECONDS)  # lets the first half leave before the connection breaks
            request.transport.abort()
        return response
    for start in range(0, len(body), _CHUNK * 16):
        await response.write(body[start : start + _CHUNK * 16])
    if options.follow:
        await _follow(path, len(data), options, response)
    return response


async def _follow(path: Path, at: int, options: Options, response: web.StreamResponse) -> None:
    """Sends what is appended until the client leaves or the container ends. Only whole lines are sent."""
    grown = Options(timestamps=options.timestamps)
    while True:
        ended = path.with_suffix(".ended").exists()
        if path.exists() and path.stat().st_size > at:
            with path.open("rb") as file:
                file.seek(at)
                fresh = file.read()
            whole = fresh if ended else fresh[: fresh.rfind(b"\n") + 1]
            at += len(whole)
            await response.write(select(whole, grown))
        if ended:
            return
        await asyncio.sleep(_POLL_SECONDS)


def _status(rc: int, error: str = "") -> bytes:
    """The message on the error channel: an exit code, or why the command could not be started."""
    if error:
        cause = {"status": "Failure", "reason": "InternalError", "code": 500}
        return json.dumps({"metadata": {}, **cause, "message": f"Internal error occurred: {error}"}).encode()
    if rc == 0:
        return json.dumps({"metadata": {}, "status": "Success"}).encode()
    return json.dumps(
        {
            "metadata": {},
            "status": "Failure",
            "reason": "NonZeroExitCode",
            "message": f"command terminated with non-zero exit code: exit status {rc}",
            "details": {"causes": [{"reason": "ExitCode", "message": str(rc)}]},
        }
    ).encode()


async def execute(request: web.Request) -> web.StreamResponse:
    """/exec/{namespace}/{pod}/{container}: the table's answer to the argv, 127 for what is not in it."""
    fault = await _apply_fault(request, "exec")
    argv = request.query.getall("command", [])
    pod = f"{request.match_info['ns']}/{request.match_info['pod']}"
    missing: dict[str, Any] = {"stderr": f"exec: {argv[0] if argv else ''}: not found\n", "rc": 127}
    canned = _first(_table(request.app[_ROOT], "exec.json"), pod, argv=argv) or missing
    socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io", "v4.channel.k8s.io"))
    if not socket.can_prepare(request):
        raise web.HTTPBadRequest(text="this kubelet speaks WebSocket only")
    await socket.prepare(request)
    reader = asyncio.create_task(_drain(socket))
    await asyncio.sleep(float(canned.get("delay", 0)))
    for channel, name in ((b"\x01", "stdout"), (b"\x02", "stderr")):
        data = str(canned.get(name, "")).encode()
        if fault.get("cut"):
            data = data[: int(len(data) * float(fault["cut"]))]
        for start in range(0, len(data), _CHUNK):
            await socket.send_bytes(channel + data[start : start + _CHUNK])
    if fault.get("cut") and request.transport is not None:
        await asyncio.sleep(_POLL_SECONDS)
        request.transport.abort()
    else:
        await socket.send_bytes(b"\x03" + _status(int(canned.get("rc", 0)), str(canned.get("error", ""))))
        await socket.close()
    reader.cancel()
    return socket


async def _drain(socket: web.WebSocketResponse) -> None:
    """Reads and forgets what the client sends, so that its closing is noticed."""
    with contextlib.suppress(RuntimeError):
        while (await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR):
            pass


async def _health(request: web.Request) -> web.Response:
    return web.Response(text="ok")


def application(root: Path) -> web.Application:
    """The kubelet's HTTP interface over the files in ``root``."""
    app = web.Application()
    app[_ROOT] = root
    app.add_routes(
        [
            web.get("/healthz", _health),
            web.get("/containerLogs/{ns}/{pod}/{container}", logs),
            web.route("*", "/exec/{ns}/{pod}/{container}", execute),
        ]
    )
    return app


def main() -> None:
    """Serves until it is stopped. Only clients with a certificate of the given authority are let in."""
    parser = argparse.ArgumentParser()
    for name in ("root", "certificate", "key", "client-ca"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(options.client_ca))
    context.load_cert_chain(options.certificate, options.key)
    context.verify_mode = ssl.CERT_REQUIRED
    web.run_app(
        application(options.root),
        host="127.0.0.1",
        port=options.port,
        ssl_context=context,
        print=None,
        access_log=None,
        shutdown_timeout=1,
        handler_cancellation=True,
    )


if __name__ == "__main__":
    main()
