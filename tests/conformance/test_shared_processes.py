import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.formats.schema import schema

pytest_plugins = ["pytester"]

Run = Callable[..., tuple[pytest.RunResult, dict[str, dict[str, Any]]]]

INFERS = """
- id: {name}
  clause: compute.repeatable
  why: because a host may get this wrong
  model: scale-f32
  steps: [infer: {{x: [1, 2, 3, 4]}}]
"""
NEGATES = INFERS.replace("scale-f32", "neg-f32")
MAY_FAIL = """
- id: {name}
  clause: load.target-not-available
  why: because a host may get this wrong
  steps: [{{load: {{model: neg-f32, as: g}}, accept: [ok, error], prefer: ok}}]
"""
THREE_GRAPHS = """
- id: {name}
  clause: context.independence
  why: because a host may get this wrong
  steps: [load: [{{model: scale-f32, as: g}}, {{model: neg-f32, as: h}}, {{model: identity-f32, as: i}}]]
"""
BROKEN_AND_GOOD = """
- id: {name}
  clause: failure.no-lasting-harm
  why: because a host may get this wrong
  model: scale-f32
  steps:
    - repeat:
        count: 8
        steps: [{{load: {{builders: [{{text: no model}}]}}, accept: [error, ok], clause: load.corrupt-model}}]
    - infer: {{context: c, x: [1, 2, 3, 4]}}
    - load: {{model: neg-f32, as: h}}
"""


@pytest.fixture
def run(
    pytester: pytest.Pytester, adapter_file: Callable[..., Path], write: Callable[[str, str], Path], tmp_path: Path
) -> Run:
    """Run vectors on a limited host; gives what pytest says, and the entries of the report by id."""

    def run(
        limits: str, *texts: str, options: tuple[str, ...] = (), **changes: Any
    ) -> tuple[pytest.RunResult, dict[str, dict[str, Any]]]:
        area = write("area.yaml", "".join(text.format(name=f"v/{n}") for n, text in enumerate(texts)))
        keys = {"encodings": ["openvino"]} | changes
        result = pytester.runpytest_inprocess(
            *(
                "--pyargs",
                "wasi_nn_conformance",
                "-p",
                "no:hypothesispytest",
                f"--vectors={area}",
                "--abi=witx",
                *(f"--encoding={encoding}" for encoding in keys["encodings"]),
                *options,
            ),
            *(f"--impl={adapter_file(f'limited_host.py {limits}', **keys)}", f"--report={tmp_path / 'out'}"),
        )
        report: dict[str, Any] = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
        schema("report").validate(report)
        return result, {case["id"]: case for case in report["cases"]}

    return run


def test_cases_pass_whatever_their_process_bears_and_the_limit_is_told_once(run: Run) -> None:
    result, cases = run("graphs=4", *[INFERS] * 12)
    told = cases.pop("process/capacity[witx-openvino]")
    assert {case["verdict"] for case in cases.values()} == {"pass"}
    assert (told["verdict"], told["clause"]) == ("deviates", "process.capacity")
    assert told["diagnosis"].startswith("one process bears 4 graphs, then cases get another: error too_large")
    assert result.ret == 0


def test_after_the_limit_is_known_processes_share_as_far_as_it_goes(run: Run) -> None:
    _, cases = run("graphs=4", *[INFERS] * 12)
    assert [name for name, case in cases.items() if case["alone"]] == ["v/3[witx-openvino]"]


def test_what_needs_more_than_a_process_bears_is_unsupported(run: Run) -> None:
    result, cases = run("graphs=2", THREE_GRAPHS, INFERS)
    assert cases["v/0[witx-openvino]"]["verdict"] == "unsupported"
    wanted = "one process of the host bears 2 graphs, the next one gets error too_large"
    assert cases["v/0[witx-openvino]"]["diagnosis"] == wanted
    assert cases["v/1[witx-openvino]"]["verdict"] == "pass"
    assert result.ret == 0


def test_broken_models_that_are_taken_for_graphs_count(run: Run) -> None:
    result, cases = run("graphs=4 late", BROKEN_AND_GOOD)
    assert cases["v/0[witx-openvino]"]["verdict"] == "unsupported"
    assert result.ret == 0


def test_a_host_without_a_limit_is_told_of_none(run: Run) -> None:
    result, cases = run("graphs=1000", *[INFERS] * 3, THREE_GRAPHS)
    assert [case["verdict"] for case in cases.values()] == ["pass"] * 4
    assert result.ret == 0


def test_wrong_values_after_other_cases_are_one_finding_with_what_shows_it(run: Run) -> None:
    result, cases = run("wears-out=4", *[INFERS] * 12)
    told = cases.pop("process/carries-over[witx-openvino]")
    assert {case["verdict"] for case in cases.values()} == {"pass"}
    assert (told["verdict"], told["clause"], told["level"]) == ("fail", "process.no-carry-over", "must")
    assert "these are enough: --case='v/0[witx-openvino]' --case='v/1[witx-openvino]'" in told["diagnosis"]
    assert result.ret == 1


def test_what_is_told_to_be_enough_shows_it_again(run: Run) -> None:
    _, cases = run("wears-out=4", *[INFERS] * 12)
    enough = cases["process/carries-over[witx-openvino]"]["shown_by"]
    again, cases = run("wears-out=4", *[INFERS] * 12, options=tuple(f"--case={name}" for name in enough))
    assert set(cases) == {*enough, "process/carries-over[witx-openvino]"}
    assert again.ret == 1


def test_after_some_failures_that_pass_alone_each_case_has_a_process(run: Run) -> None:
    result, cases = run("wears-out=1", *[INFERS] * 12)
    assert sum(case["alone"] for case in cases.values()) == 3
    result.stdout.fnmatch_lines(["witx-openvino: cases that fail after others pass alone, so each got a process *"])


def test_a_process_serves_on_after_a_wrong_answer(run: Run) -> None:
    _, cases = run("adds=neg-f32 wears-out=4", INFERS, NEGATES, *[INFERS] * 3)
    assert [case["verdict"] for case in cases.values()] == ["pass", "fail", "pass", "pass", "pass"]
    assert [name for name, case in cases.items() if case["alone"]] == ["v/1[witx-openvino]", "v/3[witx-openvino]"]


def test_what_a_failure_leaves_behind_is_no_finding_of_its_own(run: Run) -> None:
    _, cases = run("adds=neg-f32 for-good", INFERS, NEGATES, *[INFERS] * 3)
    verdicts = [case["verdict"] for case in cases.values()]
    assert verdicts == ["pass", "fail", "pass", "pass", "pass"]


def test_a_process_ends_with_a_failure_once_one_did_harm(run: Run) -> None:
    _, cases = run("adds=neg-f32 for-good", INFERS, NEGATES, INFERS, INFERS, NEGATES, INFERS, INFERS)
    alone = [name for name, case in cases.items() if case["alone"]]
    assert alone == [f"v/{number}[witx-openvino]" for number in (1, 2, 4)]


def test_what_is_blocked_by_a_fault_that_was_shown_alone_needs_no_process(run: Run) -> None:
    _, cases = run("adds=scale-f32", *[INFERS] * 6)
    assert [case["verdict"] for case in cases.values()] == ["fail"] + ["blocked"] * 5
    assert sum(case["alone"] for case in cases.values()) == 3


def test_a_pass_that_leans_on_a_refusal_is_judged_again_alone(run: Run) -> None:
    _, cases = run("graphs=3", INFERS, INFERS, MAY_FAIL, INFERS)
    verdicts = {name: (case["verdict"], case["choice"]) for name, case in cases.items() if name.startswith("v/2")}
    assert set(verdicts.values()) == {("pass", "ok")}


@pytest.mark.parametrize("pattern", ["process/carries-over[witx-openvino]", "process/capacity[witx-openvino]"])
def test_the_id_of_what_is_said_of_a_process_selects_its_cases(run: Run, pattern: str) -> None:
    _, cases = run("wears-out=4", *[INFERS] * 6, options=(f"--case={pattern}",), encodings=["openvino", "onnx"])
    written = {name for name in cases if name.startswith("v/")}
    assert written == {f"v/{number}[witx-openvino]" for number in range(6)}
    assert "process/carries-over[witx-openvino]" in cases


def test_encodings_share_no_process(run: Run) -> None:
    result, cases = run("one-encoding", *[INFERS] * 3, encodings=["openvino", "onnx"])
    assert [case["verdict"] for case in cases.values()] == ["pass"] * 6
    assert result.ret == 0


def test_workers_tell_what_they_found(run: Run) -> None:
    result, cases = run("wears-out=2", *[INFERS] * 24, options=("-n2",))
    told = cases.pop("process/carries-over[witx-openvino]")
    assert {case["verdict"] for case in cases.values()} == {"pass"}
    assert told["verdict"] == "fail"
    assert result.ret == 1
