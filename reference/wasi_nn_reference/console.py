"""The program's own lines on standard error, or wherever whoever listens in this thread wants them."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Listening(threading.local):
    listener: Callable[[str], None] | None = None


_listening = _Listening()


def note(line: str) -> None:
    """Write one line, marked as ours, because the guest writes to the same stream."""
    if _listening.listener is not None:
        _listening.listener(line)
        return
    with contextlib.suppress(OSError):  # nobody reads it any more; there is nowhere else to say so
        print(f"wasi-nn: {line}", file=sys.stderr, flush=True)  # noqa: T201 - the program's own words


@contextlib.contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Send the lines of this thread to `listener` in place of standard error."""
    before, _listening.listener = _listening.listener, listener
    try:
        yield
    finally:
        _listening.listener = before
