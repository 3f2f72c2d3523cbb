import base64
from collections.abc import Callable
from typing import Any

import pytest
from abis import WITX
from answers import plain_requests

from wasi_nn_conformance.session.state import ExpectedState

TENSOR = {"type": "u8", "shape": [1, 2], "data": [1, 2]}


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def request_for(computed: ExpectedState) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    return lambda action, arguments: plain_requests(computed, WITX, action, arguments)[0]


# Numbers from wasi-nn.witx: graph_encoding openvino 0, onnx 1, tensorflow 2, pytorch 3, tensorflowlite 4, autodetect 5;
# execution_target cpu 0, gpu 1, tpu 2; tensor_type f16 0, f32 1, f64 2, u8 3, i32 4, i64 5.
@pytest.mark.parametrize(
    ("action", "arguments", "request_"),
    [
        (
            "load",
            {"builders": [{"hex": "00ff"}, {"text": "x"}], "as": "h"},
            {"call": "load", "builders": ["AP8=", "eA=="], "encoding": 0, "target": 0, "as": "h"},
        ),
        (
            "load",
            {"builders": [], "encoding": "tensorflowlite", "target": "tpu"},
            {"call": "load", "builders": [], "encoding": 4, "target": 2},
        ),
        (
            "load",
            {"builders": [], "encoding": {"raw": 0xFFFFFFFF}, "target": {"raw": -1}},
            {"call": "load", "builders": [], "encoding": 0xFFFFFFFF, "target": -1},
        ),
        ("load_by_name", {"name": "n", "as": "h"}, {"call": "load_by_name", "name": "n", "as": "h"}),
        ("load_by_name", {"name": {"hex": "ff00"}}, {"call": "load_by_name", "name": {"bytes": "/wA="}}),
        ("context", {"graph": "g", "as": "d"}, {"call": "init_execution_context", "graph": "g", "as": "d"}),
        ("context", {"graph": {"raw": 7}}, {"call": "init_execution_context", "graph": 7}),
        (
            "set_input",
            {"context": "c", "input": "b", "tensor": TENSOR},
            {"call": "set_input", "context": "c", "index": 1, "tensor": {"dims": [1, 2], "type": 3, "data": "AQI="}},
        ),
        (
            "set_input",
            {"context": {"raw": 9}, "input": {"raw": 5}, "tensor": TENSOR | {"type": {"raw": 6}, "data": "hex:00"}},
            {"call": "set_input", "context": 9, "index": 5, "tensor": {"dims": [1, 2], "type": 6, "data": "AA=="}},
        ),
        (
            "set_input",
            {"context": "c", "input": {"beyond": 1}, "tensor": TENSOR, "as": "t"},
            {
                "call": "set_input",
                "context": "c",
                "index": 3,
                "as": "t",
                "tensor": {"dims": [1, 2], "type": 3, "data": "AQI="},
            },
        ),
        ("compute", {"context": {"raw": -1}}, {"call": "compute", "context": -1}),
        (
            "output",
            {"context": "c", "output": "difference"},
            {"call": "get_output", "context": "c", "index": 0, "size": 16},
        ),
        (
            "output",
            {"context": "c", "output": "difference", "size": {"plus": -1}},
            {"call": "get_output", "context": "c", "index": 0, "size": 15},
        ),
        (
            "output",
            {"context": "c", "output": "difference", "size": {"plus": -99}},
            {"call": "get_output", "context": "c", "index": 0, "size": 0},
        ),
        (
            "output",
            {"context": "c", "output": {"beyond": 0}, "size": 4},
            {"call": "get_output", "context": "c", "index": 1, "size": 4},
        ),
        (
            "raw",
            {
                "function": "compute",
                "arguments": [{"raw": 3}, "c", {"end": -8}, {"slot": "s"}],
                "slots": {"s": "written"},
            },
            {"call": "raw", "function": "compute", "arguments": [3, "c", {"end": -8}, {"slot": "s"}]},
        ),
        ("place", {"bytes": {"text": "x"}, "as": "p"}, {"call": "place", "bytes": "eA==", "at": None, "as": "p"}),
        (
            "place",
            {"words": [1, {"buffer": "p"}], "at": {"end": -8}, "as": "q"},
            {"call": "place", "words": [1, {"buffer": "p"}], "at": {"end": -8}, "as": "q"},
        ),
        ("overwrite", {"buffer": "p", "fill": 0}, {"call": "overwrite", "buffer": "p", "fill": 0}),
        ("read", {"buffer": "p", "is": {"hex": "00"}}, {"call": "read", "buffer": "p"}),
        ("grow", {"pages": 2}, {"call": "grow", "pages": 2}),
    ],
)
def test_request(
    request_for: Callable[[str, dict[str, Any]], dict[str, Any]],
    action: str,
    arguments: dict[str, Any],
    request_: dict[str, Any],
) -> None:
    assert request_for(action, arguments) == request_


@pytest.mark.parametrize(("kind", "number"), [("f16", 0), ("f32", 1), ("f64", 2), ("u8", 3), ("i32", 4), ("i64", 5)])
def test_number_of_a_tensor_type(
    request_for: Callable[[str, dict[str, Any]], dict[str, Any]], kind: str, number: int
) -> None:
    tensor = {"type": kind, "shape": [1], "data": [1]}
    assert request_for("set_input", {"context": "c", "input": "a", "tensor": tensor})["tensor"]["type"] == number


def test_a_model_stands_for_its_builders(
    request_for: Callable[[str, dict[str, Any]], dict[str, Any]], state: ExpectedState
) -> None:
    request = request_for("load", {"model": "add-f32", "as": "h"})
    assert request["builders"] == [base64_of(data) for data in state.builders("add-f32", "openvino")]


@pytest.mark.parametrize(
    ("action", "arguments", "complaint"),
    [
        ("load", {"builders": [], "encoding": "ggml"}, "witx has no encoding 'ggml'; it has openvino, onnx"),
        ("load", {"builders": [], "target": "npu"}, "witx has no target 'npu'; it has cpu, gpu, tpu"),
        ("set_input", {"context": "c", "input": "z", "tensor": TENSOR}, "the model has no input 'z'; it has a, b"),
        ("set_input", {"context": "d", "input": "a", "tensor": TENSOR}, "the model is not known here: give the input"),
        ("output", {"context": "c", "output": "z"}, "the model has no output 'z'; it has difference"),
        ("output", {"context": "d", "output": {"raw": 0}}, "numpy knows no such output: say what it must be"),
        (
            "set_input",
            {"context": "c", "input": "a", "tensor": {"type": "bf16", "shape": [1], "data": [1]}},
            "witx has no tensor type bf16",
        ),
    ],
)
def test_what_witx_cannot_say_is_refused(
    request_for: Callable[[str, dict[str, Any]], dict[str, Any]],
    action: str,
    arguments: dict[str, Any],
    complaint: str,
) -> None:
    with pytest.raises(ValueError, match=complaint):
        request_for(action, arguments)
