"""Vectors about the host's process: how it ends with its guest, and what grows in it without end."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.run import growth
from wasi_nn_conformance.run.growth import Rounds, growing
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.run.process_size import ProcessSize, process_size
from wasi_nn_conformance.vectors.case import Case

END = "- end"
ROUNDS = "- rounds:\n  - {load_by_name: {name: x}, fails: {}}"
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how large a process is")
MIB = 1 << 20
MINIATURES = Path(__file__).resolve().parents[1] / "miniatures"


@pytest.fixture
def judged(host: Callable[..., Any], cases: Callable[..., list[Case]]) -> Callable[..., CaseResult]:
    """Carry out steps on a miniature."""

    def judged(words: str, steps: str, **options: Any) -> CaseResult:
        [case] = cases(steps)
        result: CaseResult = host(words, **options).run(case)
        return result

    return judged


@pytest.mark.parametrize(
    ("ending", "verdict", "diagnosis"),
    [
        ("0", "pass", ""),
        (
            "-6",
            "crash",
            "the host died: signal SIGABRT: thread 'main' panicked at src/engine.rs:7; wanted exit code 0;",
        ),
        ("3", "fail", "the guest returned, and the host ended with exit code 3; wanted exit code 0; step 1 (end)"),
        ("134", "fail", "the guest returned, and the host ended with exit code 134; wanted exit code 0; step 1 (end)"),
        (
            "never",
            "hang",
            "no end within 0.5 s after that of the guest (thread 'main' panicked at src/engine.rs:7); wanted exit",
        ),
    ],
)
def test_a_host_ends_as_its_guest_does(
    judged: Callable[..., CaseResult], ending: str, verdict: str, diagnosis: str
) -> None:
    result = judged(f"ends_with {ending}", END, limits={"end_seconds": 0.5 if ending == "never" else 10})
    assert (result.verdict, result.diagnosis[: len(diagnosis)]) == (verdict, diagnosis)
    assert result.transcript[-2] == "> (the end of input)"
    assert [each.printed for each in result.violations] == ["thread 'main' panicked at src/engine.rs:7"][
        : ending != "0"
    ]


def test_a_host_that_prints_much_at_its_end_is_listened_to(judged: Callable[..., CaseResult]) -> None:
    assert judged(f"ends_with {8 << 20} bytes", END).verdict == "pass"


@ON_LINUX
@pytest.mark.parametrize(
    ("what", "subject"),
    [
        ("memory", "its memory"),
        ("files", "the number of its open files"),
        ("threads", "the number of its threads"),
        ("children", "the number of its children"),
    ],
)
def test_growth_without_end_is_found(
    judged: Callable[..., CaseResult], monkeypatch: pytest.MonkeyPatch, what: str, subject: str
) -> None:
    monkeypatch.setattr("wasi_nn_conformance.run.growth.MORE", (20, 20))  # hundreds of children take long
    result = judged(f"grows {what}", ROUNDS)
    assert (result.verdict, result.violations[0].kind) == ("fail", "growth")
    assert subject in {violation.subject for violation in result.violations}
    said = [line for line in result.transcript if line.startswith("> ")]
    assert (said[0], len(said), said[2]) == ("> (round 1)", 3, "> (rounds 2 to 48)")


@ON_LINUX
@pytest.mark.parametrize("words", ["errors", "grows memory for a while", "logs 1000"])
def test_what_comes_to_rest_is_no_growth(judged: Callable[..., CaseResult], words: str) -> None:
    assert judged(words, ROUNDS).verdict == "pass"


@ON_LINUX
@pytest.mark.parametrize(
    ("what", "vector", "found"),
    [
        ("inputs", "inferences", ["growth"]),
        ("outputs", "inferences", ["growth"]),
        ("refused", "refusals/openvino", ["growth"]),
        ("nothing", "inferences", []),
        ("nothing", "refusals/openvino", []),
    ],
)
def test_what_is_kept_finds_no_room_in_a_heap_with_much_free(
    host: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, what: str, vector: str, found: list[str]
) -> None:
    monkeypatch.setattr("wasi_nn_conformance.run.growth.MORE", (8,))
    library = Library()
    case = library.case(library.suite_vector(f"process/keeps-its-size/{vector}"), "witx", "openvino")
    # Its own process is looked at, and not one that forks it.
    command = [sys.executable, str(MINIATURES / "hoarding_host.py"), what, str(6 * MIB), "{probe}"]
    result = host("grows memory", command=command).run(case)
    assert [each.kind for each in result.violations] == found


@ON_LINUX
def test_graphs_that_a_host_gave_and_nobody_can_drop_are_no_growth(
    host: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasi_nn_conformance.run.growth.MORE", (8,))
    library = Library()
    case = library.case(library.suite_vector("process/keeps-its-size/refusals/openvino"), "witx", "openvino")
    command = [sys.executable, str(MINIATURES / "hoarding_host.py"), "graphs", str(6 * MIB), "{probe}"]
    result = host("grows memory", command=command).run(case)
    assert result.verdict == "unsupported"
    assert result.diagnosis == "the host gives graphs in each round which nobody can drop"


@ON_LINUX
def test_a_round_that_is_wrong_stays_in_the_transcript(judged: Callable[..., CaseResult]) -> None:
    steps = "- rounds:\n  - {compute: {context: {raw: 1}}, fails: {}}\n  - {compute: {context: {raw: 13}}, fails: {}}"
    result = judged(f"mortal {os.devnull}", steps)
    assert (result.verdict, len(result.transcript)) == ("crash", 6)
    assert json.loads(result.transcript[4].removeprefix("> "))["context"] == 13


def test_where_nobody_tells_sizes_there_is_no_verdict(
    judged: Callable[..., CaseResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasi_nn_conformance.run.case_runner.process_size", lambda _pid: None)
    result = judged("errors", ROUNDS)
    assert (result.verdict, result.diagnosis) == ("unsupported", "nobody tells here how much memory a process has")


def sizes(*memory: int) -> list[ProcessSize]:
    return [ProcessSize(memory=each * MIB, files=9, threads=2, processes=1) for each in memory]


@pytest.mark.parametrize(
    ("memory", "found"),
    [
        ((100, 110, 120), ["its memory"]),
        ((100, 100, 110), []),
        ((100, 110, 110), []),
        ((100, 110, 105), []),
        ((100, 101, 102), []),
        ((100, 80, 60), []),
    ],
)
def test_what_grows_does_so_in_every_stretch(memory: tuple[int, ...], found: list[str]) -> None:
    assert [each.what for each in growing(sizes(*memory), (80, 80))] == found


def test_graphs_that_each_round_makes_and_drops_are_not_given_anew() -> None:
    def size() -> ProcessSize:
        return ProcessSize(memory=(1 + rounds.count) * MIB)

    rounds = Rounds(lambda _number: None, size, held=lambda: 2 * (rounds.count > 0))
    judgement = rounds.judged()
    assert judgement is not None
    assert judgement.verdict == "fail"


def test_growth_is_told_by_the_round() -> None:
    [found] = growing(sizes(100, 110, 120), (80, 80))
    assert found.words == "128 KiB a round"
    files = [ProcessSize(files=count) for count in (3, 83, 163)]
    assert [(each.what, each.words) for each in growing(files, (80, 80))] == [
        ("the number of its open files", "1.0 a round")
    ]


def test_a_suspect_has_five_hundred_rounds_to_come_to_rest_and_meets_no_limit_of_files() -> None:
    assert 500 <= sum(growth.FIRST + growth.MORE) < 1024 // 2


@pytest.mark.parametrize(("calls", "least", "most"), [(1, 500, 512), (256, 120, 140)])
def test_a_round_of_many_calls_needs_fewer_of_them(calls: int, least: int, most: int) -> None:
    def size() -> ProcessSize:
        return ProcessSize(memory=rounds.count * MIB)

    rounds = Rounds(lambda _number: None, size, held=lambda: 0, calls=calls)
    assert rounds.judged() is not None
    assert least <= rounds.count <= most


@ON_LINUX
def test_the_size_of_this_process() -> None:
    before, event = process_size(os.getpid()), threading.Event()
    thread = threading.Thread(target=event.wait)
    thread.start()
    with Path(os.devnull).open("rb"):
        kept = bytearray(b"x" * (64 * MIB))
        child = os.posix_spawn("/bin/sleep", ["sleep", "100"], {})
        after = process_size(os.getpid())
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    event.set()
    thread.join()
    assert before is not None
    assert after is not None
    assert after.memory - before.memory > len(kept) // 2
    assert (after.threads - before.threads, after.processes - before.processes) == (2, 1)
    assert after.files > before.files


def test_nobody_tells_the_size_of_no_process() -> None:
    assert process_size(2**22 + 1) is None
