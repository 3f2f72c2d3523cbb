"""The numbers of the ABI."""

from __future__ import annotations

import pytest
from direct_guest import IR, DirectGuest

from wasi_nn_reference.abi.witx.values import ERRNO, EXECUTION_TARGETS, GRAPH_ENCODINGS, TENSOR_TYPES
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.host import Host


def test_errnos() -> None:
    numbers = {code.value: number for code, number in ERRNO.items()}
    assert numbers == {
        "invalid_argument": 1,
        "invalid_encoding": 2,
        "missing_memory": 3,
        "busy": 4,
        "timeout": 4,
        "runtime_error": 5,
        "unknown": 5,
        "unsupported_operation": 6,
        "security": 6,
        "too_large": 7,
        "not_found": 8,
    }


def test_tensor_types() -> None:
    assert [TENSOR_TYPES["2023"][n].value for n in range(6)] == ["f16", "f32", "f64", "u8", "i32", "i64"]


def test_tensor_types_of_2022() -> None:
    assert {n: t.value for n, t in TENSOR_TYPES["2022"].items()} == {0: "f16", 1: "f32", 2: "u8", 3: "i32"}


def test_encodings() -> None:
    names = [GRAPH_ENCODINGS[n].value for n in range(6)]
    assert names == ["openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "autodetect"]


def test_targets() -> None:
    assert [EXECUTION_TARGETS[n].value for n in range(3)] == ["cpu", "gpu", "tpu"]


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_an_errno(guest: DirectGuest, monkeypatch: pytest.MonkeyPatch, code: ErrorCode) -> None:
    def fail(*_: object) -> None:
        raise WasiNnError(code, "")

    monkeypatch.setattr(Host, "compute", fail)
    assert guest.call("compute", guest.context(guest.load(IR, b""))) == ERRNO[code] != 0
