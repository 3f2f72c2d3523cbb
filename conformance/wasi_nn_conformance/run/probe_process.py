"""One process of the host under test with a probe inside: requests go in as lines, replies come out as lines.

All pipes are read and written without buffering streams, from one loop with a deadline, so neither a guest that does
not read nor a host that prints without end can stop the suite, or fill its memory.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from wasi_nn_conformance.session.wire import numbered, reply_to

from .pipe import all_of, read
from .printed import Printed
from .process_end import ProcessEnd
from .turn import Turn

_PREFIX = b"@@{"
_LONGEST_LINE = 128 << 20  # bytes; the largest reply is an output of 64 MiB in base64
_SECONDS_TO_DIE = 5.0


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

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], turn: Turn | None = None) -> None:
        """Start `argv`. `turn` is given up while the process is waited for. Raises `OSError` if that cannot be done."""
        self.argv = tuple(argv)
        self._process = subprocess.Popen(  # noqa: S603 the adapter names the program
            argv,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._end = ProcessEnd(self._process)
        self._streams = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._stdin, self._stdout, self._stderr = (stream.fileno() for stream in self._streams if stream is not None)
        for file in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(file, False)
        self._turn = turn or Turn()
        self._events = select.poll()
        for file in (self._stdout, self._stderr, self._end.file):
            self._events.register(file, select.POLLIN)
        self._number: int | None = None  # of the request that is being asked
        self._asked_so_far = 0
        self._received = bytearray()
        self._searched = 0  # bytes of it that are known to hold no line feed
        self._noise, self._errors = Printed(), Printed()
        self.usable = True

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while the process runs."""
        return self._process.returncode

    @property
    def pid(self) -> int:
        """The number of the process, which began a group of its own."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Return whether the process is there no more."""
        return not self.usable or any(file == self._end.file for file, _ in self._events.poll(0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def greet(self, hello: bytes, seconds: float) -> bytes | Ended | Silent:
        """Ask for who is there: as `ask`, but without a number, which not every probe knows of."""
        return self._answer(None, hello, seconds)

    def ask(self, request: bytes, seconds: float) -> bytes | Ended | Silent:
        """Send the line of a request and wait for that of its reply, at most `seconds`.

        Both have the number of the request there, and not here. After `Ended`, `Silent` or an exception the process
        is gone and `usable` is false.
        """
        self._asked_so_far += 1
        return self._answer(self._asked_so_far, numbered(request, self._asked_so_far), seconds)

    def _answer(self, number: int | None, line: bytes, seconds: float) -> bytes | Ended | Silent:
        assert self.usable
        self._number = number
        try:
            answer = self._asked(line, seconds)
        except BaseException:
            self.close()  # its reply would be taken for that to the next request
            raise
        self._noise.answered()
        self._errors.answered()
        return answer

    def _asked(self, request: bytes, seconds: float) -> bytes | Ended | Silent:
        deadline = time.monotonic() + seconds
        self._drop_what_came_unasked()
        unsent = self._send(memoryview(request + b"\n"))
        if unsent:
            self._events.register(self._stdin, select.POLLOUT)
        while True:
            left = deadline - time.monotonic()
            ready = {file for file, _ in self._turn.poll(self._events, max(left, 0) * 1e3)}
            if self._stderr in ready and not self._receive_errors():
                self._events.unregister(self._stderr)
            if self._end.file in ready:
                reply = self._last_reply()
                return reply if reply is not None else self._ended()
            if self._stdin in ready and not (unsent := self._send(unsent)):
                self._events.unregister(self._stdin)
            if self._stdout in ready and not self._receive():
                self._events.unregister(self._stdout)
                deadline = max(deadline, time.monotonic() + _SECONDS_TO_DIE)
            if (reply := self._reply()) is not None:
                return reply
            if left <= 0:
                return self._silent(seconds)

    def end(self, seconds: float) -> Ended | Silent:
        """Close the guest's input, at which it returns, and wait at most `seconds` for the process to end."""
        assert self.usable
        try:
            return self._end_of_input(time.monotonic() + seconds) or self._silent(seconds)
        except BaseException:
            self.close()
            raise

    def _end_of_input(self, deadline: float) -> Ended | None:
        self._number = None
        self._drop_what_came_unasked()
        self.close_input()
        while (left := deadline - time.monotonic()) > 0:
            ready = {file for file, _ in self._turn.poll(self._events, left * 1e3)}
            if self._end.file in ready:
                self._received += all_of(self._stdout)
                return self._ended()
            for file, receive in ((self._stdout, self._receive), (self._stderr, self._receive_errors)):
                if file in ready and not receive():
                    self._events.unregister(file)
            self._take_for_noise()
        return None

    def close_input(self) -> None:
        """Let the guest see the end of its input."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def _drop_what_came_unasked(self) -> None:
        """Forget what the process printed before the request: it is neither the reply nor about the call.

        Of a process that has ended meanwhile it is the last words.
        """
        self._received += all_of(self._stdout)
        self._errors.add(all_of(self._stderr))
        self._take_for_noise()
        ended = self.ended
        self._noise.asked(ended=ended)
        self._errors.asked(ended=ended)

    def _take_for_noise(self) -> None:
        self._noise.add(self._received)
        self._received.clear()
        self._searched = 0

    def _last_reply(self) -> bytes | None:
        """Take what the process, which has ended, left in the pipe."""
        self._received += all_of(self._stdout)
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
        chunk = read(self._stdout)
        self._received += chunk or b""
        return chunk != b""

    def _receive_errors(self) -> bool:
        """Take what the process printed as errors; false at the end of them."""
        chunk = read(self._stderr)
        self._errors.add(chunk or b"")
        return chunk != b""

    def _reply(self) -> bytes | None:
        while (end := self._received.find(b"\n", self._searched)) >= 0:
            line = bytes(self._received[:end])
            del self._received[: end + 1]
            self._searched = 0
            reply, noise = self._split(line)
            self._noise.add(noise)
            if reply is not None:
                return reply
        self._searched = len(self._received)
        if self._searched > _LONGEST_LINE:
            self._take_for_noise()
        return None

    def _split(self, line: bytes) -> tuple[bytes | None, bytes]:
        """Split a line into the reply at its end, if there is one, and what the host printed before it."""
        start = line.find(_PREFIX)
        while start >= 0:
            if (reply := reply_to(self._number, line[start + 2 :])) is not None:
                return reply, line[:start]
            start = line.find(_PREFIX, start + 1)
        return None, line + b"\n"

    def _ended(self) -> Ended:
        self._take_for_noise()
        printed = self.printed()
        self.close()
        return Ended(self._process.returncode, printed)

    def _silent(self, seconds: float) -> Silent:
        self._take_for_noise()
        printed = self.printed()
        self.close()
        return Silent(seconds, printed)

    def printed(self) -> str:
        """Return the end of what the host printed since the last call besides the reply, in readable form.

        What it printed as errors stands last.
        """
        if not self.usable:
            return ""
        self._errors.add(all_of(self._stderr))
        text = (self._noise.end + self._errors.end).decode("utf-8", "replace")
        return "".join(
            sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text
        ).strip()

    def close(self) -> None:
        """Kill the process and all that it started."""
        if not self.usable:
            return
        self.usable = False
        self._end.kill()
        for stream in self._streams:
            if stream is not None:
                stream.close()


def exit_words(code: int) -> str:
    """Return an exit code, or a signal (negative) by its name."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
