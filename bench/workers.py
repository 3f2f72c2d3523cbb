"""Rows of `wasi-nn serve`: workers against the same routes without workers, behind the same server and in turns."""

from __future__ import annotations

import shutil
import threading
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import wasmtime

from load import Load, LoadError, load
from loaded_server import LoadedServer, python
from network import write_mobilenet
from row import Figures, Row, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from network import Network

_HERE = Path(__file__).resolve().parent
_PREBUILT = _HERE.parent / "guests" / "prebuilt"
_PLAIN = _HERE / "plain_server.py"
_WORKERS = 2  # processes of either server
_GUESTS = 4  # at a time in each
_CONNECTIONS = (1, 8, 64)
_MANY = 64
_SECONDS = 2  # of one turn
_REQUESTS = 10_000  # of which none may be lost
_ANSWER = b'{"data":"hello"}'
_EMPTY = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\{length:02x}\\00\\00\\00")
  (data (i32.const 16) "{answer}")
  (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""
_TOML = """
[vars]
MODEL = "mobilenet"
SHAPE = "{shape}"
[features.wasi_nn]
allowed_backends = ["openvino"]
[[features.wasi_nn.preload_models]]
backend = "openvino"
provider = {{ type = "local", dir = "./_models/mobilenet" }}
"""


class _Servers(NamedTuple):
    """Both servers with their folder, and what is sent to their route `tensor`."""

    ours: LoadedServer
    plain: LoadedServer
    folder: Path
    tensor: bytes


class _Measured(NamedTuple):
    """One turn: the load, and the seconds of the processor that an answer cost."""

    load: Load
    cpu: float


# What is told of each turn, in seconds.
_KINDS: dict[str, Callable[[_Measured], float]] = {
    "time by answers": lambda each: each.load.seconds / each.load.requests,
    "median": lambda each: each.load.median,
    "slowest of 100": lambda each: each.load.slow,
    "processor": lambda each: each.cpu,
}
_TARGETS = {("empty", "processor"): Target(1.0), ("tensor", "time by answers"): Target(1.3, of_ratio=True)}


def workers(folder: Path, turns: int) -> list[Row]:
    """Measure an empty worker, one with a network of MobileNet's size, and the start."""
    network = write_mobilenet(folder / "mobilenet")
    site = _site(folder, network)
    plain = ["--model", str(network.folder), "--workers", str(_WORKERS), "--threads", "1", "--guests", str(_GUESTS)]
    rows = [_start(site, folder, turns)]
    with (
        LoadedServer(_serve(site, _WORKERS), "/tensor", folder, network.data) as ours,
        LoadedServer(python(str(_PLAIN), *plain, "--port"), "/tensor", folder, network.data) as other,
    ):
        servers = _Servers(ours, other, folder, network.data)
        rows.append(_memory(servers))  # first: what a server has grown to it keeps
        rows += _route(servers, "empty", turns)
        rows += _route(servers, "tensor", turns)
        rows.append(_lost(servers))
    return rows


def _serve(site: Path, workers: int) -> list[str]:
    return python(
        "-m", "wasi_nn_cli", "serve", str(site), "--workers", str(workers), "--guests", str(_GUESTS), "--port"
    )


def _site(folder: Path, network: Network) -> Path:
    site = folder / "site"
    site.mkdir()
    escaped = "".join(f"\\{byte:02x}" for byte in _ANSWER)
    (site / "empty.wasm").write_bytes(wasmtime.wat2wasm(_EMPTY.format(length=len(_ANSWER), answer=escaped)))
    shutil.copyfile(_PREBUILT / "tensor-worker.wasm", site / "tensor.wasm")
    (site / "tensor.toml").write_text(_TOML.format(shape=",".join(map(str, network.input_shape))))
    shutil.copytree(network.folder, site / "_models" / "mobilenet")
    return site


def _start(site: Path, folder: Path, turns: int) -> Row:
    """Measure from the start of one process to the answer of a worker that is in the cache of compiled modules."""
    seconds = []
    for _ in range(turns + 1):
        with LoadedServer(_serve(site, 1), "/empty", folder) as server:
            seconds.append(server.start_seconds)
    # The first is not counted: it fills the cache.
    return Row("h: start to the first answer", "s", Figures(tuple(seconds[1:])), "nothing", target=Target(1.5))


def _route(servers: _Servers, route: str, turns: int) -> list[Row]:
    """Measure a route at each number of connections: the time that an answer takes, and the server for one."""
    name = "an empty worker" if route == "empty" else "a worker with MobileNet"
    found: dict[tuple[int, int], list[_Measured]] = {key: [] for key in product(_CONNECTIONS, range(2))}
    for turn, connections in product(range(turns), _CONNECTIONS):
        for which in (0, 1) if turn % 2 else (1, 0):
            found[connections, which].append(_turn(servers, which, route, connections))
    against = "plain starlette" if route == "empty" else "plain OpenVINO behind starlette"
    rows = []
    for connections in _CONNECTIONS:
        for what, seconds in _KINDS.items():
            ours, other = (
                Figures(tuple(1e3 * seconds(each) for each in found[connections, which])) for which in range(2)
            )
            title = f"h: {name}, {what}, {connections} connection(s)"
            rows.append(Row(title, "ms", ours, against, other, _TARGETS.get((route, what))))
    return rows


def _turn(servers: _Servers, which: int, route: str, connections: int) -> _Measured:
    server = servers.plain if which else servers.ours
    before = server.cpu_seconds()
    body = servers.tensor if route == "tensor" else None
    done = load(servers.folder, f"{server.url}/{route}", connections, _SECONDS, body)
    if done.lost or done.refused or not done.requests:
        raise LoadError(f"{server.url}/{route}: {done}")
    return _Measured(done, (server.cpu_seconds() - before) / done.requests)


def _memory(servers: _Servers) -> Row:
    """Measure what a request under way takes of memory, with as many as are worked on at a time."""
    ours, other = (
        Figures((_grown(server, servers) / (_WORKERS * _GUESTS) / 2**20,)) for server in (servers.ours, servers.plain)
    )
    name = "h: memory of a request under way, a worker with MobileNet"
    return Row(name, "MiB", ours, "plain OpenVINO behind starlette", other)


def _grown(server: LoadedServer, servers: _Servers) -> int:
    """Return by how much a server's memory grows under load."""
    before = server.memory_bytes()
    most = [before]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            most.append(server.memory_bytes())

    watching = threading.Thread(target=watch)
    watching.start()
    load(servers.folder, f"{server.url}/tensor", _MANY, _SECONDS, servers.tensor)
    ended.set()
    watching.join()
    return max(most) - before


def _lost(servers: _Servers) -> Row:
    """Count the requests that get no answer, or another than 200, of many on many connections."""
    sent = lost = 0
    while sent < _REQUESTS:
        done = load(servers.folder, f"{servers.ours.url}/empty", _MANY, 5 * _SECONDS)
        sent += done.requests
        lost += done.lost + done.refused
    name = f"h: lost of {sent} requests, {_MANY} connections"
    return Row(name, "", Figures((float(lost),)), "nothing", target=Target(0))
