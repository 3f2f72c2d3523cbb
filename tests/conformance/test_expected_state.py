from typing import Any

import pytest
from answers import ONE, TEN, advance, set_input

from wasi_nn_conformance.session.state import ExpectedState


@pytest.fixture
def sub(state: ExpectedState) -> ExpectedState:
    """A scene with graph g, `sub-f32`: difference = a - b, and its context c."""
    advance(state, "load", {"model": "sub-f32", "as": "g"})
    advance(state, "context", {"graph": "g", "as": "c"})
    return state


def difference(state: ExpectedState) -> Any:
    context = state.context("c")
    assert context is not None
    return context.outputs and context.outputs["difference"].tolist()


def test_compute_uses_the_inputs_that_were_set(sub: ExpectedState) -> None:
    set_input(sub, "b", TEN)
    set_input(sub, "a", ONE)
    advance(sub, "compute", {"context": "c"})
    assert difference(sub) == [[-9, -18, -27, -36]]


def test_an_input_by_number_is_the_one_at_that_index(sub: ExpectedState) -> None:
    set_input(sub, {"raw": 1}, TEN)
    set_input(sub, {"raw": 0}, ONE)
    advance(sub, "compute", {"context": "c"})
    assert difference(sub) == [[-9, -18, -27, -36]]


def test_outputs_stay_those_of_the_last_compute(sub: ExpectedState) -> None:
    set_input(sub, "a", TEN)
    set_input(sub, "b", ONE)
    advance(sub, "compute", {"context": "c"})
    set_input(sub, "a", ONE)
    assert difference(sub) == [[9, 18, 27, 36]]


def test_nothing_is_known_of_a_compute_with_a_missing_input(sub: ExpectedState) -> None:
    set_input(sub, "a", ONE)
    advance(sub, "compute", {"context": "c"})
    assert difference(sub) is None


def test_nothing_is_known_of_a_compute_with_another_shape(sub: ExpectedState) -> None:
    set_input(sub, "a", ONE)
    set_input(sub, "b", {"type": "f32", "shape": [4, 1], "data": "zeros"})
    advance(sub, "compute", {"context": "c"})
    assert difference(sub) is None


def test_contexts_of_one_graph_have_inputs_of_their_own(sub: ExpectedState) -> None:
    advance(sub, "context", {"graph": "g", "as": "d"})
    set_input(sub, "a", ONE, "d")
    context = sub.context("c")
    assert context is not None
    assert not context.inputs


def test_one_element_may_stand_for_a_scalar(state: ExpectedState) -> None:
    advance(state, "load", {"model": "identity-scalar", "as": "g"})
    advance(state, "context", {"graph": "g", "as": "c"})
    set_input(state, "x", {"type": "f32", "shape": [1], "data": [7]})
    context = state.context("c")
    assert context is not None
    assert context.inputs["x"].shape == ()


def test_a_registered_name_gives_its_model(state: ExpectedState) -> None:
    advance(state, "load_by_name", {"name": "registered", "as": "g"})
    assert state.graphs["g"].id == "identity-f32"


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("load_by_name", {"name": "unknown", "as": "g"}),
        ("load_by_name", {"name": {"hex": "ff"}, "as": "g"}),
        ("load", {"builders": [{"hex": "00"}], "as": "g"}),
        ("context", {"graph": {"raw": 7}, "as": "c"}),
        ("context", {"graph": "nobody", "as": "c"}),
    ],
)
def test_a_name_whose_new_meaning_nobody_knows_means_nothing(
    sub: ExpectedState, action: str, arguments: dict[str, Any]
) -> None:
    advance(sub, action, arguments)
    assert arguments["as"] not in (sub.graphs if action != "context" else sub.contexts)


@pytest.mark.parametrize("handle", [{"raw": 0}, 0, "nobody"])
def test_a_handle_that_is_no_name_has_no_context(sub: ExpectedState, handle: Any) -> None:
    assert sub.context(handle) is None


@pytest.mark.parametrize(
    ("model", "output", "passes"),
    [("identity-f32", "x", True), ("identity-renamed", "z", True), ("neg-f32", "out", False)],
)
def test_an_output_that_is_an_input_keeps_every_bit(
    state: ExpectedState, model: str, output: str, passes: bool
) -> None:
    advance(state, "load", {"model": model, "as": "g"})
    advance(state, "context", {"graph": "g", "as": "c"})
    context = state.context("c")
    assert context is not None
    shape = [dim or 1 for dim in context.model.inputs[0].type.shape]
    set_input(state, {"raw": 0}, {"type": "f32", "shape": shape, "data": "zeros"})
    literal = context.oracle(output, context.computed())
    assert literal is not None
    assert literal.exact_bits is passes


def test_builder_of_the_case_or_of_a_named_encoding(state: ExpectedState) -> None:
    assert (state.builder("add-f32", 0, None)[:5], state.builder("add-f32", 0, "onnx")[:1]) == (b"<?xml", b"\x08")


def test_a_builder_that_does_not_exist_is_refused(state: ExpectedState) -> None:
    with pytest.raises(ValueError, match="add-f32 has 2 builders in openvino, no part 2"):
        state.builder("add-f32", 2, None)


def test_a_builder_without_encoding_is_refused(state: ExpectedState) -> None:
    state.encoding = None
    with pytest.raises(ValueError, match="the model add-f32 needs an encoding here"):
        state.builder("add-f32", 0, None)


@pytest.mark.parametrize("named", [{"raw": 255}, "pytorch", None])
def test_a_model_comes_in_the_encoding_of_the_case_where_none_comes_in_another(
    state: ExpectedState, named: Any
) -> None:
    assert state.model_builders("add-f32", named) == state.model_builders("add-f32", "openvino")
