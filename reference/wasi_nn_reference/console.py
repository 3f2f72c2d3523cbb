"""The program's own lines on standard error."""

from __future__ import annotations

import contextlib
import sys


def note(line: str) -> None:
    """Write one line, marked as ours, because the guest writes to the same stream."""
    with contextlib.suppress(OSError):  # nobody reads it any more; there is nowhere else to say so
        print(f"wasi-nn: {line}", file=sys.stderr, flush=True)  # noqa: T201 - the program's own words
