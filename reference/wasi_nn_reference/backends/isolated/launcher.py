"""Starts engine processes: has a template of them, which is started with the first and forks each."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.backends.isolated.channel import Channel, EndedError, Ends, pair
from wasi_nn_reference.backends.isolated.messages import Fork, Forked, OfTemplate, Reap, Reaped, ToTemplate
from wasi_nn_reference.backends.isolated.template_process import start
from wasi_nn_reference.errors import ErrorCode, WasiNnError

if TYPE_CHECKING:
    from wasi_nn_reference.backends.isolated.template_process import TemplateProcess

_START_SECONDS = 60.0  # for importing engines on a machine that does much else


class Launched(NamedTuple):
    """A new engine process: its id, and the sockets that it listens to."""

    process: int
    ends: Ends


class Launcher:
    """Starts engine processes of one kind, from any thread.

    modules: what is imported before the first fork. template: one that was started ahead.
    """

    def __init__(self, modules: tuple[str, ...], template: TemplateProcess | None = None) -> None:
        self._modules = modules
        self._template = template
        self._channel: Channel[ToTemplate, OfTemplate] | None = None
        self._lock = threading.Lock()
        self._abandoned: deque[Launched] = deque()

    @property
    def process_id(self) -> int | None:
        """The system's number of the template, None while there is none."""
        return None if self._template is None else self._template.process.pid

    def launch(self) -> Launched:
        """Return a new engine process; raises `runtime_error` if there can be none."""
        ours, theirs = pair()
        while self._abandoned:
            self.reap(self._abandoned.popleft())
        with self._lock, contextlib.closing(theirs):
            try:
                answer = self._answer(Fork(), *(each.fileno() for each in theirs))
            except (EndedError, TimeoutError, OSError) as error:
                ours.close()
                raise WasiNnError(ErrorCode.RUNTIME_ERROR, f"no engine could be started: {error}") from error
        assert isinstance(answer, Forked)
        return Launched(answer.process, ours)

    def reap(self, launched: Launched) -> int | None:
        """Kill an engine process, and return how it ended: a negative number is a signal. None if nobody knows."""
        with self._lock:
            if self._template is None:
                return None
            try:
                answer = self._exchange(Reap(launched.process))
            except (EndedError, TimeoutError):
                return None
        assert isinstance(answer, Reaped)
        return answer.status

    def abandon(self, launched: Launched) -> None:
        """Have an engine process ended that nobody will speak to again; can be called by a finalizer."""
        launched.ends.close()  # it ends with that, unless it computes
        self._abandoned.append(launched)

    def close(self) -> None:
        """End the template, and with it every engine process."""
        with self._lock:
            self._end()

    def _answer(self, order: ToTemplate, *descriptors: int) -> OfTemplate:
        try:
            return self._exchange(order, *descriptors)
        except EndedError:  # the system may have killed it for want of memory: another is tried, once
            return self._exchange(order, *descriptors)

    def _exchange(self, order: ToTemplate, *descriptors: int) -> OfTemplate:
        if self._template is None:
            self._template = start(self._modules)
        if self._channel is None:
            self._channel = Channel(Ends(self._template.messages, self._template.descriptors), OfTemplate)
        try:
            self._channel.send(self._channel.encoded(order), *descriptors)
            return self._channel.decoded(self._channel.receive(_START_SECONDS))
        except (EndedError, TimeoutError):
            self._end()
            raise

    def _end(self) -> None:
        if self._template is not None:
            self._template.end_all()
        self._template = self._channel = None
