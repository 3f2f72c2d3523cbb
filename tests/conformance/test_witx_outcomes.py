import base64
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from abis import WITX
from answers import Judged, answer

from wasi_nn_conformance.session.outcome import Kind
from wasi_nn_conformance.session.state import ExpectedState

AnswerTo = Callable[..., Judged]

SENTINEL = 0xDEADBEEF
TENSOR = {"type": "u8", "shape": [1, 2], "data": [1, 2]}


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


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
RAW_OUTPUT = {"function": "get_output", "arguments": ["c", {"buffer": "q"}, {"buffer": "p"}, 4, {"buffer": "r"}]}
CALLED: dict[str, Any] = {"errno": 1, "slots": {"s": SENTINEL}, "guards": "untouched", "changed": []}


@pytest.fixture
def outcome(computed: ExpectedState) -> AnswerTo:
    return partial(answer, computed, WITX)


# The numbers of nn_errno in wasi-nn.witx.
@pytest.mark.parametrize(
    ("number", "code"),
    [
        *[(1, "invalid_argument"), (2, "invalid_encoding"), (3, "missing_memory"), (4, "busy")],
        *[(5, "runtime_error"), (6, "unsupported_operation"), (7, "too_large"), (8, "not_found")],
    ],
)
def test_an_errno_is_its_name(outcome: AnswerTo, number: int, code: str) -> None:
    said = outcome("compute", {"context": "c"}, {"errno": number})
    assert (said.kind, said.code, said.faults) == (Kind.ERROR, code, ())


@pytest.mark.parametrize("number", [9, -1, 77, 0x7FFFFFFF])
def test_a_result_that_is_no_errno_is_a_fault(outcome: AnswerTo, number: int) -> None:
    said = outcome("compute", {"context": "c"}, {"errno": number})
    assert (said.kind, said.faults) == (Kind.ERROR, (f"the result {number} is none of nn_errno, which has 0 to 8",))


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
        ("raw", RAW_OUTPUT, CALLED | {"errno": 0, "slots": {}, "changed": ["p", "r"]}),
        ("place", {"bytes": {"hex": "00"}, "as": "p"}, {"address": 1024, "memory": 65536}),
        ("overwrite", {"buffer": "p", "fill": 0}, {}),
        ("grow", {"pages": 1}, {"previous": 17}),
        ("read", {"buffer": "p", "is": {"hex": "0a"}}, {"data": "Cg=="}),
    ],
)
def test_success(outcome: AnswerTo, action: str, arguments: dict[str, Any], reply: dict[str, Any]) -> None:
    said = outcome(action, arguments, reply)
    assert (said.kind, said.faults, said.undecided) == (Kind.OK, (), "")


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
            "output difference has 12 bytes of data where 16 were wanted",
        ),
        (
            "output",
            DIFFERENCE,
            GOT | {"data": base64_of(bytes(16))},
            "output difference: element [0, 0] of f32 is 0.0 (bits 0x00000000) where -9.0 was wanted (4 of 4 differ)",
        ),
        (
            "output",
            DIFFERENCE | {"is": {"type": "f32", "shape": [4], "data": [-9, -18, -27, -35]}},
            GOT,
            "output difference: element [3] of f32 is -36.0 where -35.0 was wanted (1 of 4 differ)",
        ),
        (
            "raw",
            RAW,
            CALLED | {"changed": ["q", "p"]},
            "the host changed p, q, which the call does not give it to write",
        ),
        (
            "raw",
            RAW_OUTPUT,
            CALLED | {"errno": 0, "slots": {}, "changed": ["p", "q", "r"]},
            "the host changed q, which the call does not give it to write",
        ),
        (
            "raw",
            RAW_OUTPUT,
            CALLED | {"slots": {}, "changed": ["r"]},
            "the host changed r, which the call does not give it to write",
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
            CALLED | {"errno": 0},
            "the return pointer s holds 0xdeadbeef; it must be written",
        ),
        ("read", {"buffer": "p", "is": {"hex": "0a"}}, {"data": "Cw=="}, "the memory holds 0b where 0a was wanted"),
    ],
)
def test_a_fault(outcome: AnswerTo, action: str, arguments: dict[str, Any], reply: dict[str, Any], fault: str) -> None:
    assert outcome(action, arguments, reply).faults == (fault,)


def test_a_failing_call_owes_nothing_at_its_return_pointer(outcome: AnswerTo) -> None:
    assert outcome("raw", RAW | {"slots": {"s": "written"}}, CALLED).faults == ()


def test_a_failing_call_must_leave_its_return_slot(outcome: AnswerTo) -> None:
    said = outcome("load", LOAD, REFUSED | {"value": 0}, slot=True)
    assert said.faults == ("the failing call wrote 0 to its return pointer",)


def test_a_failing_call_may_use_its_return_slot_where_nobody_looks(outcome: AnswerTo) -> None:
    assert outcome("load", LOAD, REFUSED | {"value": 0}).faults == ()


@pytest.mark.parametrize("output", [{"raw": 3}, {"beyond": 0}])
def test_success_for_an_output_that_does_not_exist_is_undecided(outcome: AnswerTo, output: Any) -> None:
    said = outcome("output", {"context": "c", "output": output, "size": 16}, GOT)
    assert (said.kind, said.undecided[:32]) == (Kind.OK, "numpy does not know this output:")


@pytest.mark.parametrize(
    ("action", "arguments", "kind"),
    [
        ("load", LOAD, "graph"),
        ("load_by_name", {"name": "other"}, "graph"),
        ("context", {"graph": "g"}, "context"),
    ],
)
def test_a_handle_that_was_given_before(outcome: AnswerTo, action: str, arguments: dict[str, Any], kind: str) -> None:
    assert outcome(action, arguments, LOADED).faults == ()
    again = {"name": "classifier"} if action == "load_by_name" else arguments
    assert outcome(action, again, LOADED).faults == (f"the handle 0x00000003 is that of another {kind}",)
    assert outcome(action, again, {**LOADED, "value": 4}).faults == ()


def test_a_graph_may_have_the_number_of_a_context(outcome: AnswerTo) -> None:
    assert outcome("load", LOAD, LOADED).faults == ()
    assert outcome("context", {"graph": "g"}, LOADED).faults == ()


def test_a_name_may_be_one_graph_however_often_it_is_loaded(outcome: AnswerTo) -> None:
    for _ in range(2):
        assert outcome("load_by_name", {"name": "classifier"}, LOADED).faults == ()
    assert outcome("load", LOAD, LOADED).faults == ("the handle 0x00000003 is that of another graph",)
