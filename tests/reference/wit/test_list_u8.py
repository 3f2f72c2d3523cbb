"""Bytes in and out of the runtime's arrays of records, in bulk and one by one."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import _ffi as ffi

from wasi_nn_reference.abi.wit import list_u8

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_BYTES = bytes(range(256))


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    list_u8.is_bulk_safe.cache_clear()
    yield
    list_u8.is_bulk_safe.cache_clear()


def copied(data: bytes) -> bytes:
    """`data` written, copied by the C library, and read."""
    original, copy = list_u8.Record(), list_u8.Record()
    list_u8.write(original, data)
    ffi.wasmtime_component_val_clone(ctypes.byref(original), ctypes.byref(copy))
    try:
        return list_u8.read(copy)
    finally:
        for record in (original, copy):
            ffi.wasmtime_component_val_delete(ctypes.byref(record))


@given(st.binary(max_size=300))
def test_what_is_written_is_read(data: bytes) -> None:
    assert copied(data) == data


@pytest.mark.parametrize("size", [0, 1, 255, 65_537, 1_000_000])
def test_lengths(size: int) -> None:
    data = (ALL_BYTES * (size // 256 + 1))[:size]
    assert copied(data) == data


def test_this_build_of_wasmtime_has_the_records_that_it_declares(capfd: pytest.CaptureFixture[str]) -> None:
    assert list_u8.is_bulk_safe()
    assert capfd.readouterr().err == ""


def test_the_stock_conversion_reads_what_is_written() -> None:
    record = list_u8.Record()
    list_u8.write(record, ALL_BYTES)
    elements = [record.of.list.data[index] for index in range(record.of.list.size)]
    assert bytes(element.of.u8 for element in elements) == ALL_BYTES
    assert {element.kind for element in elements} == {ffi.WASMTIME_COMPONENT_U8.value}
    ffi.wasmtime_component_val_delete(ctypes.byref(record))


def test_reading_leaves_the_record_alone() -> None:
    record = list_u8.Record()
    list_u8.write(record, b"abc")
    assert [list_u8.read(record), list_u8.read(record)] == [b"abc", b"abc"]
    ffi.wasmtime_component_val_delete(ctypes.byref(record))


# Records that are not as declared


def went_slowly(capfd: pytest.CaptureFixture[str]) -> bool:
    assert copied(ALL_BYTES) == ALL_BYTES
    assert copied(b"once more") == b"once more"
    return capfd.readouterr().err.count("byte by byte, slowly") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("_VALUE", 16, id="value elsewhere"),
        pytest.param("_VALUE", 0, id="value in the place of the kind"),
        pytest.param("_VALUE", 40, id="value outside"),
        pytest.param("_KIND", 8, id="kind in the place of the value"),
        pytest.param("_STRIDE", 24, id="shorter records"),
    ],
)
def test_other_records_go_one_by_one_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str, value: int
) -> None:
    monkeypatch.setattr(list_u8, name, value)
    assert went_slowly(capfd)


def test_a_python_without_views_of_memory(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def missing() -> None:
        raise AttributeError("PyMemoryView_FromMemory")

    monkeypatch.setattr(list_u8, "_memory_view", missing)
    assert went_slowly(capfd)
