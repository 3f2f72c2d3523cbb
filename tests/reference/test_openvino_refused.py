"""Models that are refused, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small_ir
import small_onnx
from openvino_graph import load, load_onnx
from small_ir import constant, graph, result

from wasi_nn_reference.errors import ErrorCode, WasiNnError

if TYPE_CHECKING:
    from pathlib import Path

    from wasi_nn_reference.backends.openvino.engine import OpenVino


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        (b"<net/>", b""),
        (b'<net name="m" version="11"></net>', b""),
        (small_ir.identity().replace(b'shape="1,4"', b'shape="1,q"'), b""),
        (small_ir.identity().replace(b'element_type="f32"', b'element_type="f33"'), b""),
        (small_ir.binary("Add").replace(b'to-layer="2" to-port="1"', b'to-layer="9" to-port="1"'), b""),
        (graph([constant("f32", (4,), 0, 16), result("f32", 0)]), bytes(15)),
        (small_ir.binary("Add", shape=(1, 4), other=(1, 3)), b""),
    ],
    ids=["empty", "no-layers", "shape", "type", "edge", "short-weights", "shapes-that-do-not-fit"],
)
def test_broken_ir(backend: OpenVino, model: bytes, weights: bytes) -> None:
    with pytest.raises(WasiNnError) as caught:
        load(backend, model, weights)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "model",
    [
        small_onnx.model(small_onnx.node("Relu", ("nowhere",), "y")),
        small_onnx.model(),
        small_onnx.field(1, 8) + small_onnx.field(7, b"\x0a\x7f"),
    ],
    ids=["dangling", "output-of-nothing", "malformed-inside"],
)
def test_broken_onnx(backend: OpenVino, model: bytes) -> None:
    with pytest.raises(WasiNnError) as caught:
        load_onnx(backend, model)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize("version", [1001, (1 << 63) - 1, 1 << 63])
def test_an_operator_set_that_the_reader_would_count_to_for_ever(backend: OpenVino, version: int) -> None:
    model = small_onnx.unary() + small_onnx.field(8, small_onnx.field(2, version))
    with pytest.raises(WasiNnError, match=f"version {version} of an operator set") as caught:
        load_onnx(backend, model)
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


@pytest.mark.parametrize("kind", ["Frobnicate", "NonsenseV2"])
def test_an_operator_that_ir_does_not_have(backend: OpenVino, kind: str) -> None:
    with pytest.raises(WasiNnError, match=kind) as caught:
        load(backend, small_ir.unary(kind))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_an_operator_set_that_ir_does_not_have(backend: OpenVino) -> None:
    with pytest.raises(WasiNnError) as caught:
        load(backend, small_ir.unary("Relu").replace(b'"opset1"', b'"opset99"'))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_an_operator_that_onnx_does_not_have(backend: OpenVino) -> None:
    with pytest.raises(WasiNnError, match="Frobnicate") as caught:
        load_onnx(backend, small_onnx.unary("Frobnicate"))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_onnx_does_not_reach_files(backend: OpenVino, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(16))
    add = small_onnx.node("Add", ("x", "w"), "y")
    with pytest.raises(WasiNnError, match="other files") as caught:
        load_onnx(backend, small_onnx.model(add, initializer=small_onnx.external_tensor(str(secret))))
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize("model", [b"<net/>", small_ir.unary("Frobnicate"), small_ir.unary("Sigmoid", "f64")])
def test_no_message_has_a_path(backend: OpenVino, model: bytes) -> None:
    with pytest.raises(WasiNnError) as caught:
        load(backend, model)
    assert "/" not in caught.value.message
    assert ".cpp" not in caught.value.message


@pytest.mark.parametrize("shape", [(2**31 - 1, 4), (2**16, 2**16), (2**26 + 1,)], ids=str)
def test_a_model_with_a_tensor_beyond_the_limit(backend: OpenVino, shape: tuple[int, ...]) -> None:
    with pytest.raises(WasiNnError, match=r"the tensor '.*' of .* 268435456 \(--max-tensor-bytes\)") as caught:
        load(backend, small_ir.identity(shape=shape))
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_a_model_with_a_tensor_at_the_limit(backend: OpenVino) -> None:
    assert load(backend, small_ir.identity(shape=(2**26,))).inputs[0].shape == (2**26,)
