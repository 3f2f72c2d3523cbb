"""Whole conversations with a host that is right, and with the same host when its replies are altered."""

import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.models import Model, ModelFiles
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.run.adapter import Adapter
from wasi_nn_conformance.run.case_runner import CaseRunner
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.vectors.case import Case

INFER = """
- load: {model: sub-f32, as: g}
- context: {graph: g, as: c}
- infer:
    context: c
    inputs:
      b: {type: f32, shape: [1, 4], data: [10, 20, 30, 40]}
      a: {type: f32, shape: [1, 4], data: [1, 2, 3, 4]}
"""
TWO_CONTEXTS = """
- load: {model: identity-f32, as: g}
- context: {graph: g, as: c}
- context: {graph: g, as: d}
- set_input: {context: c, input: x, tensor: {type: f32, shape: [1, 4], data: range}}
- set_input: {context: d, input: x, tensor: {type: f32, shape: [1, 4], data: nan-payload}}
- compute: {context: d}
- compute: {context: c}
- output: {context: c, output: x}
- output: {context: d, output: x}
"""
SHORT = """
- load: {model: identity-f32, as: g}
- context: {graph: g, as: c}
- set_input: {context: c, input: x, tensor: {type: f32, shape: [1, 4], data: range}}
- compute: {context: c}
- output: {context: c, output: x, size: {plus: -1}}
  fails: {only: too_large}
"""
WRONG_SHAPE = """
- load: {model: identity-f32, as: g}
- context: {graph: g, as: c}
- fails_by:
  - set_input: {context: c, input: x, tensor: {type: f32, shape: [4, 1], data: range}}
  - compute: {context: c}
  - output: {context: c, output: x}
  prefer: invalid_argument
"""


@pytest.fixture
def played(
    cases: Callable[..., list[Case]],
    adapter: Callable[..., Adapter],
    models: Mapping[str, Model],
    files: ModelFiles,
    numpy_host: ModuleType,
) -> Callable[..., CaseResult]:
    """Carry out steps on a miniature that is always right, in this process; `change` alters its replies."""

    def played(steps: str, change: Callable[[dict[str, Any]], dict[str, Any]] = lambda reply: reply) -> CaseResult:
        [case] = cases(steps, encoding="onnx")
        right = numpy_host.NumpyHost(models, VECTORS / "models")

        class Process:
            usable = True

            def ask(self, line: bytes, _seconds: float) -> bytes:
                return json.dumps(change(right.answer(json.loads(line)))).encode()

            def printed(self) -> str:
                return ""

        state = ExpectedState("onnx", models, {}, files.model_bytes)
        conversation = CaseRunner(case, Process(), adapter("silent"), DIALECTS["witx"], state)  # type: ignore[arg-type]
        return conversation.run()

    return played


@pytest.mark.parametrize("steps", [INFER, TWO_CONTEXTS, SHORT, WRONG_SHAPE])
def test_a_host_that_is_right_passes(played: Callable[..., CaseResult], steps: str) -> None:
    case_result = played(steps)
    assert (case_result.verdict, case_result.diagnosis) == ("pass", "")


@pytest.mark.parametrize("steps", [INFER, TWO_CONTEXTS, SHORT, WRONG_SHAPE])
def test_a_host_that_turns_every_answer_round_fails(
    played: Callable[..., CaseResult], numpy_host: ModuleType, steps: str
) -> None:
    assert played(steps, numpy_host.turned_round).verdict == "fail"


def test_a_host_that_changes_one_bit_fails(played: Callable[..., CaseResult]) -> None:
    def changed(reply: dict[str, Any]) -> dict[str, Any]:
        return reply | {"data": "AQAQ" + reply["data"][4:]} if "data" in reply else reply

    assert "output difference: element [0, 0] of f32 is" in played(INFER, changed).diagnosis
