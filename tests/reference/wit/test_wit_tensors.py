"""The tensor resource: what its constructor is given, its getters give back."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

import pytest
import small_ir
from wit_probe import TAGS, context, load, tensor

if TYPE_CHECKING:
    from wit_probe import Probe, Request, Talk

GETTERS: list[Request] = [
    {"call": "tensor_dimensions", "tensor": "t"},
    {"call": "tensor_ty", "tensor": "t"},
    {"call": "tensor_data", "tensor": "t"},
]


def gotten(talk: Talk) -> tuple[list[int], str, bytes]:
    assert talk.trap == ""
    dimensions, kind, data = talk.replies[-3:]
    return dimensions["dims"], kind["type"], base64.b64decode(data["data"])


@pytest.mark.parametrize(
    ("kind", "size"), [("FP16", 2), ("FP32", 4), ("FP64", 8), ("BF16", 2), ("U8", 1), ("I32", 4), ("I64", 8)]
)
def test_every_type(probe: Probe, kind: str, size: int) -> None:
    data = bytes(range(6 * size))
    assert gotten(probe(tensor(data, (2, 3), kind), GETTERS)) == ([2, 3], kind, data)


@pytest.mark.parametrize(
    ("dims", "data"),
    [
        pytest.param((), b"", id="empty lists"),
        pytest.param((0, 4), b"", id="no elements"),
        pytest.param((4,), b"abc", id="data too short"),
        pytest.param((1,), b"abc", id="data too long"),
        pytest.param((0xFFFFFFFF, 0xFFFFFFFF), b"", id="overflow"),
        pytest.param((1,) * 300, b"a", id="rank beyond any model"),
    ],
)
def test_a_tensor_is_given_back_however_odd(probe: Probe, dims: tuple[int, ...], data: bytes) -> None:
    assert gotten(probe(tensor(data, dims, "U8"), GETTERS)) == (list(dims), "U8", data)


@pytest.mark.parametrize("tag", TAGS[-1:])
@pytest.mark.parametrize("size", [65536, 600_000])
def test_a_large_tensor(probe: Probe, size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    assert gotten(probe(tensor(data, (size,), "U8"), GETTERS)) == ([size], "U8", data)


def test_getters_can_be_called_again(probe: Probe) -> None:
    talk = probe(tensor(b"abcd", (4,), "U8"), GETTERS, GETTERS)
    assert talk.replies[1:4] == talk.replies[4:7]
    assert talk.alive == {"tensor": 1}


NANS = struct.pack("<4I", 0x7FC00001, 0xFFC12345, 0x7F800001, 0xFFFFFFFF)


def test_payloads_of_nan_pass_bit_by_bit(probe: Probe) -> None:
    talk = probe(
        load(small_ir.identity(), b""),
        context(),
        probe.infer("c", {"x": tensor(NANS, (1, 4))}, ("x",)),
    )
    assert probe.outputs(talk, ("x",)) == [("x", [1, 4], "FP32", NANS)]


@pytest.mark.parametrize(
    ("dims", "kind", "data"),
    [
        pytest.param((1, 4), "FP32", bytes(15), id="too short"),
        pytest.param((1, 4), "FP32", bytes(17), id="too long"),
        pytest.param((1, 4), "FP32", b"", id="no data"),
        pytest.param((4, 1), "FP32", bytes(16), id="another shape of that length"),
        pytest.param((1, 4), "I32", bytes(16), id="another type of that length"),
        pytest.param((1, 8), "BF16", bytes(16), id="another type and shape of that length"),
        pytest.param((0xFFFFFFFF,) * 4, "FP32", bytes(16), id="overflow"),
        pytest.param((1,) * 9, "FP32", bytes(4), id="rank of nine"),
    ],
)
def test_an_input_that_does_not_fit_is_an_error(probe: Probe, dims: tuple[int, ...], kind: str, data: bytes) -> None:
    talk = probe(
        load(small_ir.identity(), b""),
        context(),
        probe.infer("c", {"x": tensor(data, dims, kind)}, ()),
    )
    failed = [reply for reply in talk.replies if reply.get("result") == "err"]
    assert [reply["code"] for reply in failed][:1] == ["invalid-argument"]
    assert talk.trap == ""


def test_a_scalar_is_one_element(probe: Probe) -> None:
    one = struct.pack("<f", 1.5)
    talk = probe(load(small_ir.identity(shape=()), b""), context(), probe.infer("c", {"x": tensor(one, (1,))}, ("x",)))
    assert probe.outputs(talk, ("x",)) == [("x", [1], "FP32", one)]


def test_no_elements_go_through_a_model(probe: Probe) -> None:
    talk = probe(
        load(small_ir.identity(shape=(-1, 4)), b""),
        context(),
        probe.infer("c", {"x": tensor(b"", (0, 4))}, ("x",)),
    )
    assert probe.outputs(talk, ("x",)) == [("x", [0, 4], "FP32", b"")]
