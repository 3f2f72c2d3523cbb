"""Starts engine processes: has a template of them, which is started with the first and forks each."""

from __future__ import annotations

import socket
import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.backends.isolated.channel import Channel, EndedError
from wasi_nn_reference.backends.isolated.messages import Fork, Forked, OfTemplate, Reap, Reaped, ToTemplate
from wasi_nn_reference.backends.isolated.template_process import start
from wasi_nn_reference.errors import ErrorCode, WasiNnError

if TYPE_CHECKING:
    from wasi_nn_reference.backends.isolated.template_process import TemplateProcess

_START_SECONDS = 60.0  # for importing engines on a machine that does much else


class Launched(NamedTuple):
    """A new engine process: its id, and the socket that it listens to."""

    process: int
    end: socket.socket


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
        ours, theirs = socket.socketpair()
        while self._abandoned:
            self.reap(self._abandoned.popleft())
        with self._lock, theirs:
            try:
                answer = self._answer(Fork(), theirs.fileno())
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
                answer = self._exchange(Reap(launched.process), None)
            except (EndedError, TimeoutError):
                return None
        assert isinstance(answer, Reaped)
        return answer.status

    def abandon(self, launched: Launched) -> None:
        """Have an engine process ended that nobody will speak to again; can be called by a finalizer."""
        launched.end.close()  # it ends with that, unless it computes
        self._abandoned.append(launched)

    def close(self) -> None:
        """End the template, and with it every engine process."""
        with self._lock:
            self._end()

    def _answer(self, order: ToTemplate, descriptor: int) -> OfTemplate:
        try:
            return self._exchange(order, descriptor)
        except EndedError:  # the system may have killed it for want of memory: another is tried, once
            return self._exchange(order, descriptor)

    def _exchange(self, order: ToTemplate, descriptor: int | None) -> OfTemplate:
        if self._template is None:
            self._template = start(self._modules)
        if self._channel is None:
            self._channel = Channel(self._template.end, OfTemplate)
        try:
            self._channel.send(order, descriptor)
            return self._channel.receive(_START_SECONDS)
        except (EndedError, TimeoutError):
            self._end()
            raise

    def _end(self) -> None:
        if self._template is not None:
            self._template.end_all()
        self._template = self._channel = None
