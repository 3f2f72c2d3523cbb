import json
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.run import probe_process
from wasi_nn_conformance.run.adapter import Adapter, AdapterError
from wasi_nn_conformance.run.handshake import handshake
from wasi_nn_conformance.run.probe_process import Ended, ProbeProcess, Silent, exit_words
from wasi_nn_conformance.session.wire import ProbeIdentity

SECONDS = 10.0  # far more than a miniature needs to answer; no test waits so long
MOMENT = 0.05  # what a test waits for a miniature that never answers
HELLO = b'{"call":"hello"}'
CALL = b'{"call":"compute","context":0}'

Process = Callable[[str], ProbeProcess]


@pytest.fixture(autouse=True, params=["pidfd", "thread"])
def way_to_see_the_end(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test run also as on a system without file descriptors of processes."""
    if request.param == "thread":
        monkeypatch.delattr(os, "pidfd_open")


@pytest.fixture
def handshake_done(process: Process) -> Process:
    """Start a miniature and exchange hello."""

    def handshake_done(words: str) -> ProbeProcess:
        started = process(words)
        assert isinstance(started.greet(HELLO, SECONDS), bytes)
        return started

    return handshake_done


@pytest.mark.parametrize("words", ["errors", "garbage", "log_before_reply"])
def test_a_reply_is_found_among_what_else_is_printed(handshake_done: Process, words: str) -> None:
    answer = handshake_done(words).ask(CALL, SECONDS)
    assert isinstance(answer, bytes)
    assert json.loads(answer)["errno"] == 1


def test_what_else_is_printed_is_kept_in_readable_form(handshake_done: Process) -> None:
    assert handshake_done("garbage").printed().startswith("��� �[31mlog�[0m �(")


@pytest.mark.parametrize("words", ["hangs", "half_a_line", "floods"])
def test_no_answer_in_time_is_silence(handshake_done: Process, words: str) -> None:
    process = handshake_done(words)
    assert (type(process.ask(CALL, MOMENT)), process.usable) == (Silent, False)


def test_a_guest_that_does_not_read_its_request_is_silent(handshake_done: Process) -> None:
    large = CALL + b" " * (4 << 20)  # more than any pipe holds
    assert isinstance(handshake_done("deaf").ask(large, MOMENT), Silent)


@pytest.mark.parametrize(
    ("words", "code"), [(f"dies {signal.SIGABRT}", -signal.SIGABRT), ("exits 134", 134), ("exits 0", 0)]
)
def test_an_end_tells_its_code(handshake_done: Process, words: str, code: int) -> None:
    process = handshake_done(words)
    answer = process.ask(CALL, SECONDS)
    assert isinstance(answer, Ended)
    assert (answer.code, process.usable) == (code, False)


def test_last_words_of_the_dead_are_kept(handshake_done: Process) -> None:
    answer = handshake_done(f"dies {signal.SIGABRT}").ask(CALL, SECONDS)
    assert isinstance(answer, Ended)
    assert answer.printed == "thread 'main' panicked at src/lib.rs:1"


def test_an_end_is_seen_though_a_child_keeps_the_pipes(handshake_done: Process) -> None:
    answer = handshake_done("leaves_a_child 134").ask(CALL, SECONDS)
    assert isinstance(answer, Ended)
    assert answer.code == 134


def test_children_end_with_the_process(handshake_done: Process, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    handshake_done(f"leaves_a_child 0 {fifo}").ask(CALL, SECONDS)
    ended, _, _ = select.select([reader], [], [], SECONDS)  # readable at its end, when no child holds it
    os.close(reader)
    assert ended


def test_a_second_reply_does_not_answer_the_next_request(handshake_done: Process) -> None:
    process = handshake_done("two_replies")
    answers = [process.ask(CALL, SECONDS) for _ in range(3)]
    assert answers == [b'{"number":0}', b'{"number":1}', b'{"number":2}']


def test_lines_of_the_host_are_no_replies(handshake_done: Process) -> None:
    process = handshake_done("speaks_as_probes_do")
    for _ in range(3):
        answer = process.ask(CALL, SECONDS)
        assert isinstance(answer, bytes)
        assert json.loads(answer)["errno"] == 1
        assert '@@{"errno":0}' in process.printed()


def test_a_reply_that_cannot_be_parsed_is_noise(handshake_done: Process) -> None:
    answer = handshake_done("deeply_nested").ask(CALL, SECONDS)
    assert isinstance(answer, bytes)
    assert json.loads(answer)["errno"] == 1


def test_a_large_request_and_reply_pass(process: Process) -> None:
    answer = process("numpy_host.py").ask(b'{"call":"hello","x":"' + b"y" * (4 << 20) + b'"}', SECONDS)
    assert isinstance(answer, bytes)
    assert json.loads(answer)["probe"] == "numpy"


def test_leaving_the_with_statement_ends_the_process(miniature: Callable[[str], list[str]]) -> None:
    with ProbeProcess(miniature("silent"), {}) as process:
        pass
    assert process.code == -signal.SIGKILL


def test_closing_twice_does_nothing(process: Process) -> None:
    started = process("silent")
    started.close()
    started.close()
    assert not started.usable


def test_a_fast_flood_is_silence_too() -> None:
    with ProbeProcess(["/bin/sh", "-c", "exec yes"], {}) as process:
        assert isinstance(process.ask(CALL, MOMENT), Silent)


def test_a_log_without_end_is_silence() -> None:
    with ProbeProcess(["/bin/sh", "-c", "yes >&2; true"], {}) as process:
        answer = process.ask(CALL, MOMENT)
    assert isinstance(answer, Silent)
    assert len(answer.printed) < 16 << 10


def test_a_long_log_does_not_block_the_host_and_its_end_is_kept(handshake_done: Process) -> None:
    process = handshake_done(f"logs {64 << 20}")
    assert isinstance(process.ask(CALL, SECONDS), bytes)
    printed = process.printed()
    assert len(printed) == (16 << 10) - 1  # the last line feed is stripped
    assert printed.endswith("x\ncall 0")


def test_a_log_is_kept_until_the_next_call(handshake_done: Process) -> None:
    process = handshake_done("logs 1")
    logs = [(isinstance(process.ask(CALL, SECONDS), bytes), process.printed()) for _ in range(3)]
    assert logs == [(True, "x\ncall 0"), (True, "x\ncall 1"), (True, "x\ncall 2")]


def test_what_is_logged_before_a_call_is_no_last_words_of_it(handshake_done: Process, tmp_path: Path) -> None:
    told, logged = tmp_path / "told", tmp_path / "logged"
    os.mkfifo(told)
    os.mkfifo(logged)
    process = handshake_done(f"logs_late {told} {logged}")
    assert isinstance(process.ask(CALL, SECONDS), bytes)
    told.write_text("read", "ascii")
    logged.read_text("ascii")
    assert process.ask(CALL, SECONDS) == Ended(3, "")


def test_whoever_died_before_the_call_is_heard(handshake_done: Process, tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    process = handshake_done(f"dies_late {told}")
    assert isinstance(process.ask(CALL, SECONDS), bytes)
    told.write_text("read", "ascii")
    while not process.ended:
        time.sleep(MOMENT)
    assert process.ask(CALL, SECONDS) == Ended(3, "panicked late")


def test_the_code_is_told_though_output_was_closed_before(handshake_done: Process) -> None:
    assert handshake_done("closes_its_output 3").ask(CALL, SECONDS) == Ended(3, "")


def test_closed_output_and_no_end_is_silence(handshake_done: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_process, "_SECONDS_TO_DIE", MOMENT)
    assert isinstance(handshake_done("closes_its_output").ask(CALL, MOMENT), Silent)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, TimeoutError])
def test_an_exception_inside_a_call_ends_the_process(handshake_done: Process, raised: type[BaseException]) -> None:
    def interrupt(*_: object) -> None:
        raise raised

    process = handshake_done("hangs")
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, MOMENT)
    try:
        with pytest.raises(raised):
            process.ask(CALL, SECONDS)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert (process.usable, process.code) == (False, -signal.SIGKILL)


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_a_closed_process_leaves_no_thread_and_no_file(process: Process) -> None:
    before = threading.active_count(), open_files()
    process("silent").close()
    assert (threading.active_count(), open_files()) == before


@pytest.fixture
def greeting(adapter: Callable[..., Adapter], miniature: Callable[[str], list[str]]) -> Iterator[Callable[..., Any]]:
    """Greet a miniature, with little time."""
    started: list[ProbeProcess] = []

    def greeting(words: str, seconds: float = SECONDS) -> Any:
        started.append(ProbeProcess(miniature(words), {}))
        return handshake(started[-1], adapter(words, limits={"hello_seconds": seconds}), "witx")

    yield greeting
    for process in started:
        process.close()


def test_a_greeting_gives_the_reply(greeting: Callable[..., Any]) -> None:
    assert greeting("errors") == ProbeIdentity(abi="witx", protocol=2, probe="miniature")


@pytest.mark.parametrize(
    ("words", "seconds", "complaint"),
    [
        ("silent", MOMENT, "miniature: the host gave no sign of the probe within 0.05 s; it printed nothing;"),
        ("silent", MOMENT, "starts slowly, set a larger `hello_seconds` under [limits] in "),
        ("echo", 3, 'gave no sign of the probe within 3 s; it printed: {"call":"hello"};'),
        ("ends 1", SECONDS, "the host ended with exit code 1 before the probe answered `hello`; it printed nothing"),
        ("ends 0", SECONDS, "the host ended with exit code 0 before the probe answered `hello`"),
        ('hello {"protocol":1}', SECONDS, "the probe speaks protocol 1, this suite 2; use the probe that came with"),
        ('hello {"protocol":null}', SECONDS, "is not of protocol 2: Expected `int`, got `null` - at `$.protocol`"),
        ('hello {"error":"what?"}', SECONDS, "the probe refused the call `hello`: what?"),
        ('hello {"abi":"wit"}', SECONDS, "the probe speaks ABI 'wit' where 'witx' was started"),
    ],
)
def test_whoever_does_not_say_hello_is_no_host(
    greeting: Callable[..., Any], words: str, seconds: float, complaint: str
) -> None:
    with pytest.raises(AdapterError) as error:
        greeting(words, seconds)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (134, "exit code 134"), (-6, "signal SIGABRT"), (-99, "signal 99")]
)
def test_an_exit_code_in_words(code: int, words: str) -> None:
    assert exit_words(code) == words
