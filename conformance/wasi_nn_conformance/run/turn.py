"""Whose turn it is: conversations go on side by side in threads, of which one at a time does more than wait.

So what they share need not be guarded, as long as it is left in order before each wait for a host.
"""

import select
import threading
import time
from collections.abc import Callable
from typing import Self, TypeVar

_T = TypeVar("_T")

_LOOK_SECONDS = 0.2  # how long a thread may not notice that nobody wants its conversation any more


class BrokenOffError(Exception):
    """Nobody wants to know any more how a conversation goes on."""


class Turn:
    """Taken in a `with` statement, and given up during each wait. Whoever has not taken it just waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None
        self.is_over = False
        """Set by whoever wants every conversation that waits for a host, or will, broken off."""

    def __enter__(self) -> Self:
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        self._give_up()

    def let(self, wait: Callable[[], _T]) -> _T:
        """Return what `wait` returns. Others have the turn meanwhile."""
        if self._owner != threading.get_ident():
            return wait()
        self._give_up()
        try:
            return wait()
        finally:
            self._take()

    def poll(self, events: select.poll, milliseconds: float) -> list[tuple[int, int]]:
        """Return what is ready, after so long at most. Raises `BrokenOffError`."""
        if self._owner != threading.get_ident():
            return events.poll(milliseconds)
        return self.let(lambda: self._ready(events, milliseconds / 1e3))

    def _ready(self, events: select.poll, seconds: float) -> list[tuple[int, int]]:
        until = time.monotonic() + seconds
        while not self.is_over:
            left = max(until - time.monotonic(), 0)
            ready = events.poll(min(left, _LOOK_SECONDS) * 1e3)
            if ready or not left:
                return ready
        raise BrokenOffError

    def _take(self) -> None:
        self._lock.acquire()
        self._owner = threading.get_ident()

    def _give_up(self) -> None:
        self._owner = None
        self._lock.release()
