"""A process that has the reference and its engine in memory, and forks one for each mutant that is to run.

What starting costs is reading and linking; a fork has that behind it. Nothing of wasi-nn has run in the zygote: no
engine, no thread, no model. The fault is put in after the fork, in that process alone.

`serve` forks programs of other zygotes, too.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from forked import LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wasi_nn_conformance.run.adapter import Adapter

FOLDER = Path(__file__).resolve().parent
FORKED = FOLDER / "forked.py"
_LAUNCHER = FOLDER / "launch.py"
_LAUNCHER_WORDS = 2  # of an adapter's command: Python and launch.py


@dataclass(frozen=True)
class Zygote:
    """A running zygote, or none: then each process is started as launch.py is."""

    path: Path

    @property
    def command(self) -> tuple[str, ...]:
        """What starts a process. The mutant, and the words of `wasi-nn`, follow."""
        return (sys.executable, "-I", "-S", str(FORKED), str(self.path), str(_LAUNCHER))

    def of(self, adapter: Adapter) -> Adapter:
        """Return the adapter of a mutant with processes of this zygote."""
        return replace(adapter, command=(*self.command, *adapter.command[_LAUNCHER_WORDS:]))


@contextlib.contextmanager
def zygote() -> Iterator[Zygote]:
    """Have a zygote for as long as the body runs; where it cannot serve, processes are started without it."""
    with tempfile.TemporaryDirectory(prefix="wasi-nn-zygote-") as folder:
        path = Path(folder) / "socket"
        # Threads of numpy would not live on in a fork.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, __file__, str(path)]
        with subprocess.Popen(  # noqa: S603 - our own script
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        ) as server:
            assert server.stdout
            server.stdout.readline()  # nothing if it cannot serve
            try:
                yield Zygote(path)
            finally:
                server.terminate()


class _Child(NamedTuple):
    pid: int
    end: int  # can be read when it has ended
    asker: socket.socket

    def finish(self) -> None:
        """Tell how the process has ended, or end it where nobody waits for it any more."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):  # a fork that has no session yet
            signal.pidfd_send_signal(self.end, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            self.asker.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        self.close()

    def close(self) -> None:
        os.close(self.end)
        self.asker.close()


def serve(path: str, prepare: Callable[[], None]) -> None:
    """Fork whenever somebody asks, until standard input ends; `prepare` before. A fork runs its program and returns."""
    prepare()
    gc.freeze()  # what is here stays, and forks share it
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    events = selectors.DefaultSelector()
    events.register(listener, selectors.EVENT_READ)
    events.register(sys.stdin, selectors.EVENT_READ)
    living: set[_Child] = set()
    sys.stdout.buffer.write(b"ready\n")
    sys.stdout.flush()
    while True:
        for key, _ in events.select():
            child: _Child | None = key.data
            if key.fileobj is sys.stdin:
                return  # whoever started this has gone
            if child is None:
                asker, _ = listener.accept()
                asked = _received(asker)
                if asked is None:
                    asker.close()
                    continue
                if not (pid := os.fork()):
                    events.close()
                    listener.close()
                    asker.close()
                    for other in living:
                        other.close()
                    _become(*asked)
                    return
                for stream in asked[1]:
                    os.close(stream)
                child = _Child(pid, os.pidfd_open(pid), asker)
                living.add(child)
                events.register(child.end, selectors.EVENT_READ, child)
                events.register(asker, selectors.EVENT_READ, child)
            elif child in living:  # its end and that of whoever asked may come at once
                living.remove(child)
                events.unregister(child.end)
                events.unregister(child.asker)
                child.finish()


# No case of the suite comes to these, and they need more than the reference host does.
_NOT_FOR_GUESTS = ("wasi_nn_reference.serve.", "wasi_nn_reference.backends.kserve.")


def _import_all() -> None:
    """Import what a mutant may need, so that each fork has it."""
    importlib.import_module("launch")
    importlib.import_module("wasi_nn_cli.program")
    reference = importlib.import_module("wasi_nn_reference")
    registry = importlib.import_module("wasi_nn_reference.backends.registry")
    engines = {engine for served in registry.SERVED.values() for engine in served.engines}
    passed_over = tuple(engine.module.rpartition(".")[0] + "." for engine in engines if not engine.forks)
    passed_over += _NOT_FOR_GUESTS
    for module in pkgutil.walk_packages(reference.__path__, "wasi_nn_reference."):
        if not module.name.endswith("__main__") and not module.name.startswith(passed_over):
            importlib.import_module(module.name)
    importlib.import_module("wasmtime.component")


def _received(asker: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Return what is asked for and its three streams; None where whoever asked has gone."""
    head, ancillary, _, _ = asker.recvmsg(LENGTH, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    streams = array.array("i")
    for _, _, data in ancillary:
        streams.frombytes(data)
    text = b""
    while head and len(text) < int.from_bytes(head, "big"):
        if not (chunk := asker.recv(1 << 16)):
            break
        text += chunk
    if not head or len(text) < int.from_bytes(head, "big"):
        for stream in streams:
            os.close(stream)
        return None
    return json.loads(text), list(streams)


def _become(asked: dict[str, Any], streams: list[int]) -> None:
    """Be the process that is asked for, with a session of its own."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv[:] = asked["arguments"]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1], _import_all)
