import struct
from typing import Any

import numpy as np
import pytest

from wasi_nn_conformance.models import ElementType
from wasi_nn_conformance.session.state import no_paths
from wasi_nn_conformance.vectors.tensor import byte_string, tensor_literal

F32, F64, F16, BF16, U8 = map(ElementType, ("f32", "f64", "f16", "bf16", "u8"))


def written(kind: Any, shape: list[int], data: Any) -> dict[str, Any]:
    return {"type": kind, "shape": shape, "data": data}


@pytest.mark.parametrize(
    ("kind", "shape", "data", "octets"),
    [
        ("f32", [1, 2], [1, -2.5], struct.pack("<2f", 1, -2.5)),
        ("f16", [1], [0.5], struct.pack("<e", 0.5)),
        ("f64", [1], [0.1], struct.pack("<d", 0.1)),
        ("bf16", [2], [1, -2], bytes.fromhex("803f 00c0")),
        ("u8", [3], [0, 1, 255], bytes([0, 1, 255])),
        ("i32", [1], [-2], struct.pack("<i", -2)),
        ("i64", [1], [2**40], struct.pack("<q", 2**40)),
        ("f32", [], [7], struct.pack("<f", 7)),
        ("f32", [0, 4], [], b""),
        ("i32", [2, 2], "zeros", bytes(16)),
        ("i32", [2, 2], "range", struct.pack("<4i", 0, 1, 2, 3)),
        ("i32", [2, 2], "range-but-last", struct.pack("<4i", 0, 1, 2, 0)),
        ("u8", [1], "range-but-last", bytes(1)),
        ("f32", [2], "hex:01 02 03", bytes([1, 2, 3])),
        ("f32", [2], "5 bytes", bytes(5)),
        ({"raw": 6}, [2], "hex:0a0b", bytes([10, 11])),
        ({"raw": 6}, [2], "3 bytes", bytes(3)),
        ("f32", [0xFFFFFFFF, 0xFFFFFFFF], "hex:00", bytes(1)),
    ],
)
def test_literal_gives_little_endian_bytes(kind: Any, shape: list[int], data: Any, octets: bytes) -> None:
    assert tensor_literal(written(kind, shape, data)).data == octets


@pytest.mark.parametrize("kind", ["f16", "bf16", "f32", "f64"])
def test_nan_payloads_are_nans_all_different(kind: str) -> None:
    element = ElementType(kind)
    bits = np.frombuffer(tensor_literal(written(kind, [4], "nan-payload")).data, f"<u{element.size}").tolist()
    exponent = {"f16": 0x7C00, "bf16": 0x7F80, "f32": 0x7F800000, "f64": 0x7FF0000000000000}[kind]
    mantissa = exponent & -exponent  # the lowest bit of the exponent is just above the mantissa
    nans = [pattern for pattern in bits if pattern & exponent == exponent and pattern & (mantissa - 1)]
    assert len(set(nans)) == 4


def test_nan_payloads_have_a_signalling_one() -> None:
    bits = np.frombuffer(tensor_literal(written("f32", [4], "nan-payload")).data, "<u4")
    assert [hex(pattern) for pattern in bits.tolist() if not pattern & 0x00400000] == ["0x7f800001"]


def test_nan_payloads_fill_any_shape() -> None:
    assert len(tensor_literal(written("f64", [2, 3], "nan-payload")).data) == 48


@pytest.mark.parametrize(
    ("kind", "shape", "data", "complaint"),
    [
        ("u8", [1], [256], "not all of the numbers fit into u8"),
        ("i32", [1], [0.5], "0.5 is not held exactly by i32"),
        ("f16", [1], [2049], "2049 is not held exactly by f16"),
        ("f32", [2, 2], [1, 2, 3], r"3 numbers for the shape \[2, 2\]"),
        ("u8", [2], "nan-payload", "u8 has no NaN"),
        ("u8", [300], "range", "not all of the numbers fit into u8"),
        ({"raw": 6}, [1], [1], "takes data as `hex:` or `N bytes`"),
        ({"raw": 6}, [1], "zeros", "`zeros` needs a known element type"),
        ("f32", [0xFFFFFFFF, 0xFFFFFFFF], "zeros", "bytes are more than the 67108864"),
        ("f32", [1], "99999999999 bytes", "99999999999 bytes are more than the 67108864"),
    ],
)
def test_a_literal_that_does_not_fit_is_refused(kind: Any, shape: list[int], data: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        tensor_literal(written(kind, shape, data))


@pytest.mark.parametrize(
    ("data", "exact"), [("hex:0000c07f", True), ("nan-payload", True), ("zeros", False), ([1], False)]
)
def test_bits_are_exact_where_they_are_written(data: Any, exact: bool) -> None:
    assert tensor_literal(written("f32", [1], data)).exact_bits is exact


@pytest.mark.parametrize(
    ("kind", "data", "consistent"),
    [("f32", "8 bytes", True), ("f32", "7 bytes", False), ({"raw": 1}, "8 bytes", False)],
)
def test_a_literal_knows_whether_its_bytes_fit_its_shape(kind: Any, data: str, consistent: bool) -> None:
    assert tensor_literal(written(kind, [2], data)).is_consistent is consistent


def test_values_of_a_literal() -> None:
    assert tensor_literal(written("i32", [2, 1], [3, 4])).array.tolist() == [[3], [4]]


def builder(model: str, part: int, encoding: str | None) -> bytes:
    return f"{model}/{part}/{encoding}".encode()


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ({"hex": "0a 0B"}, b"\x0a\x0b"),
        ({"text": "ä"}, b"\xc3\xa4"),
        ({"zeros": 3}, bytes(3)),
        ({"tensor": {"type": "u8", "shape": [2], "data": [1, 2]}}, b"\x01\x02"),
        ({"model": "m", "part": 1}, b"m/1/None"),
        ({"model": "m", "part": 0, "encoding": "onnx"}, b"m/0/onnx"),
        ({"model": "m", "part": 0, "keep": 3}, b"m/0"),
        ({"model": "m", "part": 0, "keep": -4}, b"m/0/"),
        ({"model": "m", "part": 0, "keep": 2, "flip": 1}, b"m\xd0"),
        ({"model": "m", "part": 0, "from": -4}, b"None"),
        ({"parts": [{"text": "a"}, {"model": "m", "part": 0, "keep": 1}, {"zeros": 1}]}, b"am\0"),
        ({"sized": {"text": "abc"}}, b"\x03abc"),
        ({"sized": {"zeros": 300}}, b"\xac\x02" + bytes(300)),
        ({"path": {"model": "m"}}, b"/models/m"),
    ],
)
def test_byte_string(text: dict[str, Any], octets: bytes) -> None:
    assert byte_string(text, builder, lambda of: f"/models/{of['model']}") == octets


def test_a_flip_outside_the_builder_is_refused() -> None:
    with pytest.raises(ValueError, match="the builder has 8 bytes, no byte 8"):
        byte_string({"model": "m", "part": 0, "flip": 8}, builder, no_paths)


def test_without_a_machine_there_is_no_path() -> None:
    with pytest.raises(ValueError, match="is known to a run alone"):
        byte_string({"path": {"model": "m"}}, builder, no_paths)


def test_more_dimensions_than_numpy_has_make_no_array() -> None:
    assert tensor_literal(written("u8", [1] * 64, [7])).is_consistent
    assert not tensor_literal(written("u8", [1] * 65, [7])).is_consistent
