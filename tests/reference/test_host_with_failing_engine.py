"""The host over a backend that fails on demand: what no real engine does when asked to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import small_ir

from wasi_nn_reference.backends.backend import Port
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.host import ExecutionContext, Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE = Tensor(TensorType.F32, (1,), bytes(4))


@dataclass
class Engine:
    """Backend, graph and request in one; `failure` is raised by the next infer."""

    inputs = (Port("x", TensorType.F32, (1,)), Port("wide", TensorType.I64, (1,), narrow=True))
    outputs = (Port("y", TensorType.F32, (1,)),)
    failure: WasiNnError | None = None
    loads: int = 0
    requests: int = 0
    seen: list[tuple[int, float]] = field(default_factory=list)

    def load(self, encoding: object, builders: object, target: object, seconds: float) -> Engine:  # noqa: ARG002
        self.loads += 1
        return self

    def request(self) -> Engine:
        self.requests += 1
        return self

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        self.seen.append((len(inputs), seconds))
        if self.failure:
            raise self.failure
        return [inputs[0]]


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def failing_host(engine: Engine) -> Host:
    return Host({GraphEncoding.OPENVINO: engine}, NamedGraphs(), Limits(call_seconds=7))


@pytest.fixture
def context(failing_host: Host) -> ExecutionContext:
    graph = failing_host.load((small_ir.identity(), b""), GraphEncoding.OPENVINO, ExecutionTarget.CPU)
    made = failing_host.init_execution_context(graph)
    failing_host.set_input(made, 0, ONE)
    failing_host.set_input(made, 1, i64(0))
    return made


def i64(value: int) -> Tensor:
    return Tensor(TensorType.I64, (1,), value.to_bytes(8, "little", signed=True))


def test_the_engine_sees_nothing_before_all_inputs_are_set(failing_host: Host, engine: Engine) -> None:
    graph = failing_host.load((small_ir.identity(), b""), GraphEncoding.OPENVINO, ExecutionTarget.CPU)
    with pytest.raises(WasiNnError):
        failing_host.compute(failing_host.init_execution_context(graph))
    assert (engine.requests, engine.seen) == (0, [])


def test_the_engine_gets_the_deadline(failing_host: Host, engine: Engine, context: ExecutionContext) -> None:
    failing_host.compute(context)
    assert engine.seen == [(2, 7)]


def test_a_failed_compute_drops_the_outputs_before(
    failing_host: Host, engine: Engine, context: ExecutionContext
) -> None:
    failing_host.compute(context)
    engine.failure = WasiNnError(ErrorCode.RUNTIME_ERROR, "broken")
    with pytest.raises(WasiNnError, match="broken"):
        failing_host.compute(context)
    with pytest.raises(WasiNnError, match="no output"):
        failing_host.get_output(context, 0)


def test_a_missing_input_drops_nothing_of_another_context(failing_host: Host, context: ExecutionContext) -> None:
    failing_host.compute(context)
    with pytest.raises(WasiNnError):
        failing_host.compute(failing_host.init_execution_context(context.graph))
    assert failing_host.get_output(context, 0) == ONE


def test_a_request_is_used_again(failing_host: Host, engine: Engine, context: ExecutionContext) -> None:
    failing_host.compute(context)
    failing_host.compute(context)
    assert engine.requests == 1


def test_a_request_that_failed_is_not_used_again(failing_host: Host, engine: Engine, context: ExecutionContext) -> None:
    engine.failure = WasiNnError(ErrorCode.TIMEOUT, "late")
    with pytest.raises(WasiNnError, match="late"):
        failing_host.compute(context)
    engine.failure = None
    failing_host.compute(context)
    assert engine.requests == 2


@pytest.mark.parametrize("value", [-(2**31) - 1, 2**31, 2**63 - 1, -(2**63)])
def test_a_narrow_port_refuses_what_32_bits_do_not_hold(
    failing_host: Host, context: ExecutionContext, value: int
) -> None:
    with pytest.raises(WasiNnError) as caught:
        failing_host.set_input(context, 1, i64(value))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


@pytest.mark.parametrize("value", [-(2**31), 2**31 - 1])
def test_a_narrow_port_takes_what_32_bits_hold(failing_host: Host, context: ExecutionContext, value: int) -> None:
    failing_host.set_input(context, 1, i64(value))
    assert context.inputs[1] == i64(value)
