"""A worker: what answers the requests of one route, each in an instance of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.console import listening
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.exchange import BadAnswerError, read_answer
from wasi_nn_reference.serve.mounts import mounted
from wasi_nn_reference.serve.store import StoreError
from wasi_nn_reference.serve.worker_host import WorkerHost
from wasi_nn_reference.wasmtime_host.ending import OverrunError, TrapError
from wasi_nn_reference.wasmtime_host.guest import Guest
from wasi_nn_reference.wasmtime_host.streams import Buffer, Streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wasi_nn_reference.limits import Limits
    from wasi_nn_reference.serve.configuration import Configuration
    from wasi_nn_reference.serve.exchange import Answer, Request
    from wasi_nn_reference.serve.guests import Turn
    from wasi_nn_reference.serve.store import Store
    from wasi_nn_reference.serve.worker_host import Models
    from wasi_nn_reference.wasmtime_host.runner import Program, Run, Runner
    from wasi_nn_reference.wasmtime_host.streams import Pieces

_STDERR_BYTES = 16 << 10  # of one request, which go to the log; what is more is dropped
_MOST_NOTES = 20  # lines of one request about calls of wasi-nn that failed
FAULT, AWAY, OVERRUN = 500, 503, 504


class WorkerError(Exception):
    """A request that has no answer of its worker's. status: of HTTP. The text is for the log, not for the client."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


class Account(NamedTuple):
    """What happened while a request was answered.

    notes: why calls of wasi-nn failed. stderr: what the guest said. inferences: seconds of each. answer: None if there
    is a failure.
    """

    notes: list[str]
    stderr: bytes
    inferences: list[float]
    answer: Answer | None = None
    failure: WorkerError | None = None


class _Kept(Buffer):
    """Output of which the beginning is kept: more of it is taken and dropped."""

    def write(self, data: bytes) -> int:
        self.data += data[: _STDERR_BYTES - len(self.data)]
        return len(data)


class _Answer(Buffer):
    """Standard output; a guest that writes too much is ended, since it may not care that nothing is written."""

    run: Run | None = None

    def write(self, data: bytes) -> int:
        written = super().write(data)
        if self.overflowed and self.run is not None:
            self.run.interrupt()
        return written


class Equipment(NamedTuple):
    """What a worker works with. scratch: where copies of folders are made, for a request each."""

    runner: Runner
    program: Program
    models: Models
    limits: Limits
    store: Store | None
    scratch: Path


class Worker:
    """See the module. name: for logs."""

    def __init__(self, name: str, configuration: Configuration, equipment: Equipment) -> None:
        self.name = name
        self.limits = configuration.limits
        self.configuration = configuration
        self._environment = tuple(configuration.variables.items())
        self._runner, self._program, self._models, limits, self._store, self._scratch = equipment
        self._limits = replace(limits, guest_memory_bytes=configuration.limits.memory_bytes)

    def answer(self, request: Request, turn: Turn) -> Account:
        """Answer a request, in a thread that does nothing else."""
        notes: list[str] = []
        stderr, inferences = _Kept(), list[float]()

        def note(line: str) -> None:
            if len(notes) < _MOST_NOTES:
                notes.append(line)

        answer = failure = None
        with listening(note):
            try:
                answer = self._answered(request, turn, stderr, inferences.append)
            except WorkerError as error:
                failure = error
        return Account(notes, bytes(stderr.data), inferences, answer, failure)

    def _answered(self, request: Request, turn: Turn, stderr: Buffer, computed: Callable[[float], None]) -> Answer:
        namespace = self.configuration.namespace
        try:
            stored = self._store.read(namespace) if self._store and namespace is not None else {}
            written = self._run(request.encoded(stored), turn, stderr, computed)
            answer = read_answer(written)
            if self._store and namespace is not None and answer.stored is not None:
                self._store.replace(namespace, answer.stored)
        except StoreError as error:
            raise WorkerError(AWAY, str(error)) from error
        except BadAnswerError as error:
            raise WorkerError(FAULT, str(error)) from error
        return answer

    def _run(self, stdin: Pieces, turn: Turn, stderr: Buffer, computed: Callable[[float], None]) -> bytes:
        """Return what the guest writes; raises WorkerError for one that does not end as it has to."""
        stdout = _Answer(self.limits.stdout_bytes)
        host = WorkerHost(self._models, self._limits, turn.end, computed)
        failure: Exception | None = None
        status = 0
        with mounted(self.configuration.folders, self._scratch) as directories:
            guest = Guest((), directories, self._environment, turn.seconds, Streams(stdin, stdout, stderr))
            try:
                run = self._runner.prepare(self._program, guest, host)
                stdout.run = run
                turn.begin(run)
                status = run.work()
            except (TrapError, UserError) as error:
                failure = error
        if stdout.overflowed:
            raise WorkerError(FAULT, f"the guest wrote more than {self.limits.stdout_bytes} bytes") from failure
        if turn.is_over:  # also if it got to its end, with an error of the call that took too long
            raise WorkerError(OVERRUN, str(OverrunError(turn.seconds))) from failure
        if failure is not None:
            raise WorkerError(FAULT, str(failure)) from failure
        if status != 0:
            raise WorkerError(FAULT, f"the guest exited with {status}")
        return bytes(stdout.data)
