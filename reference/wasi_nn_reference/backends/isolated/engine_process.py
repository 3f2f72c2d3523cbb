"""One engine process, as the host sees it: orders and answers, deadlines, and its end."""

from __future__ import annotations

import signal
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING

from wasi_nn_reference.backends.isolated.channel import Channel, EndedError
from wasi_nn_reference.backends.isolated.messages import Answer, Begin, Failed, Forget, Missing, Order, Ready
from wasi_nn_reference.backends.registry import not_installed
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import ErrorCode, WasiNnError

if TYPE_CHECKING:
    from wasi_nn_reference.backends.isolated.launcher import Launched, Launcher

# An engine that heeds its deadline answers so itself, and keeps its other graphs. One that does not is killed then.
_GRACE_SECONDS = 0.25
_BEGIN_SECONDS = 60.0
_told: set[str] = set()


class EngineProcess:
    """A running engine process. Raises `runtime_error` if it cannot be started.

    Its graphs and requests are freed, by `forget`, before its next order. From any thread: one order at a time.
    `is_given_up` tells that nobody wants its graphs any more.
    """

    def __init__(self, launcher: Launcher, begin: Begin) -> None:
        self._launcher = launcher
        self._launched: Launched = launcher.launch()
        self._channel: Channel[Order, Answer] = Channel(self._launched.ends, Answer)
        self._lock = threading.Lock()
        self._begun = False
        self.is_given_up = False
        self._end: str | None = None
        self._forgotten_graphs: deque[int] = deque()
        self._forgotten_requests: deque[int] = deque()
        weakref.finalize(self, launcher.abandon, self._launched).atexit = False
        self._channel.send(self._channel.encoded(begin))

    @property
    def process_id(self) -> int:
        """The system's number of it."""
        return self._launched.process

    @property
    def is_lost(self) -> bool:
        """Return whether it is gone, with all that it held."""
        return self._end is not None

    def forget_graph(self, number: int) -> None:
        """Have a graph freed before the next order; can be called at any time, also by a finalizer."""
        self._forgotten_graphs.append(number)

    def forget_request(self, number: int) -> None:
        """As `forget_graph`, for a request."""
        self._forgotten_requests.append(number)

    def encoded(self, order: Order) -> bytes:
        """Return an order as `exchange` takes it."""
        return self._channel.encoded(order)

    def call(self, order: Order, seconds: float, *descriptors: int) -> Answer:
        """Return what it answers to an order; raises as `exchange`, and what it says went wrong."""
        return self.answer(self.exchange(self.encoded(order), seconds, *descriptors))

    def exchange(self, order: bytes, seconds: float, *descriptors: int, awake: bool = False) -> bytes:
        """Return its answer to an order, both encoded. `awake`: as `Channel.receive`.

        Raises `timeout` if it does not answer in time, after which it is gone; `runtime_error` if it is; `busy` if
        another thread's order takes all the time.
        """
        if not self._lock.acquire(timeout=seconds):
            raise WasiNnError(ErrorCode.BUSY, "the engine works on another call")
        try:
            if not self._begun:
                self._begin()
            if self._forgotten_graphs or self._forgotten_requests:
                forget = Forget(_taken(self._forgotten_graphs), _taken(self._forgotten_requests))
                self._exchange(self.encoded(forget), seconds)
            return self._exchange(order, seconds, *descriptors, awake=awake)
        finally:
            self._lock.release()

    def answer(self, data: bytes) -> Answer:
        """Return the message of an encoded answer; raises what it says went wrong."""
        try:
            answer = self._channel.decoded(data)
        except EndedError:
            raise self.nonsense() from None
        if isinstance(answer, Failed):
            raise _error(answer)
        if isinstance(answer, Missing):
            raise not_installed(answer.distribution)
        return answer

    def nonsense(self) -> WasiNnError:
        """End a process that does not answer as agreed, and return the error to raise."""
        self.kill("it answered what can not be")
        return WasiNnError(ErrorCode.RUNTIME_ERROR, "the engine's process answered what can not be, and was ended")

    def kill(self, reason: str) -> None:
        """End it, from any thread: a call that waits for it raises `runtime_error`, with this reason."""
        if self._end is None:
            self._end = reason
            self._launcher.reap(self._launched)

    def _exchange(self, order: bytes, seconds: float, *descriptors: int, awake: bool = False) -> bytes:
        if self._end is not None:
            raise self._gone()
        try:
            self._channel.send(order, *descriptors)
            return self._channel.receive(seconds + _GRACE_SECONDS, awake=awake)
        except TimeoutError:
            self.kill(f"it did not finish within {seconds:g} s")
            raise WasiNnError(ErrorCode.TIMEOUT, f"the engine did not finish within {seconds:g} s") from None
        except EndedError as error:
            if self._end is None:
                self._end = _how_it_ended(self._launcher.reap(self._launched))
            raise self._gone() from error

    def _gone(self) -> WasiNnError:
        return WasiNnError(ErrorCode.RUNTIME_ERROR, f"the engine is gone with this graph: {self._end}")

    def _begin(self) -> None:
        """Hear that it has begun, and tell the user once what it could not give up."""
        self._begun = True
        try:
            answer = self._channel.decoded(self._channel.receive(_BEGIN_SECONDS))
        except (EndedError, TimeoutError):
            self._end = self._end or _how_it_ended(self._launcher.reap(self._launched))
            return
        for missing in answer.missing if isinstance(answer, Ready) else ():
            if missing not in _told:
                _told.add(missing)
                note(f"warning: this system has no {missing}")


def _taken(numbers: deque[int]) -> tuple[int, ...]:
    return tuple(numbers.popleft() for _ in range(len(numbers)))


def _how_it_ended(status: int | None) -> str:
    if status is None:
        return "its process ended"
    return f"its process ended by {signal.Signals(-status).name}" if status < 0 else f"its process ended with {status}"


def _error(answer: Failed) -> WasiNnError:
    try:
        code = ErrorCode(answer.code)
    except ValueError:
        code = ErrorCode.RUNTIME_ERROR
    return WasiNnError(code, answer.text)
