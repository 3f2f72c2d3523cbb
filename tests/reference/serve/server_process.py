"""`wasi-nn serve` as a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
from serving import PATIENCE, children

if TYPE_CHECKING:
    from types import TracebackType


class ServerProcess:
    """A server of the folder, at a port that is free. `log` has its lines as they come."""

    def __init__(self, folder: Path, *options: str) -> None:
        words = ["-m", "wasi_nn_cli", "serve", str(folder), "--port", "0", *options]
        self._process = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.end(signal.SIGTERM)
        assert self._process.stderr is not None
        self._process.stderr.close()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def events(self, name: str) -> list[dict[str, Any]]:
        entries = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == name]

    def wait(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the first `count` events of that name, when they have come."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.events(event)) >= count, PATIENCE), self.lines
        return self.events(event)[:count]

    def client(self) -> httpx.Client:
        """A client for the server, which serves by then."""
        self.wait("serving")
        return httpx.Client(base_url=self.wait("listening")[0]["url"], timeout=PATIENCE, trust_env=False)

    def server_processes(self) -> list[int]:
        """Return the numbers of the processes of a server that has several."""
        return [each for each in children(self.process_id) if "spawn_main" in _command(each)]

    def end(self, number: int) -> int:
        """Send a signal and return the exit status."""
        self._process.send_signal(number)
        return self.exit_status()

    def exit_status(self) -> int:
        status = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._more:
                self.lines.append(line)
                self._more.notify_all()


def _command(process: int) -> str:
    return re.sub(r"\0", " ", Path(f"/proc/{process}/cmdline").read_text("utf-8", "replace"))
