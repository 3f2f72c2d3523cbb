"""load, load-by-name, contexts and computations on every version: by the model's own names, in its own order."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
import small_ir
import small_onnx
from small_ir import Layer, parameter, result
from wit_probe import BY_NAME, TAGS, compute, context, drop, get_output, load, set_input, tensor, text

from wasi_nn_reference.named_graphs import NamedGraph
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from wit_probe import Probe, Request

    from wasi_nn_reference.named_graphs import NamedGraphs

SUM = small_ir.binary("Add")
# `high` before `low`: neither the order of the alphabet nor that of the operators.
TWO_OUTPUTS = small_ir.graph(
    [
        parameter("f32", (2,), "x"),
        Layer("ReLU", "f32", ((0, 0),), (((2,), "low"),)),
        Layer("Negative", "f32", ((0, 0),), (((2,), "high"),)),
        result("f32", 2),
        result("f32", 1),
    ]
)


def f32(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def given(*values: float, name: str = "t") -> Request:
    return tensor(f32(*values), (1, len(values)), name=name)


A, B = given(1, 2, 3, 4), given(10, 20, 30, 40)
A_AND_B = [("y", [1, 4], "FP32", f32(11, 22, 33, 44))]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_two_inputs_in_any_order(probe: Probe, order: tuple[str, ...]) -> None:
    inputs = {"a": A, "b": B}
    talk = probe(load(SUM, b""), context(), probe.infer("c", {name: inputs[name] for name in order}, ("y",)))
    assert probe.outputs(talk, ("y",)) == A_AND_B


def test_onnx(probe: Probe) -> None:
    talk = probe(
        load(small_onnx.unary(), encoding="onnx"), context(), probe.infer("c", {"x": given(-1, 2, -3, 4)}, ("y",))
    )
    assert probe.outputs(talk, ("y",)) == [("y", [1, 4], "FP32", f32(0, 2, 0, 4))]


@pytest.mark.parametrize("tag", TAGS[-1:])
def test_outputs_come_once_in_the_order_of_the_model(probe: Probe) -> None:
    talk = probe(load(TWO_OUTPUTS, b""), context(), tensor(f32(-1, 2), (2,), name="x"), compute("c", ("x", "x")))
    assert probe.outputs(talk, ()) == [("high", [2], "FP32", f32(1, -2)), ("low", [2], "FP32", f32(0, 2))]


@pytest.mark.parametrize("tag", BY_NAME)
@pytest.mark.parametrize("names", [("high", "low"), ("low", "high")])
def test_outputs_are_gotten_by_name(probe: Probe, names: tuple[str, str]) -> None:
    expected = {"high": f32(1, -2), "low": f32(0, 2)}
    talk = probe(load(TWO_OUTPUTS, b""), context(), probe.infer("c", {"x": tensor(f32(-1, 2), (2,))}, names))
    assert [(name, data) for name, _, _, data in probe.outputs(talk, names)] == [
        (name, expected[name]) for name in names
    ]


def test_load_by_name(probe: Probe, named_graphs: NamedGraphs) -> None:
    named_graphs.add("sum", NamedGraph(GraphEncoding.OPENVINO, (SUM, b"")))
    talk = probe(
        {"call": "load_by_name", "name": "sum", "as": "g"}, context(), probe.infer("c", {"a": A, "b": B}, ("y",))
    )
    assert probe.outputs(talk, ("y",)) == A_AND_B


@pytest.mark.parametrize("tag", TAGS[-1:])
@pytest.mark.parametrize("name", ["", "sum2", "../sum", "/etc/passwd", "sum\0", "s" * 5000, "\N{SNOWMAN}"])
def test_a_name_that_is_not_registered(probe: Probe, named_graphs: NamedGraphs, name: str) -> None:
    named_graphs.add("sum", NamedGraph(GraphEncoding.OPENVINO, (SUM, b"")))
    talk = probe({"call": "load_by_name", "name": name})
    assert talk.last["code"] == "not-found"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        pytest.param(load(), "invalid-argument", id="no builder"),
        pytest.param(load(SUM), "invalid-argument", id="one builder too few"),
        pytest.param(load(SUM, b"", b""), "invalid-argument", id="one builder too many"),
        pytest.param(load(b"", b""), "invalid-encoding", id="empty builders"),
        pytest.param(load(b"garbage", b""), "invalid-encoding", id="garbage"),
        pytest.param(load(SUM, b"", encoding="pytorch"), "invalid-encoding", id="encoding not served"),
        pytest.param(load(SUM, b"", encoding="ggml"), "invalid-encoding", id="encoding of WIT alone"),
        pytest.param(load(SUM, b"", target="gpu"), "unsupported-operation", id="no gpu"),
        pytest.param(load(SUM, b"", target="tpu"), "unsupported-operation", id="no tpu"),
    ],
)
def test_a_load_that_fails(probe: Probe, request_: Request, code: str) -> None:
    talk = probe(request_)
    assert talk.last["result"] == "err"
    assert talk.last["code"] == code
    assert talk.alive == {}


def test_autodetect(probe: Probe) -> None:
    talk = probe(load(SUM, b"", encoding="autodetect"), context(), probe.infer("c", {"a": A, "b": B}, ("y",)))
    assert probe.outputs(talk, ("y",)) == A_AND_B


def test_a_context_works_on_when_its_graph_is_dropped(probe: Probe) -> None:
    talk = probe(load(SUM, b""), context(), drop("graph", "g"), probe.infer("c", {"a": A, "b": B}, ("y",)))
    assert probe.outputs(talk, ("y",)) == A_AND_B
    assert "graph" not in talk.alive


def test_contexts_of_one_graph_do_not_affect_each_other(probe: Probe) -> None:
    talk = probe(
        load(SUM, b""),
        context(name="c"),
        context(name="d"),
        probe.infer("d", {"a": B, "b": B}, ("y",)),
        probe.infer("c", {"a": A, "b": B}, ("y",)),
    )
    assert probe.outputs(talk, ("y",)) == A_AND_B


# compute with all inputs, since 10-28


@pytest.mark.parametrize("tag", TAGS[-1:])
@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        pytest.param((("a", "a"),), "no tensor was set for the input(s) 'b'", id="missing"),
        pytest.param((), "no tensor was set for the input(s) 'a', 'b'", id="none"),
        pytest.param((("a", "a"), ("z", "b")), "no input 'z'", id="unknown"),
        pytest.param((("a", "a"), ("A", "b")), "no input 'A'", id="other case"),
        pytest.param((("a", "a"), ("", "b")), "no input ''", id="empty name"),
        pytest.param((("a", "a"), ("b", "b"), ("z", "z")), "no input 'z'", id="extra"),
        pytest.param((("a", "a"), ("b", "b"), ("b", "z")), "'b' is given twice", id="duplicate"),
        pytest.param((("a", "a"), ("y", "b")), "no input 'y'", id="an output's name"),
        pytest.param((("a", "a"), ("n" * 9999, "b")), f"no input '{'n' * 100}'...; there", id="long name"),
    ],
)
def test_inputs_that_are_not_the_model_s(probe: Probe, inputs: tuple[tuple[str, str], ...], said: str) -> None:
    made = [given(1, 2, 3, 4, name=name) for name in ("a", "b", "z")]
    again = [given(1, 2, 3, 4, name="p"), given(10, 20, 30, 40, name="q"), compute("c", ("a", "p"), ("b", "q"))]
    talk = probe(load(SUM, b""), context(), made, compute("c", *inputs), again)
    failed = talk.replies[5]
    assert (failed["result"], failed["code"]) == ("err", "invalid-argument")
    assert said in failed["data"]
    assert probe.outputs(talk, ()) == A_AND_B


@pytest.mark.parametrize("tag", TAGS[-1:])
def test_inputs_of_an_earlier_compute_are_not_used_again(probe: Probe) -> None:
    talk = probe(
        load(SUM, b""),
        context(),
        probe.infer("c", {"a": A, "b": B}, ("y",)),
        probe.infer("c", {"a": A}, ("y",)),
    )
    assert talk.last["code"] == "invalid-argument"
    assert "'b'" in talk.last["data"]


# set-input, compute, get-output, before 10-28


@pytest.mark.parametrize("tag", BY_NAME)
class TestByName:
    def test_an_output_before_compute(self, probe: Probe) -> None:
        talk = probe(load(SUM, b""), context(), get_output("c", "y"))
        assert talk.last["code"] == "invalid-argument"

    def test_compute_before_the_inputs(self, probe: Probe) -> None:
        talk = probe(load(SUM, b""), context(), {"call": "compute", "context": "c"})
        assert talk.last["code"] == "invalid-argument"
        assert "'a', 'b'" in talk.last["data"]

    def test_compute_with_one_input_missing(self, probe: Probe) -> None:
        talk = probe(load(SUM, b""), context(), probe.infer("c", {"b": B}, ("y",)))
        assert [reply.get("code") for reply in talk.replies[-2:]] == ["invalid-argument"] * 2

    def test_inputs_stay_set_until_they_are_set_again(self, probe: Probe) -> None:
        talk = probe(
            load(SUM, b""),
            context(),
            probe.infer("c", {"a": B, "b": B}, ("y",)),
            probe.infer("c", {"a": A}, ("y",)),
        )
        assert probe.outputs(talk, ("y",)) == A_AND_B

    def test_the_last_value_of_an_input_counts(self, probe: Probe) -> None:
        talk = probe(
            load(SUM, b""),
            context(),
            given(9, 9, 9, 9, name="old"),
            set_input("c", "a", "old"),
            probe.infer("c", {"a": A, "b": B}, ("y",)),
        )
        assert probe.outputs(talk, ("y",)) == A_AND_B

    @pytest.mark.parametrize("name", ["", "z", "A", "y", "0"])
    def test_an_input_that_the_model_does_not_have(self, probe: Probe, name: str) -> None:
        talk = probe(load(SUM, b""), context(), given(1, 2, 3, 4), set_input("c", name, "t"))
        assert talk.last["code"] == "invalid-argument"
        assert "there are: 'a', 'b'" in talk.last["data"]

    @pytest.mark.parametrize("name", ["", "z", "Y", "a", "0"])
    def test_an_output_that_the_model_does_not_have(self, probe: Probe, name: str) -> None:
        talk = probe(load(SUM, b""), context(), probe.infer("c", {"a": A, "b": B}, ("y",)), get_output("c", name))
        assert talk.last["code"] == "invalid-argument"
        assert "there are: 'y'" in talk.last["data"]

    def test_an_output_can_be_gotten_again(self, probe: Probe) -> None:
        again = get_output("c", "y")
        talk = probe(load(SUM, b""), context(), probe.infer("c", {"a": A, "b": B}, ("y",)), again)
        assert talk.replies[-2] == talk.replies[-1]
        assert talk.last["data"] == text(f32(11, 22, 33, 44))
