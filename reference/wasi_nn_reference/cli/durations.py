"""Times on the command line."""

from __future__ import annotations

import argparse
import re

_UNITS = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"(?P<number>.*?)(?P<unit>s|ms|us|ns|)")


def seconds(text: str) -> float:
    """Return a time in seconds, which may have a unit: 2, 2s, 100ms; raises for one that is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time")
    value = float(match["number"]) * _UNITS[match["unit"]]
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return value
