"""Hosts with known faults, each asked without a process: which clause a failing case accuses, and what blocks it."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faulty_host import FaultyHost
from host_faults import (
    Fault,
    computes_once,
    doubled,
    doubled_with_weights,
    first_output_for_all,
    forgets_inputs,
    handles_from_2_to_31_down,
    ignores_unknown_inputs,
    keeps_first_inputs,
    knows_short_names,
    knows_words_of_objects,
    limited,
    memory_as_it_was,
    only_f32,
    refusing,
    size_in_elements,
    size_kept,
    unknown_errno,
    unknown_output_drops_all,
)

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.settlement import settled
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation, should_have_succeeded
from wasi_nn_conformance.run.accusation import Accusation
from wasi_nn_conformance.run.control import plain_inference
from wasi_nn_conformance.run.host_pool import Served
from wasi_nn_conformance.run.ladder import rungs
from wasi_nn_conformance.run.leaning import Leaning
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.step import steps_of
from wasi_nn_conformance.vectors.tensor import tensor_literal
from wasi_nn_conformance.vectors.vector import Vector

SUFFIX = "[witx-openvino]"
ACCUSED = [
    (refusing("load"), "context/in-turns", "load.graph-from-builders", "load/plain"),
    (refusing("init_execution_context"), "output/often", "context.from-graph", "context/plain"),
    (refusing("set_input"), "values/f32-of-two/operation=add", "input.bound-by-index", "input/plain"),
    (refusing("compute"), "failure/loads", "compute.succeeds", "compute/plain"),
    (refusing("get_output"), "values/all-bytes", "output.each-by-index", "output/plain"),
    (size_kept, "output/plain", "output.size", None),
    (size_kept, "values/f32/numbers", "output.size", None),
    (size_in_elements, "context/in-turns", "output.size", None),
    (doubled, "values/f32/numbers", "values.bits-pass-through", None),
    (doubled, "context/in-turns", "values.bits-pass-through", "values/f32/numbers"),
    (forgets_inputs, "compute/other-values-each-time", "compute.all-inputs-are-used", "input/two-inputs-first-last"),
    (forgets_inputs, "input/names/dots", "compute.all-inputs-are-used", "input/two-inputs-first-last"),
    (first_output_for_all, "failure/outputs", "output.each-by-index", "output/any-order/as-declared"),
    (keeps_first_inputs, "input/free-dimension", "input.last-binding-wins", "input/set-again"),
    (keeps_first_inputs, "compute/inputs-that-do-not-combine-any-more", "input.last-binding-wins", "input/set-again"),
    (keeps_first_inputs, "compute/after-inputs-that-do-not-combine", "input.last-binding-wins", "input/set-again"),
    (keeps_first_inputs, "input/set-again", "input.last-binding-wins", None),
    (computes_once, "context/in-turns", "compute.new-inputs", "compute/twice"),
    (refusing("get_output"), "values/f32/numbers", "output.each-by-index", "output/plain"),
    (limited("init_execution_context", 1), "context/outputs-are-its-own", "context.from-graph", "context/two"),
    (limited("load", 1), "context/two-graphs", "load.each-load-is-a-graph", "load/same-structure-other-weights"),
    (limited("init_execution_context", 1), "context/in-turns", "context.from-graph", "context/two"),
    (unknown_output_drops_all, "output/unknown-index/beyond=0", "failure.changes-nothing", None),
    (knows_short_names, "names/unknown-graph/forms", "load-by-name.registered", None),
]


@pytest.mark.parametrize(("fault", "vector", "clause", "blocker"), ACCUSED)
def test_a_case_accuses_what_it_leans_on(
    judge: Callable[..., list[CaseResult]], fault: Fault, vector: str, clause: str, blocker: str | None
) -> None:
    (found,) = judge((fault,), vector)
    assert (found.verdict, found.clause, found.blocked_by) == ("fail", clause, blocker and blocker + SUFFIX)
    assert found.violations[0].clause == clause


def test_the_simplest_vector_of_a_clause_is_the_finding(judge: Callable[..., list[CaseResult]]) -> None:
    found = judge((forgets_inputs,), "input/two-inputs-first-last", "input/order-of-calls/a-b-c")
    assert [(each.clause, each.own_clause) for each in found] == [
        ("compute.all-inputs-are-used", ""),
        ("compute.all-inputs-are-used", "input.bound-by-index"),
    ]


def test_misuse_that_is_accepted_breaks_the_clause_of_the_misuse(judge: Callable[..., list[CaseResult]]) -> None:
    found = judge((ignores_unknown_inputs,), "failure/inputs", "input/unknown-index/beyond=100")
    assert [(each.clause, each.own_clause) for each in found] == [
        ("input.unknown-index", "failure.no-lasting-harm"),
        ("input.unknown-index", ""),
    ]


def test_misuse_that_is_accepted_says_nothing_of_what_a_simpler_case_fails_of(
    judge: Callable[..., list[CaseResult]],
) -> None:
    """A host that forgets inputs, and then ignores unknown ones, has two faults."""
    found = judge(
        (forgets_inputs, ignores_unknown_inputs), "input/unknown-index/beyond=100", "compute/other-values-each-time"
    )
    assert [each.clause for each in found] == ["input.unknown-index", "compute.all-inputs-are-used"]


def test_a_name_that_is_taken_for_another_is_no_matter_of_numbers(judge: Callable[..., list[CaseResult]]) -> None:
    found = judge((doubled_with_weights, knows_words_of_objects), "load-by-name/unknown/constructor", "load/weights")
    assert [(each.clause, each.blocked_by) for each in found] == [
        ("load-by-name.unknown", None),
        ("load.every-builder-is-used", None),
    ]


def test_a_number_that_is_no_error_breaks_one_clause_wherever_it_is_met(
    judge: Callable[..., list[CaseResult]],
) -> None:
    (found,) = judge((unknown_errno,), "failure/names")
    assert (found.clause, found.own_clause) == ("failure.known-code", "failure.no-lasting-harm")


@pytest.mark.parametrize("vector", ["handle/graph/handle=0x80000000", "handle/context-of-compute/handle=0x7fffffff"])
def test_a_number_that_the_host_has_given_is_not_taken_for_one_that_it_has_not(
    judge: Callable[..., list[CaseResult]], vector: str
) -> None:
    (found,) = judge((handles_from_2_to_31_down,), vector)
    assert found.verdict == "pass"


def test_many_faults_are_told_apart(judge: Callable[..., list[CaseResult]]) -> None:
    faults = (forgets_inputs, first_output_for_all, limited("load", 1), only_f32)
    names = ("compute/other-values-each-time", "failure/outputs", "context/two-graphs", "output/often")
    found = judge(faults, *names)
    assert [(each.verdict.value, each.clause) for each in found] == [
        ("fail", "compute.all-inputs-are-used"),
        ("fail", "output.each-by-index"),
        ("fail", "load.each-load-is-a-graph"),
        ("pass", "output.each-by-index"),
    ]


def test_in_the_end_one_finding_is_left_of_each_fault(judge: Callable[..., list[CaseResult]], library: Library) -> None:
    names = (
        "compute/other-values-each-time",
        "input/order-of-calls/a-b-c",
        "input/names/dots",
        "input/two-inputs-first-last",
    )
    found = judge((forgets_inputs,), *names)
    for order in (found, found[::-1]):
        told = {each.vector: (each.verdict.value, each.blocked_by) for each in settled(order, library.clauses)}
        assert told == {
            **dict.fromkeys(names[:3], ("blocked", f"{names[3]}{SUFFIX}")),
            names[3]: ("fail", None),
        }


def test_what_is_simpler_is_of_the_suite_whatever_the_run_is_of(library: Library, tmp_path: Path) -> None:
    own = Library([tmp_path / "area.yaml"])
    assert library.of_suite is library
    assert own.of_suite.files() == library.files() != own.files()


class BrokenHost:
    """A host on which each vector fails in a way of its own, so that nothing that a case leans on explains it."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def serve(self, case: Case, *, alone: bool = False) -> Served:
        assert alone
        violation = Violation("outcome", "load", got=f"error {case.vector.id}", wanted="success")
        return Served(CaseResult.of(case, [Judgement(Verdict.FAIL, (violation,))], 0.0, ()))


@pytest.mark.parametrize("abi", TAGS)
def test_looking_for_what_cases_lean_on_comes_to_an_end(library: Library, abi: str) -> None:
    host: Any = BrokenHost(library)
    accusation = Accusation(host)
    cases = [case for case in library.all_cases() if case.abi == abi and case.encoding in (None, "openvino")]
    found = [accusation.accused(case, host.serve(case, alone=True).case_result) for case in cases]
    assert {each.verdict for each in found} <= {Verdict.FAIL, Verdict.UNSUPPORTED}


def test_every_rung_is_a_vector(library: Library) -> None:
    cases = [case for case in library.all_cases() if case.encoding]
    named = {rung.vector for case in cases for rung in rungs(Leaning.of(case, library.models))}
    assert len(named) > 40
    assert {library.suite_vector(name).id for name in named} == named


GROWING = """
- id: v
  clause: compute.repeatable
  why: because a host may get this wrong
  model: neg-f32
  steps:
    - grow: 1
    - context: {graph: g, as: d}
"""


@pytest.mark.parametrize(
    ("fault", "clause"),
    [(memory_as_it_was, "memory.growth"), (refusing("init_execution_context"), "context.from-graph")],
)
def test_what_fails_of_memory_that_has_grown_alone_breaks_the_clause_of_that(
    faulty: Callable[..., FaultyHost], read: Callable[[str], list[Vector]], library: Library, fault: Fault, clause: str
) -> None:
    host: Any = faulty(fault)
    (vector,) = read(GROWING)
    case = library.case(vector, "witx", "openvino")
    for each in (case, without_lines(case)):
        found = Accusation(host).accused(each, host.serve(each, alone=True).case_result)
        assert (found.verdict, found.clause) == ("fail", clause)


def without_lines(case: Case) -> Case:
    """Return a case as one that was drawn: no step of it stands on a line."""
    return dataclasses.replace(case, vector=dataclasses.replace(case.vector, steps=case.vector.steps_without_lines))


def test_a_case_that_is_a_plain_inference_accuses_its_own_clause(judge: Callable[..., list[CaseResult]]) -> None:
    (found,) = judge((first_output_for_all,), "output/any-order/as-declared")
    assert (found.clause, found.own_clause) == ("output.each-by-index", "")


def test_a_plain_inference_has_none_of_the_misuse_of_its_case(library: Library) -> None:
    names = (
        "input/data-length/none",
        "input/data-for-no-elements/none-given",
        "input/dimensions-too-large/largest-row",
    )
    for name in names:
        case = library.case(library.suite_vector(name), "witx", "openvino")
        for control in plain_inference(case, library.models):
            tensors = [
                step.arguments["tensor"] for step in steps_of(control.vector.steps) if "tensor" in step.arguments
            ]
            assert all(tensor_literal(tensor).is_consistent for tensor in tensors)


@pytest.mark.parametrize("wanted", ["success", "success or an error", "success or an error (rather ok)"])
def test_a_crash_where_success_was_owed_is_looked_into(wanted: str) -> None:
    assert should_have_succeeded(Violation("crash", "set_input", wanted=wanted))


@pytest.mark.parametrize("wanted", ["an error", "a trap", "success or an error or a trap (rather invalid_argument)"])
def test_a_crash_of_misuse_is_that_of_the_misuse(wanted: str) -> None:
    assert not should_have_succeeded(Violation("crash", "set_input", wanted=wanted))
