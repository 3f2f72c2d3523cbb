"""The cases that come next, served while the one that has its turn is: else one processor works and the others wait."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from wasi_nn_conformance.vectors.case import Case

from .host_pool import Host, Pair, Served, pair_of

_FAR = 24  # cases to look at: a vector has one for each pair, of which there are a dozen


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Lookahead:
    """Serves `cases`, which come in this order; None stands for what else uses the host, which nothing is served past.

    At most `at_once` are served at a time. The processes of a pair serve its cases in their order, and none before the
    one before it is judged: what is found out of a pair decides how the next of its cases is served.
    """

    def __init__(self, host: Host, cases: Sequence[Case | None], at_once: int) -> None:
        self._host = host
        self._cases = cases
        self._numbers = {id(case): number for number, case in enumerate(cases) if case is not None}
        self._begun: dict[int, Future[Served]] = {}
        self._slots = threading.Semaphore(at_once)
        # As many as may be at work: whoever waits for one of them does nothing itself.
        self._pool: ThreadPoolExecutor | None = ThreadPoolExecutor(at_once, "case")

    def serve(self, case: Case) -> Served:
        """Return what comes of a case, as `Host.serve`, to whoever has the host's turn."""
        number = self._numbers.get(id(case))
        if number is None or self._pool is None:
            return self._host.serve(case)
        try:
            self._look_ahead(number, self._pool)
            begun = self._begun.pop(number, None)
            if begun is None or begun.cancel():
                return self._served_now(case)
            return self._host.turn.let(begun.result)
        except BaseException:
            self.close()  # whoever stops a case from outside may stop one that another thread carries out
            raise

    def close(self) -> None:
        """Break off what nobody will ask for. From then on no case is served ahead."""
        if self._pool is None:
            return
        self._host.turn.is_over = True
        try:
            self._host.turn.let(partial(self._pool.shutdown, cancel_futures=True))
        finally:
            self._host.turn.is_over = False
            self._pool = None
            self._begun.clear()

    def _look_ahead(self, number: int, pool: ThreadPoolExecutor) -> None:
        taken: set[Pair] = set()
        for later in range(number, min(number + _FAR, len(self._cases))):
            case = self._cases[later]
            if case is None:
                return
            if later not in self._begun and later > number and pair_of(case) not in taken:
                self._begun[later] = pool.submit(self._served_ahead, case)
            taken.add(pair_of(case))

    def _served_ahead(self, case: Case) -> Served:
        with self._slots, self._host.turn:
            return self._host.serve(case)

    def _served_now(self, case: Case) -> Served:
        self._host.turn.let(self._slots.acquire)
        try:
            return self._host.serve(case)
        finally:
            self._slots.release()
