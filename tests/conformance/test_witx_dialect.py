import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wasi_nn_conformance.dialects.witx import WitxDialect
from wasi_nn_conformance.expectation import Expectation
from wasi_nn_conformance.outcome import Kind, Outcome
from wasi_nn_conformance.scene import Scene
from wasi_nn_conformance.vector import Step

SENTINEL = 0xDEADBEEF
TENSOR = {"type": "u8", "shape": [1, 2], "data": [1, 2]}
ONE, TEN = np.array([[1, 2, 3, 4]], "<f4"), np.array([[10, 20, 30, 40]], "<f4")


def step(action: str, arguments: dict[str, Any], *, slot: bool = False) -> Step:
    return Step(action, arguments, Expectation(), slot)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def computed(scene: Scene) -> Scene:
    """A scene whose context c, of `sub-f32`, has computed -9, -18, -27, -36."""
    scene.remember("load", {"model": "sub-f32", "as": "g"})
    scene.remember("context", {"graph": "g", "as": "c"})
    scene.remember_input("c", "a", ONE)
    scene.remember_input("c", "b", TEN)
    scene.remember("compute", {"context": "c"})
    return scene


@pytest.fixture
def request_for(computed: Scene) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    return lambda action, arguments: WitxDialect().requests(step(action, arguments), computed)[0]


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
    request_for: Callable[[str, dict[str, Any]], dict[str, Any]], scene: Scene
) -> None:
    request = request_for("load", {"model": "add-f32", "as": "h"})
    assert request["builders"] == [base64_of(data) for data in scene.builders("add-f32", "openvino")]


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


LOADED = {"errno": 0, "value": 3, "guards": "untouched"}
REFUSED = {"errno": 1, "value": SENTINEL, "guards": "untouched"}
LOAD: dict[str, Any] = {"builders": []}
RIGHT = np.array([-9, -18, -27, -36], "<f4").tobytes()
GOT = {
    "errno": 0,
    "value": 16,
    "guards": "untouched",
    "data": base64_of(RIGHT),
    "tail": "untouched",
    "buffer": "touched",
}
DIFFERENCE = {"context": "c", "output": "difference"}
RAW = {"function": "compute", "arguments": [{"slot": "s"}]}
CALLED: dict[str, Any] = {"errno": 1, "slots": {"s": SENTINEL}, "guards": "untouched", "changed": []}


@pytest.fixture
def outcome(computed: Scene) -> Callable[..., Outcome]:
    def outcome(action: str, arguments: dict[str, Any], reply: dict[str, Any], *, slot: bool = False) -> Outcome:
        return WitxDialect().outcome(step(action, arguments, slot=slot), reply, computed)

    return outcome


# The numbers of nn_errno in wasi-nn.witx.
@pytest.mark.parametrize(
    ("number", "code"),
    [
        *[(1, "invalid_argument"), (2, "invalid_encoding"), (3, "missing_memory"), (4, "busy")],
        *[(5, "runtime_error"), (6, "unsupported_operation"), (7, "too_large"), (8, "not_found")],
    ],
)
def test_an_errno_is_its_name(outcome: Callable[..., Outcome], number: int, code: str) -> None:
    answer = outcome("compute", {"context": "c"}, {"errno": number})
    assert (answer.kind, answer.code, answer.faults) == (Kind.ERROR, code, ())


@pytest.mark.parametrize("number", [9, -1, 77, 0x7FFFFFFF])
def test_a_result_that_is_no_errno_is_a_fault(outcome: Callable[..., Outcome], number: int) -> None:
    answer = outcome("compute", {"context": "c"}, {"errno": number})
    assert (answer.kind, answer.faults) == (Kind.ERROR, (f"the result {number} is none of nn_errno, which has 0 to 8",))


@pytest.mark.parametrize(
    ("action", "arguments", "reply"),
    [
        ("load", LOAD, LOADED),
        ("load_by_name", {"name": "n"}, LOADED),
        ("context", {"graph": "g"}, LOADED),
        ("set_input", {"context": "c", "input": "a", "tensor": TENSOR}, {"errno": 0}),
        ("compute", {"context": "c"}, {"errno": 0}),
        ("output", DIFFERENCE, GOT),
        ("output", {"context": "c", "output": {"raw": 0}, "size": 16}, GOT),
        ("raw", RAW | {"slots": {"s": "untouched"}}, CALLED | {"errno": 0}),
        ("raw", RAW | {"changes": ["p"]}, CALLED | {"errno": 0, "changed": ["p"]}),
        ("place", {"bytes": {"hex": "00"}, "as": "p"}, {"address": 1024, "memory": 65536}),
        ("overwrite", {"buffer": "p", "fill": 0}, {}),
        ("grow", {"pages": 1}, {"previous": 17}),
        ("read", {"buffer": "p", "is": {"hex": "0a"}}, {"data": "Cg=="}),
    ],
)
def test_success(
    outcome: Callable[..., Outcome], action: str, arguments: dict[str, Any], reply: dict[str, Any]
) -> None:
    answer = outcome(action, arguments, reply)
    assert (answer.kind, answer.faults, answer.unchecked) == (Kind.OK, (), "")


@pytest.mark.parametrize(
    ("action", "arguments", "reply", "fault"),
    [
        ("load", LOAD, LOADED | {"guards": "touched"}, "the host wrote outside the return slot or the output buffer"),
        ("load", LOAD, REFUSED | {"guards": "touched"}, "the host wrote outside the return slot or the output buffer"),
        ("load", LOAD, LOADED | {"value": SENTINEL}, "success, but no handle was written to the return pointer"),
        (
            "output",
            DIFFERENCE,
            GOT | {"guards": "touched"},
            "the host wrote outside the return slot or the output buffer",
        ),
        ("output", DIFFERENCE, GOT | {"value": SENTINEL}, "success, but no size was written to the return pointer"),
        (
            "output",
            DIFFERENCE | {"tail": "untouched"},
            GOT | {"tail": "touched"},
            "the host wrote to the buffer behind the bytes that it reports",
        ),
        (
            "output",
            DIFFERENCE | {"buffer": "untouched"},
            GOT | {"errno": 7, "value": SENTINEL},
            "the failing call wrote to the output buffer",
        ),
        (
            "output",
            DIFFERENCE,
            GOT | {"value": 12, "data": base64_of(RIGHT[:12])},
            "output difference: the size reported is 12 bytes where 16 were wanted",
        ),
        (
            "output",
            DIFFERENCE,
            GOT | {"data": base64_of(RIGHT[:12])},
            "output difference: 12 bytes where 16 were wanted (f32 [1, 4])",
        ),
        (
            "output",
            DIFFERENCE,
            GOT | {"data": base64_of(bytes(16))},
            "output difference: element [0, 0] is 0.0 (bits 0x00000000) where -9.0 was wanted (4 of 4 differ)",
        ),
        (
            "output",
            DIFFERENCE | {"is": {"type": "f32", "shape": [4], "data": [-9, -18, -27, -35]}},
            GOT,
            "output difference: element [3] is -36.0 where -35.0 was wanted (1 of 4 differ)",
        ),
        (
            "raw",
            RAW,
            CALLED | {"changed": ["q", "p"]},
            "the host changed p, q, which the call does not give it to write",
        ),
        (
            "raw",
            RAW | {"slots": {"s": "untouched"}},
            CALLED | {"slots": {"s": 0}},
            "the return pointer s holds 0x00000000; it must be untouched",
        ),
        (
            "raw",
            RAW | {"slots": {"s": "written"}},
            CALLED,
            "the return pointer s holds 0xdeadbeef; it must be written",
        ),
        ("read", {"buffer": "p", "is": {"hex": "0a"}}, {"data": "Cw=="}, "the memory holds 0b where 0a was wanted"),
    ],
)
def test_a_fault(
    outcome: Callable[..., Outcome], action: str, arguments: dict[str, Any], reply: dict[str, Any], fault: str
) -> None:
    assert outcome(action, arguments, reply).faults == (fault,)


def test_a_failing_call_must_leave_its_return_slot(outcome: Callable[..., Outcome]) -> None:
    answer = outcome("load", LOAD, REFUSED | {"value": 0}, slot=True)
    assert answer.faults == ("the failing call wrote 0 to its return pointer",)


def test_a_failing_call_may_use_its_return_slot_where_nobody_looks(outcome: Callable[..., Outcome]) -> None:
    assert outcome("load", LOAD, REFUSED | {"value": 0}).faults == ()


def test_a_refused_request_is_no_answer_of_the_host(outcome: Callable[..., Outcome]) -> None:
    answer = outcome("compute", {"context": "c"}, {"error": "no handle is named c"})
    assert (answer.kind, answer.detail) == (Kind.BROKEN, "the probe refused the request: no handle is named c")


@pytest.mark.parametrize("output", [{"raw": 3}, {"beyond": 0}])
def test_success_for_an_output_that_does_not_exist_is_unchecked(outcome: Callable[..., Outcome], output: Any) -> None:
    answer = outcome("output", {"context": "c", "output": output, "size": 16}, GOT)
    assert (answer.kind, answer.unchecked[:32]) == (Kind.OK, "numpy does not know this output:")
