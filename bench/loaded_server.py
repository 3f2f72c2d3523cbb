"""A server under load, as a process with children: its time of the processor and its memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_SECONDS = 60.0  # a server that takes longer to answer or to end is stuck
_PAUSE = 0.01
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class ServerError(Exception):
    """The server does not answer."""


class LoadedServer:
    """A server that is started on a free port, given to it as its last argument, and answers at `path` then."""

    def __init__(self, argv: Sequence[str], path: str, folder: Path, body: bytes | None = None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / f"{port}.log"
        started = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the benchmark's own commands
                [*argv, str(port)], stdout=log, stderr=log
            )
        try:
            self._answered(f"{self.url}{path}", body)
        except ServerError:
            self._end()
            raise
        self.start_seconds = time.perf_counter() - started

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._end()

    def cpu_seconds(self) -> float:
        """Return what all its processes have had of the processor."""
        return sum(_ticks(process) for process in self._processes()) / _CLOCK_TICKS

    def memory_bytes(self) -> int:
        """Return the memory of all its processes; what several share counts once."""
        return sum(_shared_out(process) for process in self._processes())

    def _answered(self, url: str, body: bytes | None) -> None:
        until = time.perf_counter() + _SECONDS
        while time.perf_counter() < until and self._process.poll() is None:
            try:
                with urllib.request.urlopen(url, body, timeout=_SECONDS):  # noqa: S310 - our own server
                    return
            except ConnectionError:
                time.sleep(_PAUSE)  # it does not listen yet
            except OSError as error:
                if not isinstance(getattr(error, "reason", None), ConnectionError):
                    raise ServerError(f"{url}: {error}; {self._said()}") from error
                time.sleep(_PAUSE)
        raise ServerError(f"{url} does not answer; {self._said()}")

    def _said(self) -> str:
        return self._log.read_text("utf-8", "replace")[-500:]

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(_SECONDS)

    def _processes(self) -> list[int]:
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                fields = _fields(int(entry.name))
                if fields:
                    parents.setdefault(int(fields[1]), []).append(int(entry.name))
        found = [self._process.pid]
        for process in found:
            found += parents.get(process, [])
        return found


def _fields(process: int) -> list[str]:
    """Return the fields of its state from the third on; none if it is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(process: int) -> int:
    fields = _fields(process)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _shared_out(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def python(*words: str) -> list[str]:
    """Return a command of this Python."""
    return [sys.executable, *words]
