"""A process that repeats something as often as it is told, and says how long it took by its own clock."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

_EXIT_SECONDS = 10.0


class LoopingError(Exception):
    """The process ended instead of answering."""


class Looping:
    """A process that stays alive between its turns, so that several can alternate.

    It reads the bytes of an input, then numbers of rounds (u32, little-endian), and answers each of these with
    the nanoseconds that they took (u64) and the bytes of an output.
    """

    def __init__(
        self, argv: Sequence[str], given: bytes, output_bytes: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self._argv = argv
        self._output_bytes = output_bytes
        self._process = subprocess.Popen(  # noqa: S603 - the benchmark's own commands
            argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._send(given)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._process.communicate(timeout=_EXIT_SECONDS)

    def run(self, rounds: int) -> tuple[float, bytes]:
        """Repeat `rounds` times; return the seconds of one round and the output. Raises `LoopingError`."""
        self._send(struct.pack("<I", rounds))
        assert self._process.stdout is not None
        answer = self._process.stdout.read(8 + self._output_bytes)
        if len(answer) < 8 + self._output_bytes:
            raise self._ended()
        return struct.unpack_from("<Q", answer)[0] / 1e9 / rounds, answer[8:]

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def _ended(self) -> LoopingError:
        code = self._process.wait(_EXIT_SECONDS)
        return LoopingError(f"`{' '.join(self._argv)}` ended with {code} instead of answering")
