"""ONNX on onnxruntime: ports, every type as it is declared, control flow, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from openvino_graph import CPU

from wasi_nn_reference.backends.onnxruntime.engine import OnnxRuntime
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_reference.backends.onnxruntime.graph import Graph

SECONDS = 60.0
DTYPES = {
    TensorType.F16: "<f2",
    TensorType.F32: "<f4",
    TensorType.F64: "<f8",
    TensorType.U8: "|u1",
    TensorType.I32: "<i4",
    TensorType.I64: "<i8",
}
ELEMENTS = {
    TensorType.F16: TensorProto.FLOAT16,
    TensorType.BF16: TensorProto.BFLOAT16,
    TensorType.F32: TensorProto.FLOAT,
    TensorType.F64: TensorProto.DOUBLE,
    TensorType.U8: TensorProto.UINT8,
    TensorType.I32: TensorProto.INT32,
    TensorType.I64: TensorProto.INT64,
}
Shape = tuple[int | str, ...] | None


def model(
    nodes: Sequence[Any],
    inputs: dict[str, Shape],
    outputs: Sequence[str] = ("y",),
    element: int = TensorProto.FLOAT,
    opset: int = 17,
) -> bytes:
    ins = [helper.make_tensor_value_info(name, element, shape) for name, shape in inputs.items()]
    outs = [helper.make_tensor_value_info(name, element, None) for name in outputs]
    graph = helper.make_graph(nodes, "g", ins, outs)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return bytes(made.SerializeToString())


def load(data: bytes, **settings: int) -> Graph:
    backend = OnnxRuntime(EngineSettings(threads=1, **settings))  # type: ignore[arg-type]
    return backend.load(GraphEncoding.ONNX, (data,), CPU, SECONDS)


def tensor(tensor_type: TensorType, array: Any) -> Tensor:
    return Tensor(tensor_type, array.shape, array.tobytes())


def refused(data: bytes, **settings: int) -> WasiNnError:
    with pytest.raises(WasiNnError) as caught:
        load(data, **settings)
    return caught.value


@pytest.mark.parametrize(
    ("shape", "seen"), [((), ()), ((2, 3), (2, 3)), (("n", 3), (None, 3)), (None, None), ((0,), (0,))], ids=str
)
def test_an_input_has_the_shape_that_the_model_declares(shape: Shape, seen: tuple[int | None, ...] | None) -> None:
    graph = load(model([helper.make_node("Relu", ["x"], ["y"])], {"x": shape}))
    assert [(port.name, port.type, port.shape) for port in graph.inputs] == [("x", TensorType.F32, seen)]


@pytest.mark.parametrize("tensor_type", DTYPES)
def test_a_sum_is_computed_in_its_own_type(tensor_type: TensorType) -> None:
    # Above 2^24, 2^32 and 255: an engine that computes in another type is found out where the type allows it.
    values = {TensorType.I64: [2**40 + 1, -(2**62)], TensorType.I32: [2**24 + 1, -(2**31)], TensorType.U8: [200, 100]}
    array = np.array(values.get(tensor_type, [1.5, -0.25]), DTYPES[tensor_type])
    graph = load(model([helper.make_node("Add", ["x", "x"], ["y"])], {"x": (2,)}, element=ELEMENTS[tensor_type]))
    given = tensor(tensor_type, array)
    assert graph.request().infer([given], SECONDS) == [tensor(tensor_type, array + array)]


def test_bf16_keeps_its_bits() -> None:
    graph = load(model([helper.make_node("Identity", ["x"], ["y"])], {"x": (3,)}, element=TensorProto.BFLOAT16))
    given = Tensor(TensorType.BF16, (3,), bytes.fromhex("803f 0180 c27f"))
    assert graph.request().infer([given], SECONDS) == [given]


def test_a_model_that_decides_as_it_runs() -> None:
    branch = [
        helper.make_graph(
            [helper.make_node(operator, ["x"], [f"{operator}_out"])],
            operator,
            [],
            [helper.make_tensor_value_info(f"{operator}_out", TensorProto.FLOAT, None)],
        )
        for operator in ("Neg", "Abs")
    ]
    zero = helper.make_node("Constant", [], ["zero"], value=helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]))
    total = helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0)
    is_positive = helper.make_node("Greater", ["total", "zero"], ["positive"])
    chosen = helper.make_node("If", ["positive"], ["y"], then_branch=branch[0], else_branch=branch[1])
    request = load(model([zero, total, is_positive, chosen], {"x": (2,)})).request()
    for values, expected in (([3, -1], [-3, 1]), ([-3, 1], [3, 1])):
        given = tensor(TensorType.F32, np.array(values, "<f4"))
        assert request.infer([given], SECONDS) == [tensor(TensorType.F32, np.array(expected, "<f4"))]


def test_a_loop_without_end_is_ended_at_its_deadline() -> None:
    same = helper.make_tensor_value_info("goes_on", TensorProto.BOOL, [])
    body = helper.make_graph(
        [helper.make_node("Identity", ["goes_on"], ["goes_on_out"]), helper.make_node("Neg", ["state"], ["state_out"])],
        "body",
        [
            helper.make_tensor_value_info("index", TensorProto.INT64, []),
            same,
            helper.make_tensor_value_info("state", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("goes_on_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state_out", TensorProto.FLOAT, [1]),
        ],
    )
    true = helper.make_node("Constant", [], ["true"], value=helper.make_tensor("true", TensorProto.BOOL, [], [True]))
    loop = helper.make_node("Loop", ["", "true", "x"], ["y"], body=body)
    request = load(model([true, loop], {"x": (1,)})).request()
    with pytest.raises(WasiNnError, match="did not finish") as caught:
        request.infer([tensor(TensorType.F32, np.ones(1, "<f4"))], 0.1)
    assert caught.value.code is ErrorCode.TIMEOUT


def test_outputs_come_in_the_models_order() -> None:
    nodes = [helper.make_node("Neg", ["x"], ["b"]), helper.make_node("Abs", ["x"], ["a"])]
    graph = load(model(nodes, {"x": (1,)}, outputs=("b", "a")))
    one = np.array([-1], "<f4")
    assert [port.name for port in graph.outputs] == ["b", "a"]
    assert graph.request().infer([tensor(TensorType.F32, one)], SECONDS) == [
        tensor(TensorType.F32, -one),
        tensor(TensorType.F32, abs(one)),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (model([helper.make_node("Frobnicate", ["x"], ["y"])], {"x": (1,)}), ErrorCode.UNSUPPORTED_OPERATION),
        (model([helper.make_node("Relu", ["x"], ["y"], domain="no.such")], {"x": (1,)}), ErrorCode.INVALID_ARGUMENT),
        (model([helper.make_node("Relu", ["x"], ["y"])], {"x": (1,)}, opset=900), ErrorCode.UNSUPPORTED_OPERATION),
        (model([helper.make_node("Relu", ["w"], ["y"])], {"x": (1,)}), ErrorCode.INVALID_ARGUMENT),
        (
            model([helper.make_node("Add", ["x", "x"], ["y"])], {"x": (1,)}, element=TensorProto.BFLOAT16),
            ErrorCode.UNSUPPORTED_OPERATION,
        ),
        (
            model([helper.make_node("Identity", ["x"], ["y"])], {"x": (1,)}, element=TensorProto.STRING),
            ErrorCode.UNSUPPORTED_OPERATION,
        ),
    ],
    ids=["operator", "domain", "operator-set", "no-such-tensor", "no-kernel", "type"],
)
def test_what_cannot_be_computed_is_refused(data: bytes, code: ErrorCode) -> None:
    assert refused(data).code is code


def test_a_port_beyond_the_limit_is_refused_by_its_name() -> None:
    error = refused(model([helper.make_node("Relu", ["x"], ["y"])], {"x": (1000,)}), tensor_bytes=100)
    assert error.code is ErrorCode.TOO_LARGE
    assert "'x' of 4000 bytes; the limit is 100 (--max-tensor-bytes)" in error.message


def test_another_target_is_refused() -> None:
    data = model([helper.make_node("Relu", ["x"], ["y"])], {"x": (1,)})
    with pytest.raises(WasiNnError) as caught:
        OnnxRuntime(EngineSettings()).load(GraphEncoding.ONNX, (data,), ExecutionTarget.GPU, SECONDS)
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_no_message_names_a_place_in_the_engines_source() -> None:
    message = refused(model([helper.make_node("Relu", ["x"], ["y"])], {"x": (1,)}, opset=900)).message
    assert "/" not in message
    assert "ONNXRuntimeError" not in message
