"""Tensors on their way to an inference server and back, as bytes and in JSON."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from inference_server import Answer, InferenceServer, framed, metadata, outputs, port
from served_model import F32, GIVEN, SECONDS, X_Y, Y, failure, infer, json_output

from wasi_nn_reference.errors import ErrorCode
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from wasi_nn_reference.backends.kserve.model import ServerModel

DATATYPES = {
    "FP16": TensorType.F16,
    "BF16": TensorType.BF16,
    "FP32": TensorType.F32,
    "FP64": TensorType.F64,
    "UINT8": TensorType.U8,
    "INT32": TensorType.I32,
    "INT64": TensorType.I64,
}


@pytest.mark.parametrize("datatype", DATATYPES)
def test_a_tensor_of_each_type_goes_there_and_back(server: InferenceServer, model: ServerModel, datatype: str) -> None:
    server.metadata = metadata([port("x", datatype, -1, 2)], [port("y", datatype, -1, 2)])
    server.infer = lambda request: outputs((port("y", datatype, 3, 2), request.tensors["x"]))
    tensor_type = DATATYPES[datatype]
    given = Tensor(tensor_type, (3, 2), bytes(range(6 * tensor_type.size)))
    assert [(each.name, each.type, each.shape) for each in model.graph(SECONDS).inputs] == [
        ("x", tensor_type, (None, 2))
    ]
    assert infer(model, given) == [given]


def test_what_a_server_is_asked(server: InferenceServer, model: ServerModel) -> None:
    asked: list[Any] = []

    def answer(request: Any) -> Answer:
        asked.append(request)
        return outputs((Y, GIVEN.data))

    server.infer = answer
    infer(model)
    assert server.paths == ["/v2/models/m", "/v2", "/v2/models/m/infer"]
    (request,) = asked
    assert request.tensors == {"x": GIVEN.data}
    assert request.head["inputs"] == [{**port("x", "FP32", 2), "parameters": {"binary_data_size": 8}}]
    assert request.head["outputs"] == [{"name": "y", "parameters": {"binary_data": True}}]


def test_outputs_are_told_apart_by_their_names(server: InferenceServer, model: ServerModel) -> None:
    server.metadata = metadata([port("a", "UINT8", 1), port("b", "INT32", 1)], [Y, port("z", "INT64", 1)])
    z = port("z", "INT64", 1)
    server.infer = lambda request: outputs((z, request.tensors["b"] * 2), (Y, request.tensors["a"] * 8))
    given = Tensor(TensorType.U8, (1,), b"\1"), Tensor(TensorType.I32, (1,), b"\2\0\0\0")
    assert [(each.type, each.data) for each in infer(model, *given)] == [
        (F32, b"\1" * 8), (TensorType.I64, b"\2\0\0\0\2\0\0\0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("datatype", "data", "expected"),
    [
        ("FP32", [1.5, 2], np.array([1.5, 2], "<f4")),
        ("FP16", [[1.5], [2]], np.array([1.5, 2], "<f2")),
        ("INT64", [2**40, -1], np.array([2**40, -1], "<i8")),
        ("UINT8", [255, 0], np.array([255, 0], "|u1")),
    ],
)
def test_an_output_in_json(
    server: InferenceServer, model: ServerModel, datatype: str, data: list[Any], expected: Any
) -> None:
    y = port("y", datatype, 2)
    server.metadata = metadata([port("x", "FP32", 2)], [y])
    server.infer = lambda _: Answer(framed({"outputs": [{**y, "data": data}]}, b"").body)
    assert [each.data for each in infer(model)] == [expected.tobytes()]


@pytest.mark.parametrize(
    "itself",
    [Answer(b'{"name":"json","extensions":[]}'), Answer(b"{}"), Answer(b"no JSON")],
    ids=["none", "nothing-said", "text"],
)
def test_a_server_without_the_extension_gets_json(server: InferenceServer, model: ServerModel, itself: Answer) -> None:
    asked: list[Any] = []

    def answer(request: Any) -> Answer:
        asked.append(request.head)
        return json_output("[3, 4.5]")

    server.itself, server.infer = itself, answer
    (output,) = infer(model)
    assert output.data == np.array([3, 4.5], "<f4").tobytes()
    assert asked == [
        {
            "inputs": [{**port("x", "FP32", 2), "data": [1.5, -2.0]}],
            "outputs": [{"name": "y", "parameters": {"binary_data": False}}],
        }
    ]


def test_a_server_that_is_known_to_take_bytes(server: InferenceServer, model: ServerModel) -> None:
    server.itself = Answer(b'{"name":"OpenVINO Model Server","version":"2026"}')
    assert infer(model) == [GIVEN]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_json_lacks_is_refused(server: InferenceServer, model: ServerModel, value: float) -> None:
    server.itself = Answer(b"{}")
    error = failure(lambda: infer(model, Tensor(F32, (2,), np.array([1, value], "<f4").tobytes())))
    assert error.code is ErrorCode.UNSUPPORTED_OPERATION
    assert "input 'x' has values that JSON lacks" in error.message


def test_bf16_goes_as_bytes_alone(server: InferenceServer, model: ServerModel) -> None:
    server.itself = Answer(b"{}")
    server.metadata = metadata(X_Y[0], [port("y", "BF16", 2)])
    error = failure(lambda: model.graph(SECONDS))
    assert error.code is ErrorCode.UNSUPPORTED_OPERATION
    assert error.message == "'y' is BF16, and the inference server takes tensors in JSON alone"


def test_a_scalar(server: InferenceServer, model: ServerModel) -> None:
    server.metadata = metadata([port("x", "FP32")], [port("y", "FP32")])
    server.infer = lambda request: outputs((port("y", "FP32"), request.tensors["x"]))
    given = Tensor(F32, (), b"abcd")
    assert infer(model, given) == [given]


def test_many_threads_share_the_connections(server: InferenceServer, model: ServerModel) -> None:
    def ask(number: int) -> bool:
        given = Tensor(F32, (2,), number.to_bytes(8, "little"))
        return infer(model, given) == [given]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(100)))
    assert server.paths.count("/v2/models/m/infer") == 100
