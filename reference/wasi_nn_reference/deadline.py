"""Ends a guest whose time is up, wherever it is."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wasi_nn_reference.console import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMED_OUT = 134  # the exit status of a trap
# From the interruption of a guest to the end of a process that did not heed it.
GRACE_SECONDS = 0.5


@contextmanager
def deadline(seconds: float | None, interrupt: Callable[[], None]) -> Iterator[None]:
    """Let the body run for `seconds` (None: for ever), then call `interrupt` from another thread.

    An interruption reaches a guest that computes, not one that is blocked in a read or inside an
    engine: if the body goes on, the whole process is ended with a message and status 134.
    """
    if seconds is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        interrupt()
        if done.wait(GRACE_SECONDS):
            return
        note(f"the guest was ended: it ran for more than {seconds:g} s (--timeout), blocked in a call of the host")
        os._exit(TIMED_OUT)

    threading.Thread(target=watch, name="deadline", daemon=True).start()
    try:
        yield
    finally:
        done.set()
