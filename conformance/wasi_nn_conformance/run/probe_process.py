"""One process of the host under test with a probe inside: requests go in as lines, replies come out as lines.

Both pipes are read and written without buffering streams, from one loop with a deadline, so neither a guest
that does not read nor a host that prints without end can stop the suite.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import msgspec

from wasi_nn_conformance.session.wire import (
    PROTOCOL,
    Greeting,
    Hello,
    ProtocolError,
    Refusal,
    Reply,
    Request,
    encode_request,
    read_reply,
)

from .adapter import Adapter, AdapterError

_PREFIX = b"@@{"
_NOISE_KEPT = 16_000  # bytes; a panic's backtrace must not push out its first line
_LONGEST_LINE = 128 << 20  # bytes; the largest reply is an output of 64 MiB in base64
_SECONDS_TO_DIE = 5.0
_CHUNK = 1 << 16
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PIPE = 1 << 20  # bytes that a pipe holds at most, unless the administrator allows more


@dataclass(frozen=True)
class Ended:
    """The process ended instead of answering; `code` is its exit code, negative for a signal."""

    code: int
    printed: str


@dataclass(frozen=True)
class Silent:
    """No answer came within `seconds`."""

    seconds: float
    printed: str


class ProbeProcess:
    """A running host with a probe inside. Use it in a `with` statement: leaving it kills the process."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `argv`. Raises `OSError` if that cannot be done."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 closed with the process
        try:
            self._process = subprocess.Popen(  # noqa: S603 the adapter names the program
                argv,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                start_new_session=True,
            )
        except OSError:
            self._errors.close()
            raise
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)
        # The end of the process itself: a child of it may hold the pipes open for ever.
        self._end = os.pidfd_open(self._process.pid)
        self._events = select.poll()
        self._events.register(self._stdout, select.POLLIN)
        self._events.register(self._end, select.POLLIN)
        self._received = bytearray()
        self._noise = bytearray()
        self.usable = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, request: Request, seconds: float) -> Reply | Ended | Silent:
        """Send one request and wait for its reply, at most `seconds`: see `ask`."""
        answer = self.ask(json.dumps(request, separators=(",", ":")).encode(), seconds)
        if isinstance(answer, Ended | Silent):
            return answer
        reply: Reply = json.loads(answer)
        return reply

    def ask(self, request: bytes, seconds: float) -> bytes | Ended | Silent:
        """Send the line of a request and wait for that of its reply, at most `seconds`.

        After `Ended` or `Silent` the process is gone and `usable` is false.
        """
        deadline = time.monotonic() + seconds
        self._drop_what_came_unasked()
        unsent = self._send(memoryview(request + b"\n"))
        if unsent:
            self._events.register(self._stdin, select.POLLOUT)
        while True:
            left = deadline - time.monotonic()
            ready = {file for file, _ in self._events.poll(max(left, 0) * 1e3)}
            if not ready and left <= 0:
                return self._silent(seconds)
            if self._end in ready:
                reply = self._last_reply()
                return reply if reply is not None else self._ended(deadline)
            if self._stdin in ready and not (unsent := self._send(unsent)):
                self._events.unregister(self._stdin)
            if self._stdout in ready and not self._receive():
                return self._ended(deadline)
            if (reply := self._reply()) is not None:
                return reply

    def _drop_what_came_unasked(self) -> None:
        """Forget what the process printed before the request: no line of it can be the reply."""
        self._receive()
        self._keep(bytes(self._received))
        self._received.clear()

    def _last_reply(self) -> bytes | None:
        """Take what the process, which has ended, left in the pipe."""
        for _ in range(_PIPE // _CHUNK):
            if not self._receive():
                break
        return self._reply()

    def _send(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._stdin, unsent) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            return unsent[len(unsent) :]  # the end of its output tells why

    def _receive(self) -> bool:
        """Take what the process printed; false at the end of its output."""
        try:
            chunk = os.read(self._stdout, _CHUNK)
        except BlockingIOError:
            return True
        self._received += chunk
        return bool(chunk)

    def _reply(self) -> bytes | None:
        while (end := self._received.find(b"\n")) >= 0:
            line = bytes(self._received[:end])
            del self._received[: end + 1]
            reply, noise = _split(line)
            self._keep(noise)
            if reply is not None:
                return reply
        if len(self._received) > _LONGEST_LINE:
            self._keep(bytes(self._received))
            self._received.clear()
        return None

    def _keep(self, noise: bytes) -> None:
        self._noise = (self._noise + noise)[-_NOISE_KEPT:]

    def _ended(self, deadline: float) -> Ended | Silent:
        self._keep(bytes(self._received))
        try:
            code = self._process.wait(max(deadline - time.monotonic(), _SECONDS_TO_DIE))
        except subprocess.TimeoutExpired:
            return self._silent(_SECONDS_TO_DIE)
        printed = self.printed()
        self.close()
        return Ended(code, printed)

    def _silent(self, seconds: float) -> Silent:
        printed = self.printed()
        self.close()
        return Silent(seconds, printed)

    def printed(self) -> str:
        """Return the end of what the host printed besides replies, on both streams, in readable form."""
        if self._errors.closed:
            return ""
        end = os.fstat(self._errors.fileno()).st_size
        errors = os.pread(self._errors.fileno(), _NOISE_KEPT, max(0, end - _NOISE_KEPT))
        text = (bytes(self._noise) + errors).decode("utf-8", "replace")
        return "".join(
            sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text
        ).strip()

    def close(self) -> None:
        """Kill the process and all that it started."""
        if self._errors.closed:
            return  # by now another process may have the number
        self.usable = False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._end)
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()


def _split(line: bytes) -> tuple[bytes | None, bytes]:
    """Part a line into the reply at its end, if there is one, and what the host printed before it."""
    start = line.find(_PREFIX)
    while start >= 0:
        if _is_object(line[start + 2 :]):
            return line[start + 2 :], line[:start]
        start = line.find(_PREFIX, start + 1)
    return None, line + b"\n"


def _is_object(text: bytes) -> bool:
    try:
        _object.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def handshake(process: ProbeProcess, adapter: Adapter, abi: str) -> Greeting:
    """Say hello and check who answers. Raises `AdapterError`: nothing can be said about the host then."""
    answer = process.ask(encode_request(Hello()), adapter.limits.hello_seconds)
    if isinstance(answer, Ended | Silent):
        how = (
            f"gave no sign of the probe within {answer.seconds:g} s"
            if isinstance(answer, Silent)
            else f"ended with {exit_words(answer.code)} before the probe said hello"
        )
        printed = f"; it printed: {answer.printed[-600:]}" if answer.printed else "; it printed nothing"
        raise AdapterError(f"{adapter.name}: the host {how}{printed}")
    try:
        greeting = read_reply(Hello(), answer)
    except ProtocolError as error:
        raise AdapterError(f"{adapter.name}: {error}") from None
    if isinstance(greeting, Refusal):
        raise AdapterError(f"{adapter.name}: the probe refused to say hello: {greeting.error}")
    assert isinstance(greeting, Greeting)
    if greeting.protocol != PROTOCOL:
        raise AdapterError(
            f"{adapter.name}: the probe speaks protocol {greeting.protocol}, this suite {PROTOCOL};"
            " use the probe that came with this suite"
        )
    if greeting.abi != abi:
        raise AdapterError(f"{adapter.name}: the probe speaks ABI {greeting.abi!r} where {abi!r} was started")
    return greeting


def exit_words(code: int) -> str:
    """Return an exit code, or a signal (negative) by its name."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
