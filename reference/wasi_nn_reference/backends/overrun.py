"""Work of engines that outlived its deadline: nothing can end it but itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from wasi_nn_reference.errors import ErrorCode, WasiNnError

if TYPE_CHECKING:
    from collections.abc import Callable

# What tells whether each still goes on. What the engine uses meanwhile is kept alive with it, for good.
ABANDONED: list[Callable[[], bool]] = []
# With so many still going on nothing new is begun: each holds threads and memory.
MAX_ABANDONED = 4

_Result = TypeVar("_Result")


def work_was_abandoned() -> bool:
    """Return whether a thread of an engine may still run; the process then cannot end in the usual way."""
    return any(goes_on() for goes_on in ABANDONED)


def abandon(goes_on: Callable[[], bool], seconds: float) -> WasiNnError:
    """Return the error for work that did not finish within `seconds`; `goes_on` tells whether it still does."""
    ABANDONED.append(goes_on)
    return WasiNnError(ErrorCode.TIMEOUT, f"the engine did not finish within {seconds:g} s")


def refuse_if_busy() -> None:
    """Raise `busy` if too much abandoned work still goes on."""
    if sum(goes_on() for goes_on in ABANDONED) >= MAX_ABANDONED:
        raise WasiNnError(
            ErrorCode.BUSY, f"the engine still works on {MAX_ABANDONED} calls that overran their deadline"
        )


def within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """Do `work` in a thread; raise `timeout` after `seconds` and leave the thread to itself."""
    refuse_if_busy()
    results: list[_Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it goes on in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise abandon(thread.is_alive, seconds)
    return results[0]
