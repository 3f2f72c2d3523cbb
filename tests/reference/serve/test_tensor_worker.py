"""The worker of the benchmark: the tensor in the body is what the network gets, however the body comes."""

from __future__ import annotations

import base64
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import small_ir

if TYPE_CHECKING:
    from serving import Serving

WORKER = (Path(__file__).resolve().parents[3] / "guests" / "prebuilt" / "tensor-worker.wasm").read_bytes()
TOML = """
[vars]
MODEL = "same"
SHAPE = "{}"
[features.wasi_nn]
[[features.wasi_nn.preload_models]]
backend = "openvino"
provider = {{ type = "local", dir = "_models/same" }}
"""
NO_UTF_8 = struct.pack("<4f", 1.0, -2.0, 3.0, 0.5)  # 1.0 ends with 80 3f
ESCAPED = struct.pack("<3f", 0.0, 2.0, 32.0) + b'"\\\n\0'  # text of which JSON escapes every kind


def answer(serving: Serving, body: bytes, elements: int) -> tuple[int, dict[str, object]]:
    serving.add("_models/same/model.xml", small_ir.identity("f32", (elements,)))
    serving.add("_models/same/model.bin", b"")
    serving.add("a.wasm", WORKER, TOML.format(elements))
    response = serving.client.post("/a", content=body)
    return response.status_code, response.json()


@pytest.mark.parametrize(
    "body",
    [NO_UTF_8, base64.b64encode(NO_UTF_8), b"\n" + base64.encodebytes(NO_UTF_8)],
    ids=["bytes", "base64", "base64-between-white-space"],
)
def test_bytes_and_base64(serving: Serving, body: bytes) -> None:
    assert answer(serving, body, 4) == (200, {"index": 2, "value": 3.0})


def test_bytes_that_are_text_with_escapes(serving: Serving) -> None:
    ESCAPED.decode()
    assert answer(serving, ESCAPED, 4) == (200, {"index": 2, "value": 32.0})


@pytest.mark.parametrize("elements", [1, 2, 3, 4094, 4095, 4096])
def test_the_last_element_arrives_whatever_the_padding(serving: Serving, elements: int) -> None:
    body = struct.pack(f"<{elements}f", *[-2.0] * (elements - 1), -1.0)
    assert answer(serving, body, elements) == (200, {"index": elements - 1, "value": -1.0})


def test_a_body_that_is_no_tensor_of_the_shape(serving: Serving) -> None:
    status, told = answer(serving, b"a tensor", 4)
    assert (status, list(told)) == (422, ["error"])
