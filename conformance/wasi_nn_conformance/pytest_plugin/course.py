"""How far a run came: when it began, how much it was asked for, and whether it came to the end of that."""

import time
from datetime import UTC, datetime

from wasi_nn_conformance.report.data import Run
from wasi_nn_conformance.report.environment import environment


class Course:
    """The course of one run, from when this is made.

    `cases` and `searches` are the numbers of those that are asked for, once that is known.
    """

    def __init__(self) -> None:
        self._started = datetime.now(UTC)
        self._clock = time.perf_counter()
        self.cases = 0
        self.searches: int | None = None

    @property
    def asks_for_any(self) -> bool:
        """Return whether there is a case or a search that the run is asked for."""
        return bool(self.cases or self.searches)

    def run(self, judged: int, searched: int, available: int) -> Run:
        """Return what the report says of the run, from how many came to their end and how many cases there are.

        What stops a run before that - an interrupt, `-x`, a worker that died - makes no difference to the report.
        """
        stopped = self.searches is None or judged + searched < self.cases + self.searches
        return Run(
            started=self._started.isoformat(timespec="seconds"),
            seconds=round(time.perf_counter() - self._clock, 3),
            complete=self.cases >= available and not stopped,
            stopped=stopped,
            selected=self.cases,
            available=available,
            environment=environment(),
        )
