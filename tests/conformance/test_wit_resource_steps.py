from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from abis import MIDDLE, NEWEST
from answers import ONE, Judged, answer

from wasi_nn_conformance.session.outcome import Kind
from wasi_nn_conformance.session.state import ExpectedState, KeptError
from wasi_nn_conformance.session.wire import encode
from wasi_nn_conformance.vectors.tensor import tensor_literal

AnswerTo = Callable[..., Judged]


def floats(*values: float) -> str:
    return encode(np.array(values, "<f4").tobytes())


@pytest.fixture
def outcome(state: ExpectedState) -> AnswerTo:
    """Judge the reply to a step, where there is a tensor t."""
    state.tensors["t"] = tensor_literal(ONE)
    return partial(answer, state)


# Errors.
@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("invalid-argument", "invalid_argument"),
        ("invalid-encoding", "invalid_encoding"),
        ("timeout", "timeout"),
        ("runtime-error", "runtime_error"),
        ("unsupported-operation", "unsupported_operation"),
        ("too-large", "too_large"),
        ("not-found", "not_found"),
        ("security", "security"),
        ("unknown", "unknown"),
    ],
)
def test_codes_are_read_in_the_spelling_of_witx(outcome: AnswerTo, written: str, code: str) -> None:
    read = outcome(NEWEST, "load", {"builders": []}, {"result": "err", "code": written, "data": "why"})
    assert (read.kind, read.code) == (Kind.ERROR, code)


@pytest.mark.parametrize("action", ["load", "compute_named", "set_named"])
def test_a_kept_error_says_later_what_it_said_when_it_came(outcome: AnswerTo, action: str) -> None:
    arguments = {"builders": [], "context": "c", "inputs": [], "name": "a", "tensor": "t", "error": "e"}
    outcome(NEWEST, action, arguments, {"result": "err", "code": "not-found", "data": "why"})
    assert [
        outcome(NEWEST, "error_code", {"error": "e"}, {"code": "not-found"}).faults,
        outcome(NEWEST, "error_data", {"error": "e"}, {"data": "why"}).faults,
        outcome(NEWEST, "error_code", {"error": "e"}, {"code": "unknown"}).faults,
        outcome(NEWEST, "error_data", {"error": "e"}, {"data": ""}).faults,
    ] == [
        (),
        (),
        ("error_code is 'unknown' where 'not_found' was wanted",),
        ("error_data is '' where 'why' was wanted",),
    ]


def test_an_error_has_what_its_constructor_was_given(outcome: AnswerTo) -> None:
    outcome(MIDDLE, "new_error", {"code": "timeout", "data": "x", "as": "e"}, {})
    read = outcome(MIDDLE, "error_code", {"error": "e"}, {"code": "security"})
    assert read.faults == ("error_code is 'security' where 'timeout' was wanted",)


def test_an_empty_text_is_compared_too(outcome: AnswerTo) -> None:
    outcome(MIDDLE, "new_error", {"code": "timeout", "data": "", "as": "e"}, {})
    assert outcome(MIDDLE, "error_data", {"error": "e"}, {"data": "x"}).faults == (
        "error_data is 'x' where '' was wanted",
    )


def test_a_path_of_the_host_in_the_data_of_an_error(outcome: AnswerTo, state: ExpectedState) -> None:
    state.folders = {"the home folder": "/home/me", "the folder of the probe": "/opt/probes"}
    state.errors["e"] = KeptError("unknown", "cannot open /home/me/model.xml")
    read = outcome(
        NEWEST, "error_data", {"error": "e", "hides": "host-paths"}, {"data": "cannot open /home/me/model.xml"}
    )
    assert read.faults == ("error_data names the home folder",)


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("failed at wasmtime-wasi-nn/src/backend.rs", False),
        ("no such file: /srcs/model.xml", False),
        ("cannot open /src", True),
        ("cannot open '/src/model.xml'", True),
        ("file:///src/model.xml", True),
    ],
)
def test_a_folder_is_named_by_its_whole_path(
    outcome: AnswerTo, state: ExpectedState, text: str, is_named: bool
) -> None:
    state.folders = {"the working folder": "/src"}
    state.errors["e"] = KeptError("unknown", text)
    read = outcome(NEWEST, "error_data", {"error": "e", "hides": "host-paths"}, {"data": text})
    assert read.faults == (("error_data names the working folder",) if is_named else ())


# Getters.
@pytest.mark.parametrize(
    ("action", "reply", "fault"),
    [
        ("dimensions", {"dims": [4]}, "dimensions is [4] where [1, 4] was wanted"),
        ("ty", {"type": "I32"}, "ty is 'I32' where 'FP32' was wanted"),
        (
            "data",
            {"data": floats(1, 2, 3)},
            "data is 0000803f0000004000004040 where 0000803f000000400000404000008040 was wanted",
        ),
    ],
)
def test_a_getter_that_gives_something_else_than_the_constructor_was_given(
    outcome: AnswerTo, action: str, reply: dict[str, Any], fault: str
) -> None:
    assert outcome(NEWEST, action, {"tensor": "t"}, reply).faults == (fault,)


@pytest.mark.parametrize(
    ("action", "reply"),
    [("dimensions", {"dims": [1, 4]}), ("ty", {"type": "FP32"}), ("data", {"data": floats(1, 2, 3, 4)})],
)
def test_a_getter_that_gives_what_the_constructor_was_given(
    outcome: AnswerTo, action: str, reply: dict[str, Any]
) -> None:
    assert outcome(NEWEST, action, {"tensor": "t"}, reply) == Judged(Kind.OK, None, (), "")


@pytest.mark.parametrize(
    ("action", "written", "reply"),
    [
        ("dimensions", [], {"dims": [1, 4]}),
        ("ty", "bf16", {"type": "FP32"}),
        ("data", {"hex": ""}, {"data": floats(1, 2, 3, 4)}),
    ],
)
def test_what_is_written_counts_more_than_the_constructor(
    outcome: AnswerTo, action: str, written: Any, reply: dict[str, Any]
) -> None:
    assert len(outcome(NEWEST, action, {"tensor": "t", "is": written}, reply).faults) == 1


@pytest.mark.parametrize(
    ("action", "arguments", "reply"),
    [
        ("dimensions", {"tensor": "unknown"}, {"dims": []}),
        ("data", {"tensor": {"raw": 1}}, {"data": ""}),
        ("error_code", {"error": "unknown"}, {"code": "unknown"}),
    ],
)
def test_a_getter_of_what_nobody_knows_is_undecided(
    outcome: AnswerTo, action: str, arguments: dict[str, Any], reply: dict[str, Any]
) -> None:
    assert "is not known" in outcome(NEWEST, action, arguments, reply).undecided


def test_long_data_is_cut_in_the_diagnosis(outcome: AnswerTo, state: ExpectedState) -> None:
    state.tensors["v"] = tensor_literal({"type": "u8", "shape": [100], "data": "zeros"})
    (fault,) = outcome(NEWEST, "data", {"tensor": "v"}, {"data": ""}).faults
    assert fault == f"data is  where {'00' * 64}... (100 bytes) was wanted"
