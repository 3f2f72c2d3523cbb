"""Runs: repeated, and too long."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import small_ir
from openvino_graph import load, tensor

from wasi_nn_reference.errors import ErrorCode, WasiNnError

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


def test_a_run_that_takes_too_long(backend: OpenVino) -> None:
    # 2 * 1024^3 operations in the shortest deadline there is, 1 ms, on one thread.
    request = load(backend, small_ir.binary("MatMul", shape=(1024, 1024))).request()
    ones = tensor(np.ones((1024, 1024), "<f4"))
    with pytest.raises(WasiNnError, match="did not finish") as caught:
        request.infer([ones, ones], 0.001)
    assert caught.value.code is ErrorCode.TIMEOUT


def test_telemetry_is_never_imported() -> None:
    assert sys.modules["openvino_telemetry"] is None
