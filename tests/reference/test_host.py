from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
import small_ir

from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.host import ExecutionContext, Graph, Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from openvino_graph import Backends

CPU = ExecutionTarget.CPU
IR = GraphEncoding.OPENVINO


def f32(*values: float, shape: tuple[int, ...] | None = None) -> Tensor:
    dimensions = (1, len(values)) if shape is None else shape
    return Tensor(TensorType.F32, dimensions, struct.pack(f"<{len(values)}f", *values))


def values(tensor: Tensor) -> tuple[float, ...]:
    return struct.unpack(f"<{len(tensor.data) // 4}f", tensor.data)


def load(host: Host, model: bytes, weights: bytes = b"") -> Graph:
    return host.load((model, weights), IR, CPU)


@pytest.fixture
def add(host: Host) -> ExecutionContext:
    return host.init_execution_context(load(host, small_ir.binary("Add")))


def refused(code: ErrorCode, call: object, *arguments: object) -> str:
    with pytest.raises(WasiNnError) as caught:
        call(*arguments)  # type: ignore[operator]
    assert caught.value.code is code
    return caught.value.message


# load


def test_no_builder(host: Host) -> None:
    refused(ErrorCode.INVALID_ARGUMENT, host.load, (), IR, CPU)


@pytest.mark.parametrize("encoding", ["tensorflow", "pytorch", "tensorflowlite", "ggml"])
def test_an_encoding_that_is_not_served_names_those_that_are(host: Host, encoding: str) -> None:
    message = refused(ErrorCode.INVALID_ENCODING, host.load, (b"x",), GraphEncoding(encoding), CPU)
    assert "served: " in message
    assert {"openvino", "onnx"} <= set(message.replace(",", " ").split())


@pytest.mark.parametrize("target", ["gpu", "tpu"])
def test_a_target_that_is_not_there(host: Host, target: str) -> None:
    builders = (small_ir.identity(), b"")
    refused(ErrorCode.UNSUPPORTED_OPERATION, host.load, builders, IR, ExecutionTarget(target))


def test_autodetect(host: Host) -> None:
    graph = host.load((small_ir.identity(), b""), GraphEncoding.AUTODETECT, CPU)
    assert [port.name for port in graph.inputs] == ["x"]


def test_autodetect_of_garbage(host: Host) -> None:
    refused(ErrorCode.INVALID_ENCODING, host.load, (b"garbage",), GraphEncoding.AUTODETECT, CPU)


# set_input


def test_an_input_that_is_not_there(host: Host, add: ExecutionContext) -> None:
    assert "there is no input 2" in refused(ErrorCode.INVALID_ARGUMENT, host.set_input, add, 2, f32(1, 2, 3, 4))


def test_a_tensor_of_another_type(host: Host, add: ExecutionContext) -> None:
    tensor = Tensor(TensorType.I32, (1, 4), bytes(16))
    refused(ErrorCode.INVALID_ARGUMENT, host.set_input, add, 0, tensor)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (2, 2), (1, 1, 4)])
def test_another_shape_of_the_same_length(host: Host, add: ExecutionContext, shape: tuple[int, ...]) -> None:
    refused(ErrorCode.INVALID_ARGUMENT, host.set_input, add, 0, f32(1, 2, 3, 4, shape=shape))


def test_a_refused_tensor_leaves_the_one_before(host: Host, add: ExecutionContext) -> None:
    host.set_input(add, 0, f32(1, 2, 3, 4))
    host.set_input(add, 1, f32(1, 1, 1, 1))
    refused(ErrorCode.INVALID_ARGUMENT, host.set_input, add, 0, f32(9, 9))
    host.compute(add)
    assert values(host.get_output(add, 0)) == (2, 3, 4, 5)


def test_a_free_dimension_takes_any_length(host: Host) -> None:
    context = host.init_execution_context(load(host, small_ir.unary("Relu", shape=(-1, 2))))
    for rows in (1, 3, 2):
        host.set_input(context, 0, f32(*range(2 * rows), shape=(rows, 2)))
        host.compute(context)
        output = host.get_output(context, 0)
        assert (output.dimensions, values(output)) == ((rows, 2), tuple(range(2 * rows)))


def test_a_free_dimension_does_not_free_the_others(host: Host) -> None:
    context = host.init_execution_context(load(host, small_ir.unary("Relu", shape=(-1, 2))))
    refused(ErrorCode.INVALID_ARGUMENT, host.set_input, context, 0, f32(1, 2, 3, shape=(1, 3)))


@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_scalar_is_taken_and_given_as_one_element(host: Host, shape: tuple[int, ...]) -> None:
    context = host.init_execution_context(load(host, small_ir.unary("Relu", shape=())))
    host.set_input(context, 0, f32(7, shape=shape))
    host.compute(context)
    assert host.get_output(context, 0) == f32(7, shape=(1,))


def test_a_tensor_without_elements(host: Host) -> None:
    context = host.init_execution_context(load(host, small_ir.unary("Relu", shape=(0, 4))))
    host.set_input(context, 0, f32(shape=(0, 4)))
    host.compute(context)
    assert host.get_output(context, 0) == f32(shape=(0, 4))


# compute


@pytest.mark.parametrize("given", [[], [0], [1]])
def test_compute_with_a_missing_input(host: Host, add: ExecutionContext, given: list[int]) -> None:
    for index in given:
        host.set_input(add, index, f32(1, 2, 3, 4))
    message = refused(ErrorCode.INVALID_ARGUMENT, host.compute, add)
    assert all((name in message) is (index not in given) for index, name in enumerate(["'a'", "'b'"]))


def test_inputs_stay_set(host: Host, add: ExecutionContext) -> None:
    host.set_input(add, 0, f32(1, 2, 3, 4))
    for addend in (10, 20):
        host.set_input(add, 1, f32(addend, addend, addend, addend))
        host.compute(add)
        assert values(host.get_output(add, 0)) == (1 + addend, 2 + addend, 3 + addend, 4 + addend)


def test_repeated_computes_agree(host: Host, add: ExecutionContext) -> None:
    host.set_input(add, 0, f32(1, 2, 3, 4))
    host.set_input(add, 1, f32(5, 6, 7, 8))
    outputs = []
    for _ in range(3):
        host.compute(add)
        outputs.append(host.get_output(add, 0))
    assert outputs == [f32(6, 8, 10, 12)] * 3


def test_contexts_of_a_graph_are_independent(host: Host) -> None:
    graph = load(host, small_ir.binary("Add"))
    one, other = host.init_execution_context(graph), host.init_execution_context(graph)
    for context, value in ((one, 1), (other, 10)):
        host.set_input(context, 0, f32(value, value, value, value))
    refused(ErrorCode.INVALID_ARGUMENT, host.compute, one)
    host.set_input(one, 1, f32(1, 2, 3, 4))
    host.set_input(other, 1, f32(1, 2, 3, 4))
    host.compute(one)
    host.compute(other)
    assert values(host.get_output(one, 0)) == (2, 3, 4, 5)
    assert values(host.get_output(other, 0)) == (11, 12, 13, 14)


def test_a_context_outlives_its_graph(host: Host) -> None:
    context = host.init_execution_context(load(host, small_ir.identity()))
    host.set_input(context, 0, f32(1, 2, 3, 4))
    host.compute(context)
    assert host.get_output(context, 0) == f32(1, 2, 3, 4)


# get_output


def test_an_output_before_compute(host: Host, add: ExecutionContext) -> None:
    refused(ErrorCode.INVALID_ARGUMENT, host.get_output, add, 0)


def test_an_output_that_is_not_there(host: Host) -> None:
    context = host.init_execution_context(load(host, small_ir.identity()))
    host.set_input(context, 0, f32(1, 2, 3, 4))
    host.compute(context)
    refused(ErrorCode.INVALID_ARGUMENT, host.get_output, context, 1)


def test_an_output_does_not_change_with_later_inputs(host: Host) -> None:
    context = host.init_execution_context(load(host, small_ir.identity()))
    host.set_input(context, 0, f32(1, 2, 3, 4))
    host.compute(context)
    host.set_input(context, 0, f32(5, 6, 7, 8))
    assert host.get_output(context, 0) == f32(1, 2, 3, 4)


def test_an_output_taken_does_not_change_with_later_computes(host: Host) -> None:
    context = host.init_execution_context(load(host, small_ir.identity()))
    taken = []
    for value in (1, 2):
        host.set_input(context, 0, f32(value, value, value, value))
        host.compute(context)
        taken.append(host.get_output(context, 0))
    assert taken == [f32(1, 1, 1, 1), f32(2, 2, 2, 2)]


# limits


def limited(backends: Backends, **limits: float) -> Host:
    return Host(backends, NamedGraphs(), Limits(**limits))  # type: ignore[arg-type]


def test_a_model_beyond_the_limit(backends: Backends) -> None:
    refused(ErrorCode.TOO_LARGE, load, limited(backends, model_bytes=100), small_ir.identity())


def test_all_models_beyond_the_limit(backends: Backends) -> None:
    host = limited(backends, total_model_bytes=2 * len(small_ir.identity()) - 1)
    held = load(host, small_ir.identity())
    refused(ErrorCode.TOO_LARGE, load, host, small_ir.identity())
    assert held.inputs


def test_a_graph_that_nobody_holds_does_not_count(backends: Backends) -> None:
    host = limited(backends, graphs=1)
    for _ in range(3):
        load(host, small_ir.identity())


def test_graphs_beyond_the_limit(backends: Backends) -> None:
    host = limited(backends, graphs=2)
    held = [load(host, small_ir.identity()) for _ in range(2)]
    refused(ErrorCode.TOO_LARGE, load, host, small_ir.identity())
    assert len(held) == 2


def test_contexts_beyond_the_limit(backends: Backends) -> None:
    host = limited(backends, contexts=2)
    graph = load(host, small_ir.identity())
    held = [host.init_execution_context(graph) for _ in range(2)]
    refused(ErrorCode.TOO_LARGE, host.init_execution_context, graph)
    assert len(held) == 2


def test_an_input_beyond_the_limit(backends: Backends) -> None:
    host = limited(backends, tensor_bytes=15)
    context = host.init_execution_context(load(host, small_ir.identity()))
    refused(ErrorCode.TOO_LARGE, host.set_input, context, 0, f32(1, 2, 3, 4))


def test_an_output_beyond_the_limit(backends: Backends) -> None:
    host = limited(backends, tensor_bytes=15)
    context = host.init_execution_context(load(host, small_ir.converted("u8", "f32")))
    host.set_input(context, 0, Tensor(TensorType.U8, (1, 4), bytes(4)))
    refused(ErrorCode.TOO_LARGE, host.compute, context)
    refused(ErrorCode.INVALID_ARGUMENT, host.get_output, context, 0)


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="graphs"):
        Limits(graphs=-1)
