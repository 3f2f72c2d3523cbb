"""Hosts with known faults, each asked without a process: what a host may do without, and what it owes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from faulty_host import FaultyHost
from host_faults import (
    Fault,
    finds_unknown_inputs_late,
    limited,
    only_f32,
    refusing,
    small_models,
    small_tensors,
    without_models_that_pass_on,
    without_relu,
)
from msgspec.structs import replace

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.accusation import Accusation
from wasi_nn_conformance.vectors.case import Case


@pytest.mark.parametrize(
    ("fault", "model", "lacking"),
    [
        (only_f32, "neg-i32", "the element type i32"),
        (without_relu, "dense", "the operation Relu"),
        (without_models_that_pass_on, "identity-f32", "outputs that are inputs"),
    ],
)
def test_what_a_host_may_do_without_is_unsupported(
    faulty: Callable[..., FaultyHost], owed: Callable[..., Case], fault: Fault, model: str, lacking: str
) -> None:
    host: Any = faulty(fault)
    case = owed(model)
    reason = f"the host does not serve {lacking}: load is error unsupported_operation"
    found = Accusation(host).accused(case, host.serve(case, alone=True).case_result)
    assert (found.verdict, found.diagnosis, found.clause) == ("unsupported", reason, "compute.repeatable")


def test_a_host_that_passes_no_input_on_is_asked_all_else(judge: Callable[..., list[CaseResult]]) -> None:
    found = judge((without_models_that_pass_on,), "values/f32/numbers", "load/plain", "values/f32-of-one/operation=neg")
    assert [each.verdict for each in found] == ["unsupported", "pass", "pass"]


def test_what_a_host_does_behind_an_error_that_it_gives_late_is_not_asked(
    judge: Callable[..., list[CaseResult]],
) -> None:
    found = judge((finds_unknown_inputs_late,), "input/unknown-index/beyond=0", "refusal/outputs-after-unknown-index")
    assert [each.verdict for each in found] == ["pass", "unsupported"]


@pytest.mark.parametrize(
    ("fault", "name", "refusal"),
    [
        (small_tensors, "input/image", "tensors of 49152 bytes: set_input is error too_large"),
        (small_tensors, "large/buffer-too-large/plus=1", "tensors above 64 KiB: set_input is error too_large"),
        (small_models, "load/large-weights", "models of .* bytes: load is error too_large"),
    ],
)
def test_how_large_something_may_be_is_the_affair_of_the_host(
    judge: Callable[..., list[CaseResult]], fault: Fault, name: str, refusal: str
) -> None:
    (found,) = judge((fault,), name)
    assert found.verdict == "unsupported"
    assert re.fullmatch(f"the host does not serve {refusal}", found.diagnosis)


def test_a_host_that_takes_no_tensor_breaks_what_it_owes(judge: Callable[..., list[CaseResult]]) -> None:
    (found,) = judge((refusing("set_input"),), "input/image")
    assert (found.verdict, found.clause) == ("fail", "input.bound-by-index")


def test_what_turned_out_to_be_unsupported_stands_under_the_clause_of_its_vector(
    faulty: Callable[..., FaultyHost], owed: Callable[..., Case]
) -> None:
    host: Any = faulty(limited("load", 1))
    case = owed("neg-f32", "load: {model: neg-f32, as: h}")
    found = replace(host.serve(case, alone=True).case_result, verdict=Verdict.UNSUPPORTED, violations=())
    assert found.clause == "load.each-load-is-a-graph"
    kept = Accusation(host).accused(case, found)
    assert (kept.clause, kept.own_clause, kept.verdict) == ("compute.repeatable", "", "unsupported")
