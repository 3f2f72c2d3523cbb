"""`list<u64>` between wasmtime's C API and bytes, in bulk: as `list_u8`, with eight bytes in each element.

The first byte is in an element's lowest bits. Views of memory have them in that order on the processors for which
there is a wasmtime package, all little-endian; the first use makes sure of it.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

from wasmtime import _ffi as ffi

from wasi_nn_reference.abi.wit import list_u8
from wasi_nn_reference.abi.wit.list_u8 import Record
from wasi_nn_reference.console import note

SIZE = 8  # bytes of an element
_KIND_U64 = ffi.WASMTIME_COMPONENT_U64.value
_STRIDE = ctypes.sizeof(Record)
_Union: Any = ffi.wasmtime_component_valunion
_VALUE = Record.of.offset + _Union.u64.offset
_PROOF = bytes(range(256))


def read(record: Any) -> bytes:
    """Return a copy of the bytes of `record`, a list of u64; the record stays as it is."""
    values = record.of.list
    if not values.size:
        return b""
    return _read_bulk(values) if is_bulk_safe() else _read_slowly(values)


def write(record: Any, data: bytes | memoryview) -> None:
    """Make `record`, which holds nothing that must be freed, a list of u64; zeros fill the last one up."""
    padded = bytes(data) + bytes(-len(data) % SIZE) if len(data) % SIZE else data
    values = ffi.wasmtime_component_vallist_t()
    ffi.wasmtime_component_vallist_new_uninit(ctypes.byref(values), len(padded) // SIZE)
    if padded:
        (_write_bulk if is_bulk_safe() else _write_slowly)(values, padded)
    record.kind = ffi.WASMTIME_COMPONENT_LIST
    record.of.list = values


def _read_bulk(values: Any) -> bytes:
    view = list_u8.view(values, values.size, list_u8.READ)
    return view.cast("Q")[_VALUE // SIZE :: _STRIDE // SIZE].tobytes()


def _write_bulk(values: Any, data: bytes | memoryview) -> None:
    view = list_u8.view(values, values.size, list_u8.WRITE)
    view[Record.kind.offset :: _STRIDE] = bytes([_KIND_U64]) * values.size
    view.cast("Q")[_VALUE // SIZE :: _STRIDE // SIZE] = memoryview(data).cast("Q")


def _read_slowly(values: Any) -> bytes:
    return b"".join(values.data[index].of.u64.to_bytes(SIZE, "little") for index in range(values.size))


def _write_slowly(values: Any, data: bytes | memoryview) -> None:
    for index in range(values.size):
        values.data[index].kind = _KIND_U64
        values.data[index].of.u64 = int.from_bytes(data[index * SIZE : (index + 1) * SIZE], "little")


@cache
def is_bulk_safe() -> bool:
    """Return whether a slice finds what the C library writes, and the library what a slice writes."""
    if not list_u8.is_bulk_safe():
        return False
    try:
        safe = _VALUE % SIZE == _STRIDE % SIZE == 0 and 0 <= _VALUE < _STRIDE and _survives_a_copy()
    except (AttributeError, TypeError, ValueError):
        safe = False
    if not safe:
        note("this build of wasmtime has other records than expected: tensors of components go word by word, slowly")
    return safe


def _survives_a_copy() -> bool:
    """Let the library copy a list, and read the copy in both ways."""
    original, copy = Record(), Record()
    values = ffi.wasmtime_component_vallist_t()
    ffi.wasmtime_component_vallist_new_uninit(ctypes.byref(values), len(_PROOF) // SIZE)
    _write_bulk(values, _PROOF)
    original.kind = ffi.WASMTIME_COMPONENT_LIST
    original.of.list = values
    ffi.wasmtime_component_val_clone(ctypes.byref(original), ctypes.byref(copy))
    try:
        copied = copy.of.list
        return bool(
            copied.size == len(_PROOF) // SIZE
            and {copied.data[index].kind for index in range(copied.size)} == {_KIND_U64}
            and _read_slowly(copied) == _PROOF
            and _read_bulk(copied) == _PROOF
        )
    finally:
        ffi.wasmtime_component_val_delete(ctypes.byref(copy))
        ffi.wasmtime_component_val_delete(ctypes.byref(original))
