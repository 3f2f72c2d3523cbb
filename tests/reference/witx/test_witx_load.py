"""load and load_by_name: every errno, the order of the checks, and what is written."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
import small_ir
import small_onnx
from direct_guest import (
    BAD_WORDS,
    END,
    INVALID_ARGUMENT,
    INVALID_ENCODING,
    IR,
    MEMORY_SIZE,
    NOT_FOUND,
    OK,
    SENTINEL,
    TOO_LARGE,
    UNSUPPORTED,
    DirectGuest,
    unchanged,
)

from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs

if TYPE_CHECKING:
    from openvino_graph import Backends


def test_load_writes_a_handle(guest: DirectGuest) -> None:
    assert guest.load(IR, b"") != SENTINEL


@pytest.mark.parametrize("encoding", [0, 5])
def test_load_of_ir(guest: DirectGuest, encoding: int) -> None:
    guest.load(IR, b"", encoding=encoding)


@pytest.mark.parametrize("encoding", [1, 5])
def test_load_of_onnx(guest: DirectGuest, encoding: int) -> None:
    guest.load(small_onnx.unary(), encoding=encoding)


@pytest.mark.parametrize(
    ("models", "encoding", "target", "errno"),
    [
        ((), 0, 0, INVALID_ARGUMENT),
        ((IR,), 0, 0, INVALID_ARGUMENT),
        ((IR, b"", b""), 0, 0, INVALID_ARGUMENT),
        ((small_onnx.unary(), b""), 1, 0, INVALID_ARGUMENT),
        ((b"", b""), 0, 0, INVALID_ENCODING),
        ((b"garbage", b""), 0, 0, INVALID_ENCODING),
        ((small_onnx.unary(), b""), 0, 0, INVALID_ENCODING),
        ((IR,), 1, 0, INVALID_ENCODING),
        ((b"garbage",), 5, 0, INVALID_ENCODING),
        ((IR, b""), 2, 0, INVALID_ENCODING),
        ((IR, b""), 3, 0, INVALID_ENCODING),
        ((IR, b""), 4, 0, INVALID_ENCODING),
        ((IR, b""), 6, 0, INVALID_ARGUMENT),
        ((IR, b""), 256, 0, INVALID_ARGUMENT),
        ((IR, b""), 0xFFFFFFFF, 0, INVALID_ARGUMENT),
        ((IR, b""), -1, 0, INVALID_ARGUMENT),
        ((IR, b""), 0, 1, UNSUPPORTED),
        ((IR, b""), 0, 2, UNSUPPORTED),
        ((IR, b""), 0, 3, INVALID_ARGUMENT),
        ((IR, b""), 0, 256, INVALID_ARGUMENT),
        ((small_ir.unary("Frobnicate"), b""), 0, 0, UNSUPPORTED),
        ((b"<net/>", b""), 0, 0, INVALID_ARGUMENT),
    ],
)
def test_load_fails(guest: DirectGuest, models: tuple[bytes, ...], encoding: int, target: int, errno: int) -> None:
    records, slot = guest.builders(*models), guest.slot()
    assert unchanged(guest, "load", records, len(models), encoding, target, slot) == errno


@pytest.mark.parametrize("count", [17, 2**29, 2**31, 2**32 - 1, -1])
def test_load_of_too_many_builders(guest: DirectGuest, count: int) -> None:
    assert unchanged(guest, "load", guest.builders(IR, b""), count, 0, 0, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("pointer", [*BAD_WORDS, END - 8])
def test_load_with_builders_outside_memory(guest: DirectGuest, pointer: int) -> None:
    assert unchanged(guest, "load", pointer, 2, 0, 0, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    "record", [(16, 2**31), (16, 2**32 - 1), (END, 1), (END + 1, 0), (2**32 - 1, 1), (2**32 - 16, 32)]
)
def test_load_with_a_builder_outside_memory(guest: DirectGuest, record: tuple[int, int]) -> None:
    records = guest.place(struct.pack("<IIII", *record, 16, 0))
    assert unchanged(guest, "load", records, 2, 0, 0, guest.slot()) == INVALID_ARGUMENT


def test_load_of_builders_that_lie_over_each_other(backends: Backends) -> None:
    guest = DirectGuest(Host(backends, NamedGraphs(), Limits(model_bytes=MEMORY_SIZE)))
    records = guest.place(struct.pack("<IIII", 0, MEMORY_SIZE, 0, 1))
    assert unchanged(guest, "load", records, 2, 0, 0, guest.slot()) == TOO_LARGE


@pytest.mark.parametrize("slot", BAD_WORDS)
def test_load_checks_its_result_pointer_first(guest: DirectGuest, monkeypatch: pytest.MonkeyPatch, slot: int) -> None:
    monkeypatch.setattr(Host, "load", lambda *_: pytest.fail("the host was asked"))
    assert unchanged(guest, "load", guest.builders(IR, b""), 2, 0, 0, slot) == INVALID_ARGUMENT


def test_load_by_name(guest: DirectGuest) -> None:
    slot = guest.slot()
    assert guest.call("load_by_name", guest.place(b"digits"), 6, slot) == OK
    assert guest.call("init_execution_context", guest.word(slot), guest.slot()) == OK


def test_each_load_by_name_gives_a_new_handle(guest: DirectGuest) -> None:
    slots = [guest.slot(), guest.slot()]
    for slot in slots:
        assert guest.call("load_by_name", guest.place(b"digits"), 6, slot) == OK
    assert guest.word(slots[0]) != guest.word(slots[1])


@pytest.mark.parametrize("name", [b"", b"letters", b"digits\0", b"..", b"/etc/passwd", b"x" * 5000, "zahlé".encode()])
def test_a_name_that_is_not_registered(guest: DirectGuest, name: bytes) -> None:
    assert unchanged(guest, "load_by_name", guest.place(name), len(name), guest.slot()) == NOT_FOUND


@pytest.mark.parametrize("name", [b"\xff", b"digits\xc3", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_a_name_that_is_not_utf_8(guest: DirectGuest, name: bytes) -> None:
    assert unchanged(guest, "load_by_name", guest.place(name), len(name), guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize(("pointer", "length"), [(END, 1), (END + 1, 0), (0, END + 1), (0, 2**32 - 1), (2**32 - 1, 2)])
def test_a_name_outside_memory(guest: DirectGuest, pointer: int, length: int) -> None:
    assert unchanged(guest, "load_by_name", pointer, length, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("slot", BAD_WORDS)
def test_load_by_name_checks_its_result_pointer(guest: DirectGuest, slot: int) -> None:
    assert unchanged(guest, "load_by_name", guest.place(b"digits"), 6, slot) == INVALID_ARGUMENT
