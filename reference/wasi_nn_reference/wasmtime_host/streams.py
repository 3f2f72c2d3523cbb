"""A guest's standard streams: this process's own, files, or bytes in memory."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Buffer:
    """Output that is kept in memory: `data`, at most `limit` bytes.

    A write beyond the limit fails, whole, as on a full disk; `overflowed` tells so.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self.data = bytearray()
        self.overflowed = False

    def write(self, data: bytes) -> int:
        """Keep `data` and return its length, or return a negative errno: the runtime's form of a writer."""
        if self._limit is not None and len(self.data) + len(data) > self._limit:
            self.overflowed = True
            return -errno.ENOSPC
        self.data += data
        return len(data)


class Pieces(NamedTuple):
    """Input of `size` bytes, which is made piece by piece while it is copied to where the runtime reads it."""

    size: int
    pieces: Iterable[bytes]


class Streams(NamedTuple):
    """Where a guest's input comes from and where its output goes; None is the stream of this process."""

    stdin: Path | bytes | Pieces | None = None
    stdout: Path | Buffer | None = None
    stderr: Path | Buffer | None = None


INHERITED = Streams()
