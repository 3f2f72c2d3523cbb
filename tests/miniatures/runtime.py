"""Fake runtimes that answer wrongly, late or not at all: `python -I -S runtime.py BEHAVIOUR [ARGUMENT]`.

Each plays a runtime with a probe inside, in one way in which real ones go wrong. None sleeps: one that never answers
waits for its end of input, which comes when the suite gives it up. Hundreds are started, so none imports what it does
not need.
"""

from __future__ import annotations

import json
import os
import signal
import sys

TYPE_CHECKING = False  # that of `typing`, which takes longer to import than all of this to run
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn

HELLO = {"abi": "witx", "protocol": 2, "probe": "miniature"}
FORGOTTEN = {"handles": 0, "buffers": 0}
LOADED = {"errno": 0, "value": 0, "guards": "untouched", "tail": "untouched", "buffer": "untouched"}
ANSWERED = {"errno": 1, "value": 0xDEADBEEF, "guards": "untouched", "tail": "untouched", "buffer": "untouched"}
MORTAL = 13  # the context whose compute kills a mortal runtime

numbers: list[int] = []  # of the requests that were read


def printed(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def reply(answer: dict[str, Any]) -> None:
    """Answer the request that was read last, with its number if it has one."""
    printed(b"@@" + json.dumps({"id": numbers[-1]} | answer if numbers else answer).encode() + b"\n")


def requests() -> Iterator[dict[str, Any]]:
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "id" in request:
            numbers.append(request.pop("id"))
        yield request


def handshake_done() -> Iterator[dict[str, Any]]:
    """Answer hello, and what asks nothing of the host; give the other requests."""
    for request in requests():
        if request["call"] == "hello":
            reply(HELLO)
        elif request["call"] == "forget":
            reply(FORGOTTEN)
        else:
            yield request


def wait_for_the_end() -> None:
    sys.stdin.buffer.read()


def wait_for_word(fifo: str) -> None:
    with open(fifo, encoding="ascii") as file:  # noqa: PTH123 pathlib takes longer to import than this to run
        file.read()


def silent(_argument: str) -> None:
    wait_for_the_end()


def echo(_argument: str) -> None:
    for line in sys.stdin.buffer:
        printed(line)


def ends(code: str) -> NoReturn:
    sys.exit(int(code))


def errors(_argument: str) -> None:
    """Answer every call with invalid_argument."""
    for _ in handshake_done():
        reply(ANSWERED)


def garbage(_argument: str) -> None:
    """Print what is no UTF-8, then answer every call."""
    printed(b"\xff\xfe\x00 \x1b[31mlog\x1b[0m \xc3(\n")
    errors("")


def log_before_reply(_argument: str) -> None:
    for request in requests():
        printed(b"[info] @@ call @@{")
        reply({"hello": HELLO, "forget": FORGOTTEN}.get(request["call"], ANSWERED))


def hello(changes: str) -> None:
    """Answer hello with other values."""
    for _ in requests():
        reply(HELLO | json.loads(changes))


def half_a_line(_argument: str) -> None:
    for _ in handshake_done():
        printed(b'@@{"errno":')
        wait_for_the_end()


def two_replies(_argument: str) -> None:
    """Answer each call with the number of calls so far, and then with a second line that nobody asked for."""
    for number, _ in enumerate(handshake_done()):
        reply({"number": number})
        reply({"number": 99})


def speaks_as_probes_do(_argument: str) -> None:
    """Print lines of its own in the form of replies: without a number, with that of another request, with no number."""
    printed(b'@@{"error":"no device"}\n')
    for _ in requests():
        last = numbers[-1] if numbers else 0
        for number in (
            b"",
            b'"id":%d,' % (last - 1),
            b'"id":%d,' % (last + 1),
            b'"id":"%d",' % last,
            b'"id":%d.0,' % last,
        ):
            printed(b'@@{%b"errno":0}\nlog: @@{%b"errno":0}\n' % (number, number))
        reply(ANSWERED if numbers else HELLO)


def deeply_nested(_argument: str) -> None:
    for _ in handshake_done():
        printed(b'@@{"errno":' + b"[" * 200_000 + b"\n")
        reply(ANSWERED)


def dies(number: str) -> None:
    """Die by a signal in the middle of a call."""
    for _ in handshake_done():
        sys.stderr.write("thread 'main' panicked at src/lib.rs:1\n")
        sys.stderr.flush()
        os.kill(os.getpid(), int(number))


def exits(code: str) -> None:
    """Exit in the middle of a call."""
    for _ in handshake_done():
        sys.exit(int(code))


def hangs(_argument: str) -> None:
    for _ in handshake_done():
        wait_for_the_end()


def hangs_for_good(fifo: str) -> None:
    """Open a named pipe in a call and never do anything again, not even at the end of input."""
    for _ in handshake_done():
        os.open(fifo, os.O_WRONLY)
        signal.pause()


def deaf(_argument: str) -> None:
    """Answer hello and read nothing after it."""
    sys.stdin.buffer.raw.readline()
    reply(HELLO)
    signal.pause()


def floods(_argument: str) -> None:
    for _ in handshake_done():
        while True:
            printed(b"x" * 65536)


def logs(size: str) -> None:
    """Log so many bytes on stderr before each reply, and a line with the number of the call."""
    for number, _ in enumerate(handshake_done()):
        sys.stderr.write("x" * int(size) + f"\ncall {number}\n")
        sys.stderr.flush()
        reply(ANSWERED)


def logs_late(fifos: str) -> None:
    """Log once the first reply was read, which a named pipe tells, and tell of it; die of the second call."""
    told, logged = fifos.split(" ")
    for number, _ in enumerate(handshake_done()):
        if number:
            os._exit(3)
        reply(ANSWERED)
        wait_for_word(told)
        sys.stderr.write("panicked late\n")
        sys.stderr.flush()
        with open(logged, "w", encoding="ascii") as file:  # noqa: PTH123 as above
            file.write("logged")


def dies_late(fifo: str) -> None:
    """Die once the first reply was read, which a named pipe tells."""
    for _ in handshake_done():
        reply(ANSWERED)
        wait_for_word(fifo)
        sys.stderr.write("panicked late\n")
        sys.stderr.flush()
        os._exit(3)


def closes_its_output(code: str) -> None:
    """Close standard output in the middle of a call, and exit then, or never without a code."""
    for _ in handshake_done():
        os.close(1)
        if code:
            os._exit(int(code))
        wait_for_the_end()


def leaves_a_child(argument: str) -> None:
    """Exit in the middle of a call, and leave a child that keeps both pipes and a named one open."""
    code, *fifo = argument.split(" ")
    for path in fifo:
        os.open(path, os.O_WRONLY)
    for _ in handshake_done():
        if os.fork() == 0:
            signal.pause()
        os._exit(int(code))


def ends_with(code: str) -> None:
    """Answer errors, and end so when the input does: with a code, by a signal, not at all, or after so many bytes."""
    errors("")
    if code.endswith(" bytes"):
        printed(b"x" * int(code.removesuffix(" bytes")))
        return
    sys.stderr.write("thread 'main' panicked at src/engine.rs:7\n" if code != "0" else "")
    sys.stderr.flush()
    if code == "never":
        signal.pause()
    if int(code) < 0:
        os.kill(os.getpid(), -int(code))
    os._exit(int(code))


def grows(what: str) -> None:
    """Keep more of something with each call: for ever, or `for a while` of a hundred calls."""
    kept: list[Any] = []
    more: dict[str, Callable[[], Any]] = {
        "memory": lambda: b"x" * (100 << 10),
        "files": lambda: os.dup(0),
        "threads": _sleeping_thread,
        "children": _sleeping_child,
        "memory for a while": lambda: b"x" * (100 << 10) if len(kept) < 100 else b"",
    }
    for _ in handshake_done():
        kept.append(more[what]())
        reply(ANSWERED)


def _sleeping_thread() -> None:
    import threading  # noqa: PLC0415 for this one alone

    threading.Thread(target=threading.Event().wait, daemon=True).start()


def _sleeping_child() -> None:
    if os.fork() == 0:
        signal.pause()


def mortal(starts: str) -> None:
    """Note in a file that it was spoken to; die of one context, load anything, answer errors to all else.

    That it has started would depend on who is faster: a process that nobody needs any more may be ended before.
    """
    if sys.stdin.buffer.peek(1):
        with open(starts, "a", encoding="utf-8") as file:  # noqa: PTH123 as above
            file.write(f"{os.getpid()}\n")
    for request in handshake_done():
        if request.get("context") == MORTAL:
            os.kill(os.getpid(), signal.SIGABRT)
        reply(LOADED if request["call"] == "load" else ANSWERED)


BEHAVIOURS: dict[str, Callable[[str], None]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        *(silent, echo, ends, errors, garbage, log_before_reply, hello, half_a_line, two_replies, deeply_nested),
        *(speaks_as_probes_do, dies, exits, hangs, hangs_for_good, deaf, floods, logs, logs_late, dies_late),
        *(closes_its_output, leaves_a_child, ends_with, grows, mortal),
    )
}

if __name__ == "__main__":
    BEHAVIOURS[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else "")
