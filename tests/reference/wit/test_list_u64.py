"""Bytes in and out of the runtime's arrays of records, eight in each, in bulk and one by one."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import _ffi as ffi

from wasi_nn_reference.abi.wit import list_u8, list_u64

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_BYTES = bytes(range(256))


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()
    list_u64.is_bulk_safe.cache_clear()
    list_u8.is_bulk_safe.cache_clear()


def copied(data: bytes) -> bytes:
    """`data` written, copied by the C library, and read."""
    original, copy = list_u8.Record(), list_u8.Record()
    list_u64.write(original, data)
    ffi.wasmtime_component_val_clone(ctypes.byref(original), ctypes.byref(copy))
    try:
        return list_u64.read(copy)
    finally:
        for record in (original, copy):
            ffi.wasmtime_component_val_delete(ctypes.byref(record))


def elements(data: bytes) -> list[int]:
    """The words that `data` is written as, as the package sees them."""
    record = list_u8.Record()
    list_u64.write(record, data)
    values: Any = record.of.list
    found = [values.data[index].of.u64 for index in range(values.size)]
    ffi.wasmtime_component_val_delete(ctypes.byref(record))
    return found


@given(st.binary(max_size=300))
def test_what_is_written_is_read_and_filled_up_with_zeros(data: bytes) -> None:
    assert copied(data) == data + bytes(-len(data) % 8)


def test_the_first_byte_is_the_lowest() -> None:
    assert elements(bytes(range(1, 10))) == [0x0807060504030201, 9]


def test_a_view_is_written_as_bytes_are() -> None:
    assert elements(memoryview(ALL_BYTES)[3:14]) == elements(ALL_BYTES[3:14])  # type: ignore[arg-type]


def test_this_build_of_wasmtime_has_the_records_that_it_declares(capfd: pytest.CaptureFixture[str]) -> None:
    list_u64.is_bulk_safe.cache_clear()
    assert list_u64.is_bulk_safe()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param((list_u64, "_VALUE", 16), "word by word, slowly", id="value elsewhere"),
        pytest.param((list_u64, "_VALUE", 12), "word by word, slowly", id="value across words"),
        pytest.param((list_u64, "_STRIDE", 24), "word by word, slowly", id="shorter records"),
        pytest.param((list_u64, "_KIND_U64", 2), "word by word, slowly", id="another kind"),
        pytest.param((list_u8, "_VALUE", 16), "byte by byte, slowly", id="bytes are not safe either"),
    ],
)
def test_other_records_go_one_by_one_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], changed: tuple[Any, str, int], said: str
) -> None:
    list_u64.is_bulk_safe.cache_clear()
    list_u8.is_bulk_safe.cache_clear()
    monkeypatch.setattr(*changed)
    assert not list_u64.is_bulk_safe()
    monkeypatch.undo()
    assert copied(ALL_BYTES) == ALL_BYTES
    assert copied(b"once more") == b"once more" + bytes(7)
    assert capfd.readouterr().err.count(said) == 1
