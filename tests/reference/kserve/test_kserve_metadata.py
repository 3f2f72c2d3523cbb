"""Metadata of models: what an inference server may say of their ports, and when it is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inference_server import Answer, InferenceServer, metadata, outputs, port
from served_model import GIVEN, SECONDS, X_Y, Y, failure, infer

from wasi_nn_reference.errors import ErrorCode

if TYPE_CHECKING:
    from wasi_nn_reference.backends.kserve.model import ServerModel


@pytest.mark.parametrize("where", ["inputs", "outputs"])
@pytest.mark.parametrize("datatype", ["BYTES", "BOOL", "INT8", "UINT64", "fp32"])
def test_another_type_is_refused_by_its_name(
    server: InferenceServer, model: ServerModel, where: str, datatype: str
) -> None:
    ports = [port("x", datatype, 2)]
    server.metadata = metadata(ports, [Y]) if where == "inputs" else metadata(X_Y[0], ports)
    error = failure(lambda: model.graph(SECONDS))
    assert error.code is ErrorCode.UNSUPPORTED_OPERATION
    assert f"the model's {where[:-1]} 'x' is of type {datatype}, which wasi-nn does not have" in error.message


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b""),
        Answer(b"no JSON"),
        Answer(b"\xff"),
        Answer(b"[" * 500_000),
        Answer(b'{"inputs":' + b"[" * 500_000),
        metadata([], [Y]),
        metadata(X_Y[0], []),
        metadata([Y, Y], [Y]),
        metadata([port("x", "FP32", -2)], [Y]),
        metadata([port("x", "FP32", 2**32)], [Y]),
        metadata([port("x", "FP32", *[1] * 9)], [Y]),
        Answer(b'{"inputs":[{"name":"x","datatype":"FP32","shape":["2"]}],"outputs":[]}'),
        Answer(b'{"inputs":[{"name":"x","datatype":"FP32","shape":[2.5]}],"outputs":[]}'),
        Answer(b'{"inputs":[{"name":"x","shape":[2]}],"outputs":[]}'),
        Answer(b" " * ((1 << 20) + 1)),
        Answer(metadata(*X_Y).body, fields=(("Content-Encoding", "gzip"),)),
        Answer(metadata(*X_Y).body[:9], length=1000),
    ],
    ids=[
        "empty", "text", "bytes", "deep", "deep-inside", "no-inputs", "no-outputs", "one-name-twice", "below-minus-one",
        "no-u32", "rank", "text-in-shape", "fraction-in-shape", "no-type", "long", "compressed", "cut-off",
    ],
)  # fmt: skip
def test_metadata_that_can_not_be(
    server: InferenceServer, model: ServerModel, answer: Answer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.metadata = answer
    assert failure(lambda: model.graph(SECONDS)).code is ErrorCode.RUNTIME_ERROR
    said = capfd.readouterr().err
    assert said.startswith(f"wasi-nn: {server.url}: the inference server ")
    assert said.count("\n") == 1


def test_a_graph_whose_ports_changed_is_loaded_anew(server: InferenceServer, model: ServerModel) -> None:
    graph = model.graph(SECONDS)
    assert model.graph(SECONDS) is graph
    server.metadata = metadata(X_Y[0], [port("z", "FP32", 2)])
    server.infer = lambda request: outputs((port("z", "FP32", 2), request.tensors["x"]))
    failure(lambda: graph.request().infer([GIVEN], SECONDS))
    assert graph.is_lost
    assert infer(model) == [GIVEN]
