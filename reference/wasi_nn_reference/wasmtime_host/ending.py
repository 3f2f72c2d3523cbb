"""How guests end but by returning or exiting."""

from __future__ import annotations

TRAPPED = 134  # exit status of a trap, as of the wasmtime program: 128 + SIGABRT

# In the runtime's account of what went wrong while code of the guest ran.
BACKTRACE = "wasm backtrace"


class TrapError(Exception):
    """The guest trapped, or was ended because its time was up; the text says which."""


class OverrunError(TrapError):
    """The guest was ended because its time was up, `blocked` tells whether in a call of the host."""

    def __init__(self, seconds: float, *, blocked: bool = False) -> None:
        self.blocked = blocked
        super().__init__(f"the guest was ended: it ran for more than {seconds:g} s")


def last_line(text: str) -> str:
    """Return the cause that the runtime writes below its backtrace."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("wasm trap: ") if lines else "no reason given"


def one_line(error: Exception) -> str:
    """Return an error's text for a line of ours."""
    return " ".join(str(error).split())[:500]
