"""A definition becomes the model it describes, or one complaint that says what is wrong with it."""

from typing import Any

import pytest

from wasi_nn_conformance.models import ElementType, Model, ModelError, Port, TensorType, load_models
from wasi_nn_conformance.models.definition import DefinitionError, constant
from wasi_nn_conformance.models.expression import Add, Input, Sub

X = {"type": "f32", "shape": [2, 3]}
BYTES = {"type": "u8", "shape": [2, 3]}


def definition(**changes: Any) -> dict[str, Any]:
    return {"id": "m", "why": "it is an example", "inputs": {"x": X}, "outputs": {"out": "x"}} | changes


def output(expression: Any, **inputs: Any) -> dict[str, Any]:
    return definition(inputs=inputs or {"x": X}, outputs={"out": expression})


def one(entry: dict[str, Any]) -> Model:
    (model,) = load_models([entry]).values()
    return model


def test_inputs_and_outputs_keep_their_order() -> None:
    model = one(definition(inputs={"z": X, "a": X}, outputs={"w": {"add": ["z", "a"]}, "b": {"sub": ["a", "z"]}}))
    of = TensorType(ElementType.F32, (2, 3))
    assert model.inputs == (Port("z", of), Port("a", of))
    assert model.outputs == (Port("w", of), Port("b", of))
    assert model.expressions == (("w", Add(Input("z"), Input("a"))), ("b", Sub(Input("a"), Input("z"))))


def test_indices_follow_the_order() -> None:
    model = one(definition(inputs={"z": X, "a": X}, outputs={"w": "z", "b": "a"}))
    assert model.input_index("a") == 1


def test_an_unknown_name_has_no_index() -> None:
    with pytest.raises(ModelError, match=r"model 'm': there is no input 'y'; known: 'x'"):
        one(definition()).input_index("y")


def test_null_is_an_unknown_dimension() -> None:
    model = one(output({"add": ["x", "x"]}, x={"type": "f32", "shape": [None, 4]}))
    assert model.outputs[0].type == TensorType(ElementType.F32, (None, 4))


def test_matrix_gives_a_model_for_each_combination() -> None:
    entry = definition(
        id="m-${type}-$rank",
        matrix={"type": ["f32", "u8"], "rank": ["one", "two"]},
        inputs={"x": {"type": "$type", "shape": [1]}, "$rank": X},
    )
    models = load_models([entry])
    assert list(models) == ["m-f32-one", "m-f32-two", "m-u8-one", "m-u8-two"]
    assert str(models["m-u8-two"].inputs[0]) == "x: u8 [1]"
    assert models["m-u8-two"].inputs[1].name == "two"


def test_rows_of_a_matrix_replace_values_of_any_type() -> None:
    rows = [{"name": "scalar", "shape": []}, {"name": "row", "shape": [3]}]
    models = load_models([definition(id="m-$name", matrix=rows, inputs={"x": {"type": "f32", "shape": "$shape"}})])
    assert [model.inputs[0].type.shape for model in models.values()] == [(), (3,)]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (definition(matrix={"type": ["f32"]}), "the matrix key 'type' is used nowhere"),
        (definition(inputs={"x": {"type": "$kind", "shape": []}}), "kind is no key of the matrix"),
        (definition(matrix=[]), "the matrix is empty"),
        (definition(colour=1), "a model has no key 'colour'"),
        ({"id": "m", "outputs": {}}, "a model lacks the key 'inputs'"),
        (definition(id="M/x"), "an id is lower-case words"),
        (definition(outputs={}), "has no output"),
        (definition(inputs={"": X}, outputs={"out": ""}), "the input name '' is empty"),
        (definition(outputs={"a,b": "x"}), "the output name 'a,b' is empty or holds a comma"),
        (definition(outputs={"x": {"neg": "x"}}), "output 'x' has an input's name but is not that input"),
        (definition(inputs={"x": {"type": "f33", "shape": []}}), "there is no type 'f33'; known: f16, f32"),
        (definition(inputs={"x": {"type": "f32", "shape": [-1]}}), "-1 is no whole number"),
        (output("z"), "there is no input 'z'; known: 'x'"),
        (output({"ad": ["x", "x"]}), "there is no operation 'ad'; known: abs, add, cast"),
        (output({"add": ["x"]}), "add takes a list of two expressions"),
        (output({"add": ["x", "u"]}, x=X, u=BYTES), "have different element types; cast one"),
        (output({"add": ["x", "z"]}, x=X, z={"type": "f32", "shape": [2]}), "do not fit together"),
        (output({"matmul": ["x", "x"]}), "the inner dimensions differ"),
        (output({"matmul": ["x", "x"]}, x={"type": "f32", "shape": [3]}), "matmul takes two matrices"),
        (output({"neg": "x"}, x=BYTES), "neg takes a signed type"),
        (output({"relu": "x"}, x=BYTES), "relu takes a signed type"),
        (output({"neg": "x"}, x={"type": "bf16", "shape": [1]}), "no arithmetic of bf16"),
        (output({"cast": {"of": "x", "to": "bf16"}}), "cast to bf16"),
        (output({"transpose": {"of": "x", "permutation": [0, 0]}}), r"\[0, 0\] does not permute the 2 axes"),
        (output({"reshape": {"of": "x", "shape": [5]}}), "cannot be reshaped"),
        (output({"concat": {"of": ["x", "z"], "axis": 0}}, x=X, z={"type": "f32", "shape": [2, 2]}), "be joined"),
        (output({"split": {"of": "x", "axis": 1, "parts": 2, "index": 0}}), "no 2 equal parts"),
        (output({"split": {"of": "x", "axis": 1, "parts": 3, "index": 3}}), "part 3 of 3 does not exist"),
        (output({"split": {"of": "x", "axis": 1, "lengths": [1, 1], "index": 0}}), r"no parts of \[1, 1\]"),
        (output({"split": {"of": "x", "axis": 1, "index": 0}}), "split lacks the key 'parts'"),
        (output({"squeeze": {"of": "x", "axis": 1}}), "axis 1 .* cannot be left out"),
        (output({"unsqueeze": {"of": "x", "axis": 3}}), "has no place 3 for an axis"),
        (output({"reduce_sum": {"of": "x", "axis": 2}}), "has no axis 2"),
        (output({"reduce_sum": {"of": "x", "axis": 1}}, x=BYTES), "reduce_sum takes"),
        (output({"constant": {"type": "f32", "shape": [2], "data": [1]}}), "takes 8 bytes, not 4"),
        (output({"constant": {"type": "u8", "shape": [1], "data": [256]}}), "not all of the numbers fit into u8"),
        (output({"constant": {"type": "f16", "shape": [1], "data": [0.1]}}), "0.1 is not held exactly by f16"),
        (output({"constant": {"type": "i32", "shape": [1], "data": [1.5]}}), "1.5 is not held exactly by i32"),
        (output({"constant": {"type": "u8", "shape": [1], "data": {"hex": "f"}}}), "hexadecimal"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_complaint(entry: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ModelError, match=rf"model '[^']*': .*{complaint}"):
        load_models([entry])


def test_an_id_given_twice_is_refused_at_the_second_definition() -> None:
    with pytest.raises(ModelError, match="is defined twice") as caught:
        load_models([definition(), definition()])
    assert caught.value.index == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([1, -2], "0000803f000000c0"),
        ("zeros", "0000000000000000"),
        ("range", "000000000000803f"),
        ({"hex": "0100807f 00000080"}, "0100807f00000080"),
    ],
    ids=["numbers", "zeros", "range", "hex"],
)
def test_constant_data_becomes_little_endian_bytes(data: Any, expected: str) -> None:
    assert constant({"type": "f32", "shape": [2], "data": data}).data.hex() == expected


def test_bf16_numbers_are_the_upper_half_of_f32() -> None:
    assert ElementType.BF16.from_numbers([1.0, -2.5]).tobytes().hex() == "803f20c0"


def test_a_number_that_bf16_does_not_hold_is_refused() -> None:
    with pytest.raises(ValueError, match=r"257\.0 is not held exactly by bf16"):
        ElementType.BF16.from_numbers([1, 257])


def test_what_repeats_is_written_out() -> None:
    one_row = {"type": "f32", "shape": [1]}
    inputs = {"repeat": {"count": 3, "index": "i", "each": {"in$i": one_row}}}
    joined = {"concat": {"of": [{"repeat": {"count": 3, "index": "i", "each": "in$i"}}, "in0"], "axis": 0}}
    by_hand = {"concat": {"of": ["in0", "in1", "in2", "in0"], "axis": 0}}
    repeated = one(definition(inputs=inputs, outputs={"out": joined}))
    assert repeated == one(definition(inputs=dict.fromkeys(("in0", "in1", "in2"), one_row), outputs={"out": by_hand}))


def test_an_input_may_be_called_repeat() -> None:
    assert [port.name for port in one(definition(inputs={"repeat": X}, outputs={"out": "repeat"})).inputs] == ["repeat"]


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"repeat": {"count": 2, "index": "i", "each": {"in": X}}}, "an entry is given twice"),
        ({"repeat": {"count": 2, "index": "i", "each": "in$i"}}, "in the place of a mapping"),
        ({"repeat": {"count": 0, "index": "i", "each": {"in$i": X}}}, "`count` is a number from 1"),
        ({"repeat": {"count": 2, "each": {"in$i": X}}}, "takes `count`, `index` and `each`"),
    ],
)
def test_a_repeat_that_is_none_is_told(inputs: Any, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        one(definition(inputs=inputs))


def test_a_range_of_weights_is_exact_or_refused() -> None:
    assert constant({"type": "u8", "shape": [3], "data": "range"}).data == bytes([0, 1, 2])
    assert constant({"type": "f32", "shape": [2], "data": "zeros"}).data == bytes(8)
    with pytest.raises(DefinitionError, match="not all of the numbers fit into u8"):
        constant({"type": "u8", "shape": [257], "data": "range"})
