"""set_input: every errno, and which tensors it takes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
import small_ir
from direct_guest import (
    BAD_WORDS,
    END,
    F32,
    INVALID_ARGUMENT,
    IR,
    NO_HANDLES,
    OK,
    ONES,
    TOO_LARGE,
    DirectGuest,
    unchanged,
)

from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs

if TYPE_CHECKING:
    from openvino_graph import Backends


def test_the_padding_of_a_tensor_means_nothing(guest: DirectGuest, context: int) -> None:
    tensor = guest.tensor((1, 4), F32, ONES, padding=b"\xff\xff\xff")
    assert guest.call("set_input", context, 0, tensor) == OK


def test_what_the_guest_does_to_its_bytes_later_has_no_effect(guest: DirectGuest, context: int) -> None:
    data = guest.place(ONES)
    record = guest.place(struct.pack("<IIIII", guest.place(struct.pack("<II", 1, 4)), 2, F32, data, 16))
    assert guest.call("set_input", context, 0, record) == OK
    guest.place(bytes(16), at=data)
    guest.place(bytes(20), at=record)
    assert guest.call("compute", context) == OK
    buffer = guest.place(bytes(16))
    assert guest.call("get_output", context, 0, buffer, 16, guest.slot()) == OK
    assert guest.everything[buffer : buffer + 16] == ONES


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_set_input_of_no_context(guest: DirectGuest, context: int, handle: int) -> None:
    assert context != handle
    assert unchanged(guest, "set_input", handle, 0, guest.tensor((1, 4), F32, ONES)) == INVALID_ARGUMENT


@pytest.mark.parametrize("index", [1, 2, 2**31, 2**32 - 1, -1])
def test_set_input_that_is_not_there(guest: DirectGuest, context: int, index: int) -> None:
    assert unchanged(guest, "set_input", context, index, guest.tensor((1, 4), F32, ONES)) == INVALID_ARGUMENT


@pytest.mark.parametrize("number", [0, 2, 3, 4, 5, 6, 17, 255])
def test_a_tensor_of_another_or_no_type(guest: DirectGuest, context: int, number: int) -> None:
    assert unchanged(guest, "set_input", context, 0, guest.tensor((1, 4), number, ONES)) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("dims", "data"),
    [
        ((1, 4), ONES[:-1]),
        ((1, 4), ONES + b"\0"),
        ((1, 4), b""),
        ((4, 1), ONES),
        ((4,), ONES),
        ((1, 0), b""),
        ((), ONES[:4]),
        ((2**32 - 1, 2**32 - 1), ONES),
        ((2**31, 2), b""),
        ((2**16, 2**16), b""),
        ((1,) * 9, ONES),
        ((2**32 - 1,) * 8, ONES),
    ],
)
def test_a_tensor_that_does_not_fit(guest: DirectGuest, context: int, dims: tuple[int, ...], data: bytes) -> None:
    assert unchanged(guest, "set_input", context, 0, guest.tensor(dims, F32, data)) == INVALID_ARGUMENT


@pytest.mark.parametrize("pointer", [*BAD_WORDS, END - 16])
def test_a_tensor_outside_memory(guest: DirectGuest, context: int, pointer: int) -> None:
    assert unchanged(guest, "set_input", context, 0, pointer) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    "record",
    [
        (END, 2, F32, 16, 16),
        (END - 4, 2, F32, 16, 16),
        (18, 2, F32, 16, 16),
        (16, 2**32 - 1, F32, 16, 16),
        (16, 2**30, F32, 16, 16),
        (16, 2, F32, END, 16),
        (16, 2, F32, END - 15, 16),
        (16, 2, F32, 2**32 - 1, 16),
        (16, 2, F32, 16, 2**32 - 1),
    ],
)
def test_a_tensor_whose_parts_are_outside_memory(guest: DirectGuest, context: int, record: tuple[int, ...]) -> None:
    guest.place(struct.pack("<II", 1, 4), at=16)
    assert unchanged(guest, "set_input", context, 0, guest.place(struct.pack("<IIIII", *record))) == INVALID_ARGUMENT


def test_data_need_no_alignment(guest: DirectGuest, context: int) -> None:
    data = guest.place(b"\0" + ONES) + 1
    dims = guest.place(struct.pack("<II", 1, 4))
    record = guest.place(struct.pack("<IIIII", dims, 2, F32, data, 16))
    assert guest.call("set_input", context, 0, record) == OK


def test_a_tensor_at_the_very_end_of_memory(guest: DirectGuest, context: int) -> None:
    data = guest.place(ONES, at=END - 20 - 8 - 16)
    dims = guest.place(struct.pack("<II", 1, 4), at=END - 20 - 8)
    record = guest.place(struct.pack("<IIIII", dims, 2, F32, data, 16), at=END - 20)
    assert guest.call("set_input", context, 0, record) == OK


def test_a_tensor_beyond_the_limit(backends: Backends) -> None:
    guest = DirectGuest(Host(backends, NamedGraphs(), Limits(tensor_bytes=15)))
    made = guest.context(guest.load(IR, b""))
    assert unchanged(guest, "set_input", made, 0, guest.tensor((1, 4), F32, ONES)) == TOO_LARGE


def test_the_numbering_of_2022(host: Host) -> None:
    guest = DirectGuest(host, "2022")
    made = guest.context(guest.load(small_ir.identity("u8"), b""))
    assert guest.call("set_input", made, 0, guest.tensor((1, 4), 2, b"abcd")) == OK
    assert guest.call("set_input", made, 0, guest.tensor((1, 4), 3, b"abcd")) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("numbering", "given", "said"),
    [
        ("2023", (F32, 12), "12 bytes do not make a tensor of f32 [1, 4]"),
        ("2023", (2, 4), "f64 [1, 4]; by the numbers of 2022 its type is u8, and they do: --tensor-types 2022"),
        ("2023", (3, 16), "u8 [1, 4]; by the numbers of 2022 its type is i32, and they do: --tensor-types 2022"),
        ("2023", (2, 5), "5 bytes do not make a tensor of f64 [1, 4]"),
        ("2022", (3, 4), "i32 [1, 4]; by the numbers of 2023 its type is u8, and they do: --tensor-types 2023"),
    ],
)
def test_a_length_that_does_not_fit_is_told_with_the_type(
    host: Host, capfd: pytest.CaptureFixture[str], numbering: str, given: tuple[int, int], said: str
) -> None:
    number, size = given
    guest = DirectGuest(host, numbering, verbose=True)
    made = guest.context(guest.load(IR, b""))
    assert guest.call("set_input", made, 0, guest.tensor((1, 4), number, bytes(size))) == INVALID_ARGUMENT
    assert capfd.readouterr().err.endswith(f"{said}\n")
