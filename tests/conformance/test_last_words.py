"""What is the same from run to run of what a dying host prints, and what is not."""

import time

import pytest

from wasi_nn_conformance.results.last_words import last_words, pattern, place
from wasi_nn_conformance.results.pattern import matches

RUST = (
    "thread 'main' ({}) panicked at {}/registry/src/host-nn-1.2.{}/src/witx.rs:118:47:\nlength {} is no {} of [1, {}]\n"
)
PYTHON = """Traceback (most recent call last):
  File "{0}/host.py", line 3, in main
    serve()
  File "{0}/nn.py", line 12, in compute
    raise error
ValueError: cannot reshape array of size {1} into shape (1,{1})
"""

JAVASCRIPT = """nn {} ms: load
wasm://wasm/{}:1

RangeError: Offset is outside the bounds of the DataView
    at DataView.prototype.getUint32 (<anonymous>)
"""

# The words of one death as two runs print them: other threads, folders, versions, addresses, times, data.
TWICE = {
    "rust": (RUST.format(31935, "/home/a/.cargo", 8, 16, "f32", 4), RUST.format(7, "/home/ci/c", 9, 12, "f32", 3)),
    "python": (PYTHON.format("/home/a", 3), PYTHON.format("/opt/b", 5)),
    "javascript": (JAVASCRIPT.format(12, "00a1b2c3"), JAVASCRIPT.format(7, "00ffb2c4")),
    "assertion": (
        "host: /build/12/nn/tensor.c:88: nn_set: Assertion `n == m' failed.",
        "host: /tmp/xyz/nn/tensor.c:88: nn_set: Assertion `n == m' failed.",
    ),
    "sanitizer": (
        "==71==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000014 at pc 0x55f0 bp 0x7ffe",
        "==9==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6020000abc14 at pc 0x5511 bp 0x7ffc",
    ),
    "log": (
        "[2026-01-02 03:04:05.678 pid 4711] INFO ready\n[2026-01-02 03:04:05.679 pid 4711] ERROR nn: none at 0x7ffe01",
        "[2026-11-25 13:14:15.9 pid 12] INFO ready\n[2026-11-25 13:14:16.1 pid 12] ERROR nn: none at 0x7ffdab",
    ),
    "date": (
        "Wed Nov 25 16:55:01 2026 nn[4711]: fatal: worker12 gone",
        "Thu Jan  1 00:00:59 2026 nn[3]: fatal: worker7 gone",
    ),
    "folder": (
        "error: /tmp/nn-a_bcd/model.bin: too short after 3.2ms",
        "error: /tmp/nn-x9/model.bin: too short after 11us",
    ),
    "thread": ("fatal error: ThreadId(7) holds deadbeef01", "fatal error: ThreadId(12) holds 0badcafe99"),
}


@pytest.mark.parametrize(("first", "second"), TWICE.values(), ids=list(TWICE))
def test_one_death_has_one_pattern(first: str, second: str) -> None:
    assert pattern(first) == pattern(second)
    assert matches(pattern(first), last_words(second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (RUST.format(1, "/r", 8, 1, "f32", 1), RUST.format(1, "/r", 8, 1, "f32", 1).replace("118", "119")),
        (RUST.format(1, "/r", 8, 1, "f32", 1), RUST.format(1, "/r", 8, 1, "u8", 1)),
        (PYTHON.format("/a", 1), PYTHON.format("/a", 1).replace("reshape", "copy")),
        ("error: out of memory", "error: out of handles"),
    ],
    ids=["line", "type", "exception", "words"],
)
def test_two_deaths_have_two_patterns(first: str, second: str) -> None:
    assert not matches(pattern(first), last_words(second))


@pytest.mark.parametrize(
    "printed",
    ["", "[12:00:01 pid 4711] INFO set_input 0x7f3212\n[12:00:02 pid 4711] DEBUG the default device is CPU"],
    ids=["nothing", "log"],
)
def test_a_log_of_what_goes_well_is_no_death(printed: str) -> None:
    assert (pattern(printed), place(printed)) == ("", "")


@pytest.mark.parametrize(
    ("printed", "where"),
    [
        (RUST.format(1, "/r", 8, 1, "f32", 1), "src/witx.rs:118:47"),
        (PYTHON.format("/a", 1), "nn.py:12"),
        (
            "panic: index out of range [5]\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/nn/run.go:8 +0x1d",
            "nn/run.go:8",
        ),
        ("host: nn/tensor.c:88: nn_set: Assertion `n == m' failed.", "nn/tensor.c:88"),
        ("src/log.rs:7 INFO all is well\nfree(): invalid pointer", ""),
    ],
    ids=["rust", "python", "go", "assertion", "a log before it"],
)
def test_where_a_host_died(printed: str, where: str) -> None:
    assert place(printed) == where


def test_of_a_trace_of_python_the_end_is_told() -> None:
    outer = '  File "/a/run.py", line 1, in main\n    run()\n' * 9
    inner = '  File "/a/nn.py", line 12, in drop\n    raise CallError("it waits")\n'
    printed = f"Traceback (most recent call last):\n{outer}{inner}CallError: it waits\n"
    words = 'Traceback (most recent call last): File "/a/nn.py", line 12, in drop CallError: it waits'
    assert last_words(printed) == words


def test_a_host_that_prints_without_end_takes_no_time() -> None:
    """16 KiB of one word, which is all that is kept, would take seconds without a bound."""
    printed = "x" * (16 << 10) + " error"
    started = time.process_time()
    assert matches(pattern(printed), last_words(printed))
    assert place(printed) == ""
    assert time.process_time() - started < 0.5
