import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.run.adapter import AdapterError
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.past import Capacity
from wasi_nn_conformance.run.probe_process import Ended, ProbeProcess, Silent
from wasi_nn_conformance.vectors.case import Case

COMPUTE = "- compute: {context: {raw: 1}}\n  fails: {}"
DEADLY = "- compute: {context: {raw: 13}}\n  fails: {}"  # the context that a mortal miniature dies of
TRAP_IS_FINE = "- compute: {context: {raw: 1}}\n  accept: [error, trap]\n  prefer: invalid_argument"
LARGE = "- place: {bytes: {zeros: 4000000}, as: p}"
RUNTIME = Path(__file__).resolve().parents[1] / "miniatures" / "runtime.py"
SMALL = {"call_seconds": 0.05}

Run = Callable[..., list[CaseResult]]


@pytest.fixture
def run(host: Callable[..., Host], cases: Callable[..., list[Case]]) -> Run:
    """Run vectors, given by their steps, on a miniature."""

    def run(words: str, *steps: str, fresh: bool = False, **options: Any) -> list[CaseResult]:
        made = host(words, fresh=fresh, **options)
        return [made.run(case) for case in cases(*steps)]

    return run


@pytest.mark.parametrize(
    ("words", "steps", "limits", "verdict"),
    [
        ("errors", COMPUTE, {}, "pass"),
        ("garbage", COMPUTE, {}, "pass"),
        ("log_before_reply", COMPUTE, {}, "pass"),
        ("dies 6", COMPUTE, {}, "crash"),
        ("dies 9", TRAP_IS_FINE, {}, "crash"),
        ("exits 134", COMPUTE, {}, "fail"),
        ("exits 134", TRAP_IS_FINE, {}, "deviates"),
        ("exits 0", TRAP_IS_FINE, {}, "crash"),
        ("leaves_a_child 101", COMPUTE, {}, "crash"),
        ("hangs", COMPUTE, SMALL, "hang"),
        ("half_a_line", COMPUTE, SMALL, "hang"),
        ("deaf", LARGE, SMALL, "hang"),
        ("floods", COMPUTE, SMALL, "hang"),
    ],
)
def test_verdict_on_a_miniature(run: Run, words: str, steps: str, limits: dict[str, float], verdict: str) -> None:
    assert [case_result.verdict for case_result in run(words, steps, limits=limits)] == [verdict]


@pytest.mark.parametrize(
    ("words", "diagnosis"),
    [
        ("dies 6", "the host died: signal SIGABRT: thread 'main' panicked at src/lib.rs:1"),
        ("exits 0", "the host died: exit code 0"),
        ("exits 134", "a trap (exit code 134); wanted an error"),
        ("hangs", "no answer within 0.05 s; wanted an error"),
    ],
)
def test_diagnosis_of_a_miniature(run: Run, words: str, diagnosis: str) -> None:
    [case_result] = run(words, COMPUTE, limits=SMALL if words == "hangs" else {})
    assert case_result.diagnosis.startswith(diagnosis)


@pytest.mark.parametrize(
    ("steps", "options", "starts"),
    [
        ([COMPUTE, COMPUTE, COMPUTE], {}, 1),
        ([DEADLY, COMPUTE], {}, 2),
        ([COMPUTE, DEADLY, DEADLY, COMPUTE], {}, 3),
        ([COMPUTE, COMPUTE, COMPUTE], {"fresh": True}, 3),
        ([COMPUTE, COMPUTE, COMPUTE], {"limits": {"vectors_per_process": 2}}, 2),
    ],
    ids=["shared", "after a crash", "after two crashes", "fresh", "two for each"],
)
def test_number_of_processes(run: Run, tmp_path: Path, steps: list[str], options: dict[str, Any], starts: int) -> None:
    run(f"mortal {tmp_path / 'starts'}", *steps, **options)
    assert len((tmp_path / "starts").read_text("ascii").splitlines()) == starts


def test_a_fresh_vector_has_a_process_of_its_own(
    host: Callable[..., Host], cases: Callable[..., list[Case]], tmp_path: Path
) -> None:
    made = host(f"mortal {tmp_path / 'starts'}")
    [shared], [fresh] = cases(COMPUTE), cases(COMPUTE, fresh="true")
    served = [made.serve(case) for case in (shared, fresh, shared)]
    assert [len(each.before.cases) for each in served] == [0, 0, 1]
    assert len((tmp_path / "starts").read_text("ascii").splitlines()) == 2


def test_encodings_share_no_process(
    host: Callable[..., Host], cases: Callable[..., list[Case]], tmp_path: Path
) -> None:
    made = host(f"mortal {tmp_path / 'starts'}")
    loading = "- load: {model: identity-f32}"
    several = [case for encoding in ("openvino", "onnx") for case in cases(loading, loading, encoding=encoding)]
    assert [len(made.serve(case).before.cases) for case in several] == [0, 1, 0, 1]
    assert len((tmp_path / "starts").read_text("ascii").splitlines()) == 2


def test_a_process_that_was_wrong_serves_on_until_its_pair_is_wary(
    host: Callable[..., Host], cases: Callable[..., list[Case]]
) -> None:
    made = host("errors")
    succeeds = "- compute: {context: {raw: 1}}"
    several = cases(COMPUTE, succeeds, COMPUTE, succeeds, COMPUTE)
    before = [made.serve(case).before for case in several[:3]]
    made.wary.add(("witx", None))
    before += [made.serve(case).before for case in several[3:]]
    assert [(len(each.cases), each.has_failed) for each in before] == [
        (0, False),
        (1, False),
        (2, True),
        (3, True),
        (0, False),
    ]


def test_a_process_serves_no_more_than_it_bears(host: Callable[..., Host], cases: Callable[..., list[Case]]) -> None:
    made = host("errors")
    two = "- load: {model: identity-f32}\n  fails: {}\n" * 2
    one, several = cases(COMPUTE)[0], cases(two, two, two, encoding="onnx")
    made.capacities["witx", "onnx"] = Capacity(graphs=5)
    assert [len(made.serve(case).before.cases) for case in (one, *several)] == [0, 0, 1, 0]


def test_a_crash_leaves_the_next_vector_alone(run: Run, tmp_path: Path) -> None:
    case_results = run(f"mortal {tmp_path / 'starts'}", COMPUTE, DEADLY, COMPUTE)
    assert [case_result.verdict for case_result in case_results] == ["pass", "crash", "pass"]


def test_the_process_of_the_handshake_serves_the_first_vector(
    host: Callable[..., Host], cases: Callable[..., list[Case]], tmp_path: Path
) -> None:
    made = host(f"mortal {tmp_path / 'starts'}")
    made.check()
    made.run(cases(COMPUTE)[0])
    assert len((tmp_path / "starts").read_text("ascii").splitlines()) == 1


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[ProbeProcess]]:
    """Let the processes of these numbers, from 0, greet too late; give all that are asked to, as they are."""

    def late(*numbers: int) -> list[ProbeProcess]:
        asked: list[ProbeProcess] = []
        greet = ProbeProcess.greet

        def greeting(process: ProbeProcess, hello: bytes, seconds: float) -> bytes | Ended | Silent:
            asked.append(process)
            return Silent(seconds, "") if len(asked) - 1 in numbers else greet(process, hello, seconds)

        monkeypatch.setattr(ProbeProcess, "greet", greeting)
        return asked

    return late


def test_a_late_greeting_is_tried_again_once_a_probe_has_answered(
    late: Callable[..., list[ProbeProcess]], run: Run
) -> None:
    asked = late(1)
    case_results = run("errors", COMPUTE, COMPUTE, fresh=True)
    assert [case_result.verdict for case_result in case_results] == ["pass", "pass"]
    assert (len(asked), asked[1].usable) == (3, False)


@pytest.mark.parametrize(("numbers", "tries"), [((0,), 1), ((1, 2), 3)], ids=["the first", "twice"])
def test_late_greetings_end_a_run(
    late: Callable[..., list[ProbeProcess]], run: Run, numbers: tuple[int, ...], tries: int
) -> None:
    asked = late(*numbers)
    with pytest.raises(AdapterError, match="the host gave no sign of the probe within 5 s"):
        run("errors", COMPUTE, COMPUTE, fresh=True)
    assert [process.usable for process in asked] == [False] * tries


@pytest.fixture
def with_graph(cases: Callable[..., list[Case]]) -> Case:
    return cases("- load_by_name: {name: digits}\n  fails: {}", encoding="onnx", graphs="{digits: add-f32}")[0]


def test_a_graph_is_registered_by_a_folder_of_its_name(
    host: Callable[..., Host], with_graph: Case, miniature: Callable[[str], list[str]], tmp_path: Path
) -> None:
    command = [*miniature(f"mortal {tmp_path / 'starts'}"), "{graphs}", "{probe}"]
    made = host("errors", command=command, graphs={"onnx": ["{name}:{directory}"]})
    made.run(with_graph)
    [process] = made.processes
    name, _, folder = process.argv[-2].partition(":")
    assert (name, Path(folder).name, [file.name for file in Path(folder).iterdir()]) == (
        *("digits", "digits"),
        ["model.onnx"],
    )


def test_a_graph_that_ends_the_host_at_once_is_one_that_cannot_be_registered(
    host: Callable[..., Host], cases: Callable[..., list[Case]], with_graph: Case, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text(
        '#!/bin/sh\n[ "$1" = probe ] || { echo "unknown option $1"; exit 2; }\nexec "$2" -I -S "$3" errors\n'
    )
    program.chmod(0o755)
    command = [str(program), "{graphs}", "probe", sys.executable, str(RUNTIME), "{probe}"]
    made = host("errors", command=command, graphs={"onnx": ["{name},{directory}"]})
    first, again = made.run(with_graph), made.run(with_graph)
    assert (first.verdict, again.diagnosis) == ("unsupported", first.diagnosis)
    assert first.diagnosis.startswith("these graphs cannot be registered: miniature: the host ended with exit code 2")
    assert "it printed: unknown option digits," in first.diagnosis
    assert made.run(cases(COMPUTE)[0]).verdict == "pass"


def test_a_host_that_ends_at_once_without_graphs_cannot_be_asked(
    host: Callable[..., Host], cases: Callable[..., list[Case]]
) -> None:
    with pytest.raises(AdapterError, match="the host ended with exit code 2"):
        host("errors", command=["/bin/sh", "-c", "exit 2", "{probe}"]).run(cases(COMPUTE)[0])


@pytest.mark.parametrize(
    ("abi", "encoding", "reason"),
    [
        ("wit-2024-10-28", "onnx", "miniature does not serve wit-2024-10-28"),
        ("witx", "openvino", "miniature does not serve the encoding openvino"),
        ("witx", "onnx", "miniature has no way to register a graph in onnx"),
    ],
)
def test_what_the_adapter_does_not_offer_is_unsupported(
    host: Callable[..., Host], with_graph: Case, abi: str, encoding: str, reason: str
) -> None:
    case_result = host("silent", encodings=["onnx"]).run(Case(with_graph.vector, with_graph.clause, abi, encoding))
    assert (case_result.verdict, case_result.diagnosis) == ("unsupported", reason)


OWN_MODEL = "{mine: {inputs: {q: {type: u8, shape: [2]}}, outputs: {r: q}}}"
LOAD_MINE = "- load: {model: mine}\n  accept: [ok, error]\n  prefer: ok"


def test_a_model_that_no_library_writes_is_unsupported(
    host: Callable[..., Host], cases: Callable[..., list[Case]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    made = host("errors")
    brought = {encoding: cases(LOAD_MINE, encoding=encoding, models=OWN_MODEL)[0] for encoding in ("openvino", "onnx")}
    judged = {encoding: made.run(case) for encoding, case in brought.items()}
    assert (judged["openvino"].verdict, judged["onnx"].verdict) == ("deviates", "unsupported")
    assert judged["onnx"].diagnosis == (
        "the model of this vector is written in onnx with the library onnx, which is not installed;"
        " pip install 'wasi-nn-conformance[fuzz]'"
    )


def test_a_program_that_cannot_be_started_is_an_adapter_error(host: Callable[..., Host]) -> None:
    with pytest.raises(AdapterError, match="miniature: /no/such/program cannot be started: No such file"):
        host("silent", command=["/no/such/program", "{probe}"]).check()


def test_closing_ends_the_processes(host: Callable[..., Host], cases: Callable[..., list[Case]]) -> None:
    made = host("errors")
    made.run(cases(COMPUTE)[0])
    [process] = made.processes
    made.close()
    assert not process.usable
