"""How far a run came: when it began, how many cases it was to have, and whether something ended it before them."""

import time
from datetime import UTC, datetime

import pytest

from wasi_nn_conformance.report.data import Run
from wasi_nn_conformance.report.environment import environment

_TO_THE_END = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


class Course:
    """The course of one run, from when this is made."""

    def __init__(self) -> None:
        self._started = datetime.now(UTC)
        self._clock = time.perf_counter()
        self._stopped = False

    def end(self, session: pytest.Session, exitstatus: int) -> None:
        """Take up how the run ended: by itself, or by an interrupt, `-x` or an error."""
        self._stopped = exitstatus not in _TO_THE_END or bool(session.shouldfail or session.shouldstop)

    def run(self, judged: int, selected: int, available: int) -> Run:
        """Return what the report says of a run that was to judge so many of the cases that there are."""
        stopped = self._stopped or judged < selected
        return Run(
            started=self._started.isoformat(timespec="seconds"),
            seconds=round(time.perf_counter() - self._clock, 3),
            complete=selected >= available and not stopped,
            stopped=stopped,
            selected=selected,
            available=available,
            environment=environment(),
        )
