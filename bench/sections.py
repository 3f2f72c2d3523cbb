"""The parts of the benchmark, and how many turns each takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import components
import drawing
import inference
import lists
import start
import suite
import workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from row import Row


@dataclass(frozen=True)
class Section:
    """Rows that are measured together: turns for a quick run, and for one whose figures are quoted."""

    rows: Callable[[Path, int], list[Row]]
    quick: int
    full: int


SECTIONS = {
    "inference": Section(inference.large, 5, 40),
    "calls": Section(inference.tiny, 5, 40),
    "start": Section(start.start, 3, 15),
    "suite": Section(suite.suite, 1, 3),
    "drawn": Section(drawing.drawn, 1, 3),
    "lists": Section(lists.lists, 1, 5),
    "images": Section(components.images, 3, 20),
    "components": Section(components.calls, 3, 20),
    "workers": Section(workers.workers, 1, 5),
}
