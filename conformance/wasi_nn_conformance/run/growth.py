"""What never stops growing: rounds of one conversation in one process, and how large that was in between.

Nobody can tell a leak from a cache that fills, or from garbage that is not collected yet, by looking once. So the first
rounds only raise a suspicion, and a suspect has to grow in every further stretch to be found out: after five hundred
rounds, each of which brings and takes hundreds of KiB, whatever was going to come to rest has done so. In a thousand, a
host that keeps a file of each would meet the limit of open files instead, which often is 1024.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

from .process_size import ProcessSize

FIRST = (4, 4)
"""Rounds of each stretch at first: the first stretch warms up, and does not count.

Few, because these cost time on every host. What is kept of them shows only if it finds no room in what the heap has
free: the vectors see to that.
"""

MORE = (12, 20, 40, *(60,) * 7)
"""Rounds of each stretch in which a suspect must go on growing."""

_PER_ROUND = {"memory": 24 << 10, "files": 0.5, "threads": 0.5, "processes": 0.5}
"""Growth in a round that counts: far less than a tensor of a vector, and less than one of what is counted."""

_NAMES = {
    "memory": "its memory",
    "files": "the number of its open files",
    "threads": "the number of its threads",
    "processes": "the number of its children",
}


@dataclass(frozen=True)
class Growth:
    """What grew in every stretch, and by how much in a round."""

    what: str
    per_round: float

    @property
    def words(self) -> str:
        """How much that is."""
        amount = f"{self.per_round / 1024:.0f} KiB" if self.what == _NAMES["memory"] else f"{self.per_round:.1f}"
        return f"{amount} a round"


def growing(sizes: Sequence[ProcessSize | None], rounds: Sequence[int]) -> Iterator[Growth]:
    """Return what grew from each size to the next; between two lies a stretch of so many `rounds`.

    What is not known yet, or any more, may have grown.
    """
    for each in fields(ProcessSize):
        values = [getattr(size, each.name) for size in sizes if size is not None]
        steps = [after - before for before, after in pairwise(values)]
        if all(step > _PER_ROUND[each.name] * count for step, count in zip(steps, rounds, strict=False)):
            yield Growth(_NAMES[each.name], sum(steps) / max(1, sum(rounds[: len(steps)])))
