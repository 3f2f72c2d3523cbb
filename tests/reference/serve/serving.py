"""A server in a thread of this process, its folder, its log, and a client."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from wasi_nn_reference.serve.assembly import Assembly
from wasi_nn_reference.serve.log import Log
from wasi_nn_reference.serve.server import configuration, listening_socket
from wasi_nn_reference.serve.settings import Settings

_PROC = Path("/proc")
PATIENCE = 60.0  # seconds until a test that hangs fails


class Serving:
    """See the module. Options of the server are set before the first request."""

    def __init__(self, folder: Path, around: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._around = around
        self._log_file = around / "log"
        self._options: dict[str, Any] = {}
        self._thread: threading.Thread | None = None

    def add(self, name: str, content: bytes | str, toml: str | None = None) -> Path:
        """Write a file of the folder, and the one beside it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if toml is not None:
            path.with_suffix(".toml").write_text(toml, "utf-8")
        return path

    def options(self, **options: Any) -> None:
        assert self._thread is None
        self._options |= options

    @cached_property
    def settings(self) -> Settings:
        return Settings(self.folder, port=0, stop_seconds=1, **self._options)

    @property
    def scratch(self) -> Path:
        return self._around / "scratch"

    @cached_property
    def assembly(self) -> Assembly:
        self.scratch.mkdir()
        self._descriptor = os.open(self._log_file, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        return Assembly(self.settings, self.scratch, Log(self._descriptor))

    @cached_property
    def address(self) -> tuple[str, int]:
        """Where it listens; starts it."""
        server = uvicorn.Server(configuration(self.settings, self.assembly.asgi()))
        self._server = server
        listener = listening_socket(self.settings)
        host, port = listener.getsockname()[:2]
        self._thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        self._thread.start()
        return host, port

    @cached_property
    def client(self) -> httpx.Client:
        host, port = self.address
        return httpx.Client(base_url=f"http://{host}:{port}", timeout=PATIENCE, trust_env=False)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def everything_logged(self) -> str:
        return self._log_file.read_text("utf-8")

    def log(self, event: str) -> list[dict[str, Any]]:
        """Return the events of that name so far."""
        lines = self.everything_logged().splitlines()
        return [entry for entry in map(json.loads, lines) if entry["event"] == event]

    def wait(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the first `count` events of that name, when they have come."""
        end = time.monotonic() + PATIENCE
        while len(self.log(event)) < count:
            assert time.monotonic() < end, self.everything_logged()
            time.sleep(0.01)
        return self.log(event)[:count]

    def engines(self) -> list[int]:
        """Return the numbers of the engine processes: a template of them is a child of this process."""
        return sorted(engine for template in children(os.getpid()) for engine in children(template))

    def stop(self) -> None:
        if self._thread is not None:
            if not self._thread.is_alive():  # a test has stopped it
                return
            self.client.close()
            self._server.should_exit = True
            self._thread.join(PATIENCE)
            assert not self._thread.is_alive()
        if "assembly" in self.__dict__:
            self.assembly.close()
            os.close(self._descriptor)


def children(parent: int) -> list[int]:
    """Return the numbers of the processes that a process has started and that live."""
    found = []
    for folder in _PROC.iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdecimal():
                state, started_by = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z" and int(started_by) == parent:
                    found.append(int(folder.name))
    return found
