"""Rows of components: a list<u8> of an image's size in and out, our way against wasmtime's Python package's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import wasmtime
from wasmtime import component

from list_u8 import GUEST, TARGET, ours, seconds, stock
from row import Figures, Row, Target

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 600_000  # 224 x 224 x 3 of f32


def lists(_folder: Path, turns: int) -> list[Row]:
    """Measure one call that passes a list and gets one, each way in turns."""
    engine = wasmtime.Engine()
    guest = engine, component.Component(engine, GUEST)
    answer = bytes(_BYTES)
    mine, theirs = [], []
    for _ in range(turns):
        mine.append(1e3 * seconds(guest, ours, _BYTES, answer))
        theirs.append(1e3 * seconds(guest, stock, _BYTES, answer))
    against = "wasmtime's Python package, record by record"
    target = Target(TARGET, of_ratio=True)
    return [Row("e: list<u8>, 600 KB in and out", "ms", Figures(tuple(mine)), against, Figures(tuple(theirs)), target)]
