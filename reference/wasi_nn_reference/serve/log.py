"""The log: one line of JSON for each thing that happens, on standard error."""

from __future__ import annotations

import contextlib
import logging
import os
from datetime import UTC, datetime

import msgspec

_ERROR_OUTPUT = 2


class Log:
    """Writes events to a file descriptor, each line at once, from any thread."""

    def __init__(self, descriptor: int = _ERROR_OUTPUT) -> None:
        self._descriptor = descriptor

    def event(self, name: str, **fields: object) -> None:
        """Write one line; the fields are of JSON's types."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = msgspec.json.encode({"time": time, "event": name, **fields}) + b"\n"
        with contextlib.suppress(OSError):  # nobody reads it any more; there is nowhere else to say so
            os.write(self._descriptor, line)


class LogHandler(logging.Handler):
    """Hands on what a library logs."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        self._log.event(record.name, level=record.levelname.lower(), message=self.format(record))
