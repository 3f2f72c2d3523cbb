"""What is left out of a shrunk vector. The failures are told by steps, inputs and outputs that they need."""

from collections.abc import Callable
from typing import Any

from wasi_nn_conformance.fuzz.minimise import reduced
from wasi_nn_conformance.fuzz.target import Fields

X, B = ({"type": each, "shape": [1]} for each in ("f32", "i64"))


def vector(*steps: dict[str, Any], **more: Any) -> Fields:
    return {"id": "fuzz/shapes/f32+i64-computed", "clause": "a.b", "why": "because", **more, "steps": list(steps)}


def needs(*wanted: str) -> Callable[[Fields], bool]:
    """Fail while all of these stand in the vector."""
    return lambda fields: all(each in str(fields) for each in wanted)


CONTEXT = {"context": {"graph": {"raw": 1}, "as": "c"}}


def computes(times: int) -> list[dict[str, Any]]:
    return [{"compute": {"context": "c"}, "clause": f"compute.number-{number}"} for number in range(times)]


def test_steps_behind_the_failure_are_cut() -> None:
    steps = [CONTEXT, *computes(7)]

    assert reduced(vector(*steps), needs("number-2"))["steps"] == steps[:4]


def test_the_last_step_stays_if_it_fails() -> None:
    steps = [CONTEXT, *computes(3)]

    assert reduced(vector(*steps), needs("number-2"))["steps"] == steps


def test_steps_in_the_one_block_are_cut() -> None:
    steps = [CONTEXT, *computes(4)]
    whole = vector({"may_fail": steps, "prefer": "ok"})

    assert reduced(whole, needs("number-1"))["steps"] == [{"may_fail": steps[:3], "prefer": "ok"}]


LOADS = [{"load": {"model": "neg-f32", "as": name}} for name in ("g1", "g2")]
CONTEXTS = [{"context": {"graph": name, "as": f"c{name}"}} for name in ("g1", "g2")]


def test_steps_about_something_else_are_left_out() -> None:
    failing = {"raw": {"function": "compute", "arguments": ["cg2"]}}
    whole = vector(*LOADS, {"grow": {"pages": 1}}, *CONTEXTS, {"compute": {"context": "cg1"}}, failing)

    assert reduced(whole, needs("raw"))["steps"] == [LOADS[1], CONTEXTS[1], failing]


def test_steps_about_something_else_stay_if_the_failure_needs_them() -> None:
    whole = vector(*LOADS, *CONTEXTS, {"compute": {"context": "cg2"}})

    assert reduced(whole, needs("'compute'", "cg1")) == whole


def test_of_others_that_the_failure_needs_in_part_the_rest_goes() -> None:
    more = [{"load": {"model": "v3-own", "as": "g3"}}, {"context": {"graph": "g3", "as": "cg3"}}]
    own = {"v3-own": {"inputs": {"x": X}, "outputs": {"out": {"neg": "x"}}}}
    failing = {"compute": {"context": "cg2"}}

    smaller = reduced(vector(*LOADS, *more, *CONTEXTS, failing, models=own), needs("'compute'", "cg1"))

    assert smaller == vector(*LOADS, *CONTEXTS, failing)


def test_a_vector_is_called_after_the_fault_that_is_left() -> None:
    shape = {"compute": {"context": "cg1"}, "fails": {}, "clause": "input.shape-and-type"}
    target = {"load": {"model": "neg-f32", "target": "tpu"}, "clause": "load.target-not-available"}
    whole = {**vector(*LOADS, *CONTEXTS, shape, target), "id": "fuzz/errors/wrong-shape"}

    smaller = reduced(whole, needs("tpu"))

    assert (smaller["id"], smaller["steps"]) == ("fuzz/errors/target", [target])
    assert smaller["why"].startswith("a host that has not thought of this target")


def test_a_vector_of_another_kind_keeps_its_name() -> None:
    fails = {"compute": {"context": "cg2"}, "fails": {}, "clause": "compute.missing-input"}
    whole = {**vector(*LOADS, *CONTEXTS, fails), "id": "fuzz/sequences/calls"}

    assert reduced(whole, needs("compute.missing-input"))["id"] == "fuzz/sequences/calls"


def test_a_part_of_a_buffer_belongs_to_what_was_set() -> None:
    steps = [{"set_input": {"context": "c", "as": "t1"}}, {"overwrite": {"buffer": "t1.data", "fill": 0}}]

    assert reduced(vector(*steps), needs("overwrite"))["steps"] == steps


def test_graphs_that_nobody_asks_for_are_left_out() -> None:
    whole = vector({"compute": {"context": "a"}}, graphs={"named": "sub-f32"})

    assert "graphs" not in reduced(whole, needs("'a'"))


def test_graphs_that_a_step_asks_for_stay() -> None:
    whole = vector({"load_by_name": {"name": "named", "as": "g"}}, graphs={"named": "sub-f32"})

    assert reduced(whole, needs("'g'")) == whole


def test_graphs_that_the_failure_needs_stay() -> None:
    whole = vector({"compute": {"context": "a"}}, graphs={"named": "sub-f32"})

    assert reduced(whole, needs("'a'", "graphs")) == whole


def generated(*steps: dict[str, Any]) -> Fields:
    model = {"inputs": {"x": X, "b": B}, "outputs": {"out": {"add": ["x", "x"]}, "sum": "b"}}
    return vector(*steps, models={"drawn": model})


def test_outputs_that_are_not_read_go_with_their_inputs() -> None:
    steps = [{"set_input": {"context": "c", "input": name}} for name in "xb"]
    read = {"output": {"context": "c", "output": "out"}}

    smaller = reduced(generated(CONTEXT, *steps, read), needs("'output': 'out'"))

    assert smaller["models"]["drawn"] == {"inputs": {"x": X}, "outputs": {"out": {"add": ["x", "x"]}}}
    assert smaller["steps"] == [CONTEXT, steps[0], read]
    assert smaller["id"] == "fuzz/shapes/f32-computed"


def test_inputs_that_the_failure_needs_stay() -> None:
    steps = [{"set_input": {"context": "c", "input": name}} for name in "xb"]
    whole = generated(CONTEXT, *steps, {"output": {"context": "c", "output": "out"}})

    assert reduced(whole, needs("'output': 'out'", "'input': 'b'")) == whole


def test_a_call_that_looks_at_all_outputs_needs_all() -> None:
    whole = generated({"compute_named": {"context": "c", "inputs": [["x", "t0"], ["b", "t1"]]}})

    assert reduced(whole, needs("compute_named")) == whole
