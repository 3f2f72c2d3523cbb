import base64
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from abis import MIDDLE, NEWEST, OLDEST
from answers import advance, plain_requests

from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.vectors.tensor import tensor_literal

Requests = Callable[[str, str, dict[str, Any]], list[dict[str, Any]]]

BYTES = {"type": "u8", "shape": [1, 2], "data": [1, 2]}
MADE = {"call": "tensor", "dims": [1, 2], "type": "U8", "data": "AQI="}


@pytest.fixture
def requests(state: ExpectedState) -> Requests:
    """Return the requests of a tag for a step; g is a graph of sub-f32, c its context."""
    advance(state, "load", {"model": "sub-f32", "as": "g"})
    advance(state, "context", {"graph": "g", "as": "c"})
    return partial(plain_requests, state)


@pytest.mark.parametrize("abi", [OLDEST, MIDDLE, NEWEST])
@pytest.mark.parametrize(
    ("action", "arguments", "request_"),
    [
        (
            "load",
            {
                "builders": [{"hex": "00ff"}, {"text": "x"}],
                "encoding": "ggml",
                "target": "tpu",
                "as": "h",
                "error": "e",
            },
            {
                "call": "load",
                "builders": ["AP8=", "eA=="],
                "encoding": "ggml",
                "target": "tpu",
                "as": "h",
                "error": "e",
            },
        ),
        ("load", {"builders": []}, {"call": "load", "builders": [], "encoding": "openvino", "target": "cpu"}),
        ("load_by_name", {"name": "größe", "error": "e"}, {"call": "load_by_name", "name": "größe", "error": "e"}),
        ("context", {"graph": "g", "as": "d"}, {"call": "init_execution_context", "graph": "g", "as": "d"}),
        ("context", {"graph": {"raw": 7}}, {"call": "init_execution_context", "graph": 7}),
        ("context", {"graph": {"number": "t"}}, {"call": "init_execution_context", "graph": {"number": "t"}}),
        ("tensor", {"tensor": BYTES, "as": "t"}, MADE | {"as": "t"}),
        ("dimensions", {"tensor": "t"}, {"call": "tensor_dimensions", "tensor": "t"}),
        ("ty", {"tensor": {"raw": 0}}, {"call": "tensor_ty", "tensor": 0}),
        ("data", {"tensor": "t", "is": {"hex": "00"}}, {"call": "tensor_data", "tensor": "t"}),
        ("error_code", {"error": "e", "is": "unknown"}, {"call": "error_code", "error": "e"}),
        ("error_data", {"error": "e", "hides": "host-paths"}, {"call": "error_data", "error": "e"}),
        ("drop", {"kind": "context", "handle": "c"}, {"call": "drop", "kind": "context", "handle": "c"}),
    ],
)
def test_a_step_that_every_tag_says_alike(
    requests: Requests, abi: str, action: str, arguments: dict[str, Any], request_: dict[str, Any]
) -> None:
    assert requests(abi, action, arguments) == [request_]


@pytest.mark.parametrize(
    ("type_", "name", "data"),
    [
        ("f16", "FP16", b"\x00\x3c"),
        ("f32", "FP32", b"\x00\x00\x80\x3f"),
        ("f64", "FP64", b"\x00\x00\x00\x00\x00\x00\xf0\x3f"),
        ("bf16", "BF16", b"\x80\x3f"),
        ("u8", "U8", b"\x01"),
        ("i32", "I32", b"\x01\x00\x00\x00"),
        ("i64", "I64", b"\x01\x00\x00\x00\x00\x00\x00\x00"),
    ],
)
def test_tensor_types_go_by_their_names_in_wit(requests: Requests, type_: str, name: str, data: bytes) -> None:
    (request,) = requests(NEWEST, "tensor", {"tensor": {"type": type_, "shape": [1], "data": [1]}, "as": "t"})
    assert (request["type"], base64.b64decode(request["data"])) == (name, data)


@pytest.mark.parametrize("abi", [OLDEST, MIDDLE])
def test_an_input_is_set_with_a_tensor_made_for_it(requests: Requests, abi: str) -> None:
    assert requests(abi, "set_input", {"context": "c", "input": "b", "tensor": BYTES}) == [
        MADE | {"as": "c/b"},
        {"call": "set_input", "context": "c", "name": "b", "tensor": "c/b"},
    ]


@pytest.mark.parametrize("abi", [OLDEST, MIDDLE])
def test_an_output_is_got_by_name(requests: Requests, abi: str) -> None:
    request = {"call": "get_output", "context": "c", "name": "difference"}
    assert requests(abi, "output", {"context": "c", "output": "difference"}) == [request]


@pytest.mark.parametrize("abi", [OLDEST, MIDDLE])
def test_a_tensor_beyond_the_model_goes_by_a_name_that_it_does_not_have(requests: Requests, abi: str) -> None:
    (request,) = requests(abi, "output", {"context": "c", "output": {"beyond": 3}})
    assert request["name"] == "no-output-3"


def test_the_newest_tag_sets_no_single_input(requests: Requests) -> None:
    assert requests(NEWEST, "set_input", {"context": "c", "input": "a", "tensor": BYTES}) == []


def test_the_newest_tag_gets_no_single_output(requests: Requests) -> None:
    assert requests(NEWEST, "output", {"context": "c", "output": "difference"}) == []


def test_the_newest_tag_computes_with_all_that_was_given_in_its_order(requests: Requests, state: ExpectedState) -> None:
    state.contexts["c"].given = {"b": tensor_literal(BYTES), "a": tensor_literal(BYTES)}
    assert requests(NEWEST, "compute", {"context": "c"}) == [
        MADE | {"as": "c/b"},
        MADE | {"as": "c/a"},
        {"call": "compute", "context": "c", "inputs": [["b", "c/b"], ["a", "c/a"]]},
    ]


@pytest.mark.parametrize("abi", [OLDEST, MIDDLE])
def test_the_older_tags_compute_with_what_was_set(requests: Requests, abi: str) -> None:
    assert requests(abi, "compute", {"context": "c", "error": "e"}) == [
        {"call": "compute", "context": "c", "error": "e"}
    ]


def test_compute_of_tensors_made_before(requests: Requests) -> None:
    arguments = {"context": "c", "inputs": [["a", "t"], ["a", {"raw": 3}]], "as": "r", "error": "e", "names": "own"}
    assert requests(NEWEST, "compute_named", arguments) == [
        {"call": "compute", "context": "c", "inputs": [["a", "t"], ["a", 3]], "as": "r", "error": "e"}
    ]


def test_a_kept_output_goes_by_the_name_that_the_probe_gave_it(requests: Requests, state: ExpectedState) -> None:
    state.handles["r.sum"] = "r.1"
    assert requests(NEWEST, "data", {"tensor": "r.sum"}) == [{"call": "tensor_data", "tensor": "r.1"}]


def test_set_input_of_a_tensor_made_before(requests: Requests) -> None:
    arguments = {"context": "c", "name": "", "tensor": "t", "error": "e"}
    assert requests(OLDEST, "set_named", arguments) == [
        {"call": "set_input", "context": "c", "name": "", "tensor": "t", "error": "e"}
    ]


def test_get_output_into_a_kept_tensor(requests: Requests) -> None:
    arguments = {"context": "c", "name": "sum", "as": "r", "is": BYTES}
    assert requests(MIDDLE, "get_named", arguments) == [
        {"call": "get_output", "context": "c", "name": "sum", "as": "r"}
    ]


def test_codes_of_errors_are_spelled_as_in_wit(requests: Requests) -> None:
    arguments = {"code": "too_large", "data": "x", "as": "e"}
    assert requests(OLDEST, "new_error", arguments) == [{"call": "error", "code": "too-large", "data": "x", "as": "e"}]


@pytest.mark.parametrize(
    ("action", "arguments", "complaint"),
    [
        ("load", {"builders": [], "encoding": {"raw": 1}}, r"WIT has no encoding \{'raw': 1\}; it has openvino, onnx"),
        ("load", {"builders": [], "target": "npu"}, "WIT has no target 'npu'; it has cpu, gpu, tpu"),
        ("load_by_name", {"name": {"hex": "ff"}}, "a name in WIT is a string"),
        ("set_input", {"context": "c", "input": "x", "tensor": BYTES}, "the model has no input 'x'; it has a, b"),
        ("set_input", {"context": "c", "input": {"raw": 0}, "tensor": BYTES}, "WIT names an input"),
        ("set_input", {"context": "d", "input": "a", "tensor": BYTES}, "no context is called 'd' here"),
        ("output", {"context": "c", "output": "sum"}, "the model has no output 'sum'; it has difference"),
        (
            "tensor",
            {"tensor": {"type": {"raw": 1}, "shape": [], "data": "0 bytes"}, "as": "t"},
            "a number for the tensor",
        ),
    ],
)
def test_a_step_that_cannot_be_said(requests: Requests, action: str, arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        requests(MIDDLE, action, arguments)
