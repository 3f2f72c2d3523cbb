"""Runs: repeated, too long, and abandoned."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import small_ir
from openvino_graph import CPU, load, tensor

from wasi_nn_reference.backends import overrun
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.backends.openvino.engine import OpenVino


def test_an_output_that_is_an_input_shares_no_memory_with_it(backend: OpenVino) -> None:
    request = load(backend, small_ir.identity()).request()
    first = request.infer([tensor(np.array([[1, 2, 3, 4]], "<f4"))], 60)
    request.infer([tensor(np.array([[5, 6, 7, 8]], "<f4"))], 60)
    assert first == [tensor(np.array([[1, 2, 3, 4]], "<f4"))]


def test_many_runs_of_one_request_agree_with_numpy(backend: OpenVino) -> None:
    request = load(backend, small_ir.unary("Relu")).request()
    for value in range(-3, 4):
        given = np.full((1, 4), value, "<f4")
        assert request.infer([tensor(given)], 60) == [tensor(np.maximum(given, 0))]


def test_a_load_that_takes_too_long(backend: OpenVino) -> None:
    with pytest.raises(WasiNnError, match="did not finish") as caught:
        backend.load(GraphEncoding.OPENVINO, (small_ir.chain("Relu", 50), b""), CPU, 1e-6)
    assert caught.value.code is ErrorCode.TIMEOUT
    overrun.ABANDONED.pop()


def test_a_run_that_takes_too_long(backend: OpenVino) -> None:
    # 2 * 1024^3 operations in the shortest deadline there is, 1 ms, on one thread.
    request = load(backend, small_ir.binary("MatMul", shape=(1024, 1024))).request()
    ones = tensor(np.ones((1024, 1024), "<f4"))
    with pytest.raises(WasiNnError, match="did not finish") as caught:
        request.infer([ones, ones], 0.001)
    assert caught.value.code is ErrorCode.TIMEOUT
    overrun.ABANDONED.pop()


@pytest.mark.parametrize("states", [(), (False,), (True,), (False, True)])
def test_work_that_still_goes_on_is_known(monkeypatch: pytest.MonkeyPatch, states: tuple[bool, ...]) -> None:
    monkeypatch.setattr(overrun, "ABANDONED", [lambda state=state: state for state in states])
    assert overrun.work_was_abandoned() is any(states)


def test_an_engine_with_too_much_abandoned_work_is_busy(backend: OpenVino, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overrun, "ABANDONED", [lambda: True] * overrun.MAX_ABANDONED)
    with pytest.raises(WasiNnError, match="overran") as caught:
        load(backend, small_ir.identity())
    assert caught.value.code is ErrorCode.BUSY


def test_abandoned_work_that_has_ended_does_not_count(backend: OpenVino, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overrun, "ABANDONED", [lambda: False] * overrun.MAX_ABANDONED)
    assert load(backend, small_ir.identity()).inputs


def test_telemetry_is_never_imported() -> None:
    assert sys.modules["openvino_telemetry"] is None
