"""What never stops growing: rounds of one conversation in one process, and how large that was in between.

Nobody can tell a leak from a cache that fills, or from garbage that is not collected yet, by looking once. So the first
rounds only raise a suspicion, and a suspect has to grow in every further stretch to be found out: after five hundred
rounds, each of which brings and takes hundreds of KiB, whatever was going to come to rest has done so. In a thousand, a
host that keeps a file of each would meet the limit of open files instead, which often is 1024.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

from wasi_nn_conformance.results.case_result import Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation

from .process_size import ProcessSize

FIRST = (4, 4)
"""Rounds of each stretch at first: the first stretch warms up, and does not count.

Few, because these cost time on every host. What is kept of them shows only if it finds no room in what the heap has
free: the vectors see to that.
"""

MORE = (12, 20, 40, *(60,) * 7)
"""Rounds of each stretch in which a suspect must go on growing."""

_MANY = 64
"""Calls from which a round is one of many: a quarter of the rounds then bring and take more than those of a few."""

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


@dataclass
class Rounds:
    """Rounds carried out by `carry_out`, which takes the number of each, in a process that is `size` large.

    `held` tells how many graphs and contexts the guest has: a host that found a broken model good keeps it rightly
    where no guest can give it back. `calls` are those of a round.
    """

    carry_out: Callable[[int], None]
    size: Callable[[], ProcessSize | None]
    held: Callable[[], int]
    calls: int = 1
    count: int = 0

    def judged(self) -> Judgement | None:
        """Carry them out, and return what is wrong; None if nothing grows without end."""
        sizes = list(self._sizes(FIRST))
        held = self.held()  # what one round names, the next names again
        if None in sizes:
            return Judgement(Verdict.UNSUPPORTED, reason="nobody tells here how much memory a process has")
        grown = tuple(growing(sizes[1:], FIRST[1:]))
        if not grown:
            return None
        sizes, more = [], MORE if self.calls < _MANY else tuple(rounds // 4 for rounds in MORE)
        for size in self._sizes(more):
            sizes.append(size)
            if not (grown := tuple(growing(sizes, more))):
                return None
        if self.held() > held:
            return Judgement(Verdict.UNSUPPORTED, reason="the host gives graphs in each round which nobody can drop")
        return Judgement(Verdict.FAIL, tuple(Violation("growth", subject=each.what, got=each.words) for each in grown))

    def _sizes(self, stretches: Sequence[int]) -> Iterator[ProcessSize | None]:
        """Return how large the process is before and after each stretch of so many rounds."""
        yield self.size()
        for rounds in stretches:
            for _ in range(rounds):
                self.count += 1
                self.carry_out(self.count)
            yield self.size()


def growing(sizes: Sequence[ProcessSize | None], rounds: Sequence[int]) -> Iterator[Growth]:
    """Return what grew from each size to the next; between two lies a stretch of so many `rounds`.

    What is not known yet, or any more, may have grown.
    """
    for each in fields(ProcessSize):
        values = [getattr(size, each.name) for size in sizes if size is not None]
        steps = [after - before for before, after in pairwise(values)]
        if all(step > _PER_ROUND[each.name] * count for step, count in zip(steps, rounds, strict=False)):
            yield Growth(_NAMES[each.name], sum(steps) / max(1, sum(rounds[: len(steps)])))
