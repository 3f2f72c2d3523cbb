"""What is done about a guest whose time is up.

An interruption reaches a guest that computes, not one that is blocked in a read or inside an engine.
What becomes of such a guest is the policy of who runs it: a program that runs one guest can end with
it, a server can not.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from wasi_nn_reference.wasmtime_host.ending import OverrunError

if TYPE_CHECKING:
    from collections.abc import Callable

# From the first interruption of a guest until it counts as blocked.
GRACE_SECONDS = 0.5
_AGAIN_SECONDS = 0.05  # between interruptions; see `Interruption.ask`


class DeadlinePolicy(Protocol):
    """Lets a guest run until its time is up."""

    def run(self, work: Callable[[], int], seconds: float, interrupt: Callable[[], None]) -> int:
        """Return what `work` returns, or raise what it raises; call `interrupt` from another thread after `seconds`.

        Raises OverrunError, if anything, for a guest that heeds no interruption.
        """
        ...


class Abandonment:
    """Leaves a blocked guest behind, in a thread of its own: it ends when the call that it is blocked in returns."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds

    def run(self, work: Callable[[], int], seconds: float, interrupt: Callable[[], None]) -> int:
        """See `DeadlinePolicy.run`."""
        done = threading.Event()
        statuses: list[int] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                statuses.append(work())
            except BaseException as error:  # noqa: BLE001 - it goes on in the caller's thread
                failures.append(error)
            finally:
                done.set()

        threading.Thread(target=run, name="guest", daemon=True).start()
        if not done.wait(seconds) and not heeds(done, interrupt, self._grace_seconds):
            raise OverrunError(seconds, blocked=True)
        if failures:
            raise failures[0]
        return statuses[0]


def heeds(done: threading.Event, interrupt: Callable[[], None], grace_seconds: float = GRACE_SECONDS) -> bool:
    """Interrupt a guest, and tell whether it is done before it counts as blocked."""
    blocked = time.monotonic() + grace_seconds
    while time.monotonic() < blocked:
        interrupt()
        if done.wait(_AGAIN_SECONDS):
            return True
    return False
