"""The threads that guests run in: a fixed number at a time, each until its time is up, the others wait in line."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from wasi_nn_reference.wasmtime_host.ending import OverrunError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wasi_nn_reference.wasmtime_host.runner import Run

_Result = TypeVar("_Result")
# From the end of a guest's time until it counts as blocked: an engine that heeds no deadline is killed before.
_GRACE_SECONDS = 1.0
_AGAIN_SECONDS = 0.05  # between interruptions; see `Run.interrupt`


class CrowdedError(Exception):
    """No thread is free for the guest, and the line is full or does not move."""


class Turn:
    """The turn of one guest. end: when its time is up, of `time.monotonic`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds
        self.abandoned = False
        self._interrupted = False
        self._run: Run | None = None

    @property
    def is_over(self) -> bool:
        """Return whether its time is up."""
        return self._interrupted or time.monotonic() >= self.end

    def begin(self, run: Run) -> None:
        """Take what is to be interrupted when its time is up."""
        self._run = run
        if self._interrupted:
            run.interrupt()

    def interrupt(self) -> None:
        """End the guest as soon as it computes."""
        self._interrupted = True
        if self._run is not None:
            self._run.interrupt()


@dataclass
class _Job:
    work: Callable[[Turn], Any]
    turn: Turn
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    timer: asyncio.TimerHandle | None = None
    done: bool = False


class Guests:
    """Runs guests; all methods are for one event loop.

    threads: how many at a time. waiting: how many more may wait in line. on_exhausted: called when as many guests as
    there are threads are left behind.
    """

    def __init__(self, threads: int, waiting: int, on_exhausted: Callable[[], None] = lambda: None) -> None:
        self._most = threads
        self._waiting = waiting
        self._on_exhausted = on_exhausted
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._line: deque[asyncio.Future[None]] = deque()
        self._threads = 0
        self.running = 0
        self.abandoned = 0

    @property
    def waiting(self) -> int:
        """How many wait in line."""
        return len(self._line)

    async def run(self, work: Callable[[Turn], _Result], seconds: float) -> _Result:
        """Return what `work` returns in a thread, or raise what it raises.

        Raises CrowdedError; OverrunError for a guest that is left behind because it heeds no interruption.
        """
        await self._slot(seconds)
        loop = asyncio.get_running_loop()
        job = _Job(work, Turn(seconds), loop, loop.create_future())
        if self._threads < self.running:
            self._threads += 1
            threading.Thread(target=self._serve, name="worker", daemon=True).start()
        self._jobs.put(job)
        # Not cancelled by whoever leaves: a guest whose client is gone has its time, too.
        job.timer = loop.call_later(seconds, self._expire, job)
        result: _Result = await job.future
        return result

    def close(self) -> None:
        """End the threads that have no guest."""
        for _ in range(self._threads):
            self._jobs.put(None)

    async def _slot(self, patience: float) -> None:
        if self.running < self._most:
            self.running += 1
            return
        if len(self._line) >= self._waiting:
            raise CrowdedError
        place = asyncio.get_running_loop().create_future()
        self._line.append(place)
        try:
            async with asyncio.timeout(patience):
                await place
        except BaseException as error:
            if place in self._line:
                self._line.remove(place)
            elif place.done() and not place.cancelled():
                self._release()  # it came at the same moment
            if isinstance(error, TimeoutError):
                raise CrowdedError from None
            raise

    def _release(self) -> None:
        while self._line:
            place = self._line.popleft()
            if not place.done():
                place.set_result(None)
                return
        self.running -= 1

    def _expire(self, job: _Job) -> None:
        """Interrupt a guest until it is done, or leave it behind."""
        if job.turn.abandoned or job.done:
            return
        if time.monotonic() < job.turn.end + _GRACE_SECONDS:
            job.turn.interrupt()
            job.loop.call_later(_AGAIN_SECONDS, self._expire, job)
            return
        job.turn.abandoned = True
        self.abandoned += 1
        self._threads -= 1
        self._release()
        if self.abandoned == self._most:
            self._on_exhausted()
        if not job.future.done():
            job.future.set_exception(OverrunError(job.turn.seconds, blocked=True))

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                result, failure = job.work(job.turn), None
            except BaseException as error:  # noqa: BLE001 - it goes on in the event loop
                result, failure = None, error
            with contextlib.suppress(RuntimeError):  # a guest that was left behind may end after its server
                job.loop.call_soon_threadsafe(self._done, job, result, failure)
            if job.turn.abandoned:
                return
            del job, result, failure  # nothing of a request is held until the next

    def _done(self, job: _Job, result: object, failure: BaseException | None) -> None:
        job.done = True
        if job.timer is not None:
            job.timer.cancel()
        if job.turn.abandoned:
            self.abandoned -= 1
            return
        self._release()
        if job.future.done():  # whoever waited has gone
            return
        if failure is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(failure)
