from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from abis import MIDDLE, NEWEST
from answers import ONE, TEN, Judged, advance, answer, step_of

from wasi_nn_conformance.session.outcome import Kind
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import encode
from wasi_nn_conformance.vectors.tensor import tensor_literal

AnswerTo = Callable[..., Judged]

OK = {"result": "ok"}


def floats(*values: float) -> str:
    return encode(np.array(values, "<f4").tobytes())


def tensor(
    *values: float, name: str = "difference", dims: tuple[int, ...] = (1, 4), type_: str = "FP32"
) -> dict[str, Any]:
    return {"name": name, "dims": list(dims), "type": type_, "data": floats(*values)}


RIGHT = tensor(-9, -18, -27, -36)


def outputs(*answers: dict[str, Any]) -> dict[str, Any]:
    return OK | {"outputs": list(answers)}


@pytest.fixture
def context(state: ExpectedState) -> Callable[..., None]:
    """Make the context c of a model, and the tensors t and u."""

    def context(model: str = "sub-f32") -> None:
        advance(state, "load", {"model": model, "as": "g"})
        advance(state, "context", {"graph": "g", "as": "c"})
        state.tensors |= {"t": tensor_literal(ONE), "u": tensor_literal(TEN)}

    return context


@pytest.fixture
def outcome(context: Callable[..., None], state: ExpectedState) -> AnswerTo:
    """Judge the reply to a step of the context c of sub-f32, as a case runner does."""
    context()
    return partial(answer, state)


@pytest.fixture
def computed(outcome: AnswerTo) -> AnswerTo:
    """Compute t - u on the newest tag, with the outputs given."""

    def computed(
        *answers: dict[str, Any], inputs: tuple[tuple[str, str], ...] = (("a", "t"), ("b", "u")), **more: str
    ) -> Judged:
        arguments = {"context": "c", "inputs": [list(pair) for pair in inputs], **more}
        return outcome(NEWEST, "compute_named", arguments, outputs(*answers))

    return computed


# Outputs of the newest tag.
def test_outputs_that_are_numpys(computed: AnswerTo) -> None:
    assert computed(RIGHT, names="own").faults == ()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (
            tensor(-9, -18, -27, -35),
            "output difference: element [0, 3] of f32 is -35.0 where -36.0 was wanted (1 of 4 differ)",
        ),
        (tensor(-9, -18, -27, -36, dims=(4,)), "output difference has the dimensions [4] where [1, 4] were wanted"),
        (tensor(-9, -18, -27, -36, type_="I32"), "output difference has the type I32 where FP32 was wanted"),
        (tensor(-9, -18, -27), "output difference has 12 bytes of data where 16 were wanted"),
    ],
)
def test_an_output_that_is_not_numpys(computed: AnswerTo, answer: dict[str, Any], fault: str) -> None:
    assert computed(answer).faults == (fault,)


def test_inputs_in_another_order(computed: AnswerTo) -> None:
    assert computed(RIGHT, inputs=(("b", "u"), ("a", "t"))).faults == ()


def test_the_last_of_two_tensors_of_one_name_counts(computed: AnswerTo) -> None:
    assert computed(RIGHT, inputs=(("a", "u"), ("b", "u"), ("a", "t"))).faults == ()


@pytest.mark.parametrize(
    "inputs",
    [(), (("a", "t"),), (("a", "t"), ("b", "u"), ("c", "u")), (("a", "t"), ("b", "unknown"))],
    ids=["none", "missing", "extra", "unknown tensor"],
)
def test_success_to_which_numpy_knows_no_answer_is_undecided(
    computed: AnswerTo, inputs: tuple[tuple[str, str], ...]
) -> None:
    assert computed(RIGHT, inputs=inputs).undecided == "numpy knows no answer to these inputs"


def test_inputs_of_an_earlier_compute_are_no_inputs(computed: AnswerTo) -> None:
    computed(RIGHT)
    assert computed(RIGHT, inputs=(("a", "t"),)).undecided


def test_other_names_are_taken_in_the_models_order(context: Callable[..., None], computed: AnswerTo) -> None:
    context("two-outputs")
    answers = tensor(11, 22, 33, 44, name="0"), tensor(-9, -18, -27, -36, name="1")
    assert computed(*answers).faults == ()


def test_other_names_are_a_fault_where_names_are_looked_at(computed: AnswerTo) -> None:
    assert computed(tensor(-9, -18, -27, -36, name="0"), names="own").faults == (
        "compute called the outputs 0 where the model calls them difference",
    )


def test_outputs_in_another_order_go_by_their_names(context: Callable[..., None], computed: AnswerTo) -> None:
    context("two-outputs")
    assert computed(RIGHT, tensor(11, 22, 33, 44, name="sum"), names="own").faults == ()


@pytest.mark.parametrize("answers", [(), (RIGHT, RIGHT)], ids=["none", "twice"])
def test_an_output_that_comes_not_once(computed: AnswerTo, answers: tuple[dict[str, Any], ...]) -> None:
    (fault,) = computed(*answers).faults
    assert fault.startswith(f"compute gave {len(answers)} outputs (")


def test_the_same_output_twice_instead_of_two(context: Callable[..., None], computed: AnswerTo) -> None:
    context("two-outputs")
    assert computed(RIGHT, RIGHT, names="own").faults != ()


@pytest.mark.parametrize(("name", "faulty"), [("x", False), ("z", False), ("y", True)])
def test_what_is_passed_on_may_have_the_inputs_name(
    context: Callable[..., None], computed: AnswerTo, name: str, faulty: bool
) -> None:
    context("identity-renamed")
    read = computed(tensor(1, 2, 3, 4, name=name), inputs=(("x", "t"),), names="own")
    assert bool(read.faults) == faulty


def test_kept_outputs_go_by_name_and_hold_numpys_values(
    context: Callable[..., None], computed: AnswerTo, state: ExpectedState
) -> None:
    context("two-outputs")
    computed(RIGHT, tensor(11, 22, 33, 44, name="sum"), **{"as": "r"})
    assert {name: (handle, state.tensors[name].array.tolist()) for name, handle in state.handles.items()} == {
        "r.difference": ("r.0", [[-9, -18, -27, -36]]),
        "r.sum": ("r.1", [[11, 22, 33, 44]]),
    }


def test_an_output_is_read_from_the_answer_to_compute(outcome: AnswerTo, computed: AnswerTo) -> None:
    computed(RIGHT)
    read = outcome(NEWEST, "output", {"context": "c", "output": "difference", "is": ONE}, {})
    assert read.faults == ("output difference: element [0, 0] of f32 is -9.0 where 1.0 was wanted (4 of 4 differ)",)


def test_no_output_is_left_of_a_compute_that_failed(
    outcome: AnswerTo, computed: AnswerTo, state: ExpectedState
) -> None:
    computed(RIGHT)
    failed = {"result": "err", "code": "unknown", "data": ""}
    outcome(NEWEST, "compute_named", {"context": "c", "inputs": []}, failed)
    assert state.held(step_of("output", {"context": "c", "output": "difference"})) is None


# A scalar: an output of rank 0 may come as [] or [1], whichever of them a vector writes.
@pytest.mark.parametrize(("dims", "faulty"), [((), False), ((1,), False), ((1, 1), True)])
@pytest.mark.parametrize("written", [[], [1]])
def test_the_dimensions_of_a_scalar(
    context: Callable[..., None], outcome: AnswerTo, dims: tuple[int, ...], faulty: bool, written: list[int]
) -> None:
    context("sum-to-scalar")
    arguments = {"context": "c", "output": "total", "is": {"type": "f32", "shape": written, "data": [10]}}
    read = outcome(MIDDLE, "output", arguments, OK | tensor(10, name="total", dims=dims))
    assert bool(read.faults) == faulty


def test_one_element_that_is_no_scalar_keeps_its_dimensions(context: Callable[..., None], outcome: AnswerTo) -> None:
    context("identity-single")
    arguments = {"context": "c", "output": "x", "is": {"type": "f32", "shape": [1], "data": [10]}}
    assert outcome(MIDDLE, "output", arguments, OK | tensor(10, name="x", dims=())).faults != ()


# The older tags.
def test_an_output_got_by_name_is_numpys_for_the_tensors_set(outcome: AnswerTo) -> None:
    outcome(MIDDLE, "set_named", {"context": "c", "name": "a", "tensor": "t"}, OK)
    outcome(MIDDLE, "set_named", {"context": "c", "name": "b", "tensor": "t"}, OK)
    outcome(MIDDLE, "set_named", {"context": "c", "name": "b", "tensor": "u"}, OK)
    outcome(MIDDLE, "compute", {"context": "c"}, OK)
    got = {"context": "c", "name": "difference"}
    assert outcome(MIDDLE, "get_named", got, OK | RIGHT) == Judged(Kind.OK, None, (), "")


def test_an_output_got_by_name_that_is_not_numpys(outcome: AnswerTo) -> None:
    got = {"context": "c", "name": "difference", "is": ONE}
    assert outcome(MIDDLE, "get_named", got, OK | RIGHT).faults == (
        "output difference: element [0, 0] of f32 is -9.0 where 1.0 was wanted (4 of 4 differ)",
    )


def test_an_output_kept_by_name_holds_numpys_values(outcome: AnswerTo, state: ExpectedState) -> None:
    outcome(MIDDLE, "get_named", {"context": "c", "name": "difference", "is": ONE, "as": "r"}, OK | tensor(1, 2, 3, 4))
    assert state.tensors["r"].array.tolist() == [[1, 2, 3, 4]]


@pytest.mark.parametrize(("action", "key"), [("get_named", "name"), ("output", "output")])
def test_an_output_before_compute_is_undecided(outcome: AnswerTo, action: str, key: str) -> None:
    read = outcome(MIDDLE, action, {"context": "c", key: "difference"}, OK | RIGHT)
    assert (read.kind, read.faults, bool(read.undecided)) == (Kind.OK, (), True)
