"""`list<u8>` between wasmtime's C API and bytes, in bulk.

The C API has no form of its own for a list of bytes: it is an array of `wasmtime_component_val_t`,
one record of 32 bytes (a kind and a union) for each byte. wasmtime-py visits every record through
ctypes, which takes two seconds for an image of 600 KB in and out. Here one strided slice reads or
writes the bytes of all records at once.

Strides and offsets are those of wasmtime-py's own declaration of the record. Because a slice would
not notice a declaration that is wrong, the first use takes a list through the C library and back;
if that fails, lists go record by record, slowly, and one line on standard error says so.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any

from wasmtime import _ffi as ffi

from wasi_nn_reference.console import note

if TYPE_CHECKING:
    from collections.abc import Callable

# What wasmtime calls `wasmtime_component_val_t`, declared by ctypes; every value has this form.
Record: Any = ffi.wasmtime_component_val_t
_Union: Any = ffi.wasmtime_component_valunion

_KIND_LIST = ffi.WASMTIME_COMPONENT_LIST.value
_KIND_U8 = ffi.WASMTIME_COMPONENT_U8.value
_STRIDE = ctypes.sizeof(Record)  # bytes from one record of an array to the next
_KIND = Record.kind.offset
_VALUE = Record.of.offset + _Union.u8.offset
_ALL_BYTES = bytes(range(256))
READ, WRITE = 0x100, 0x200  # of CPython's object.h, which gives them no name in Python


def read(record: Any) -> bytes:
    """Return a copy of the bytes of `record`, a list of u8; the record stays as it is."""
    values = record.of.list
    return _read_records(values, values.size) if values.size else b""


def write(record: Any, data: bytes) -> None:
    """Make `record`, which holds nothing that must be freed, a list of u8.

    The list's memory comes from the C API, which frees it with the record.
    """
    values = ffi.wasmtime_component_vallist_t()
    ffi.wasmtime_component_vallist_new_uninit(ctypes.byref(values), len(data))
    if data:
        _write_records(values, data)
    record.kind = _KIND_LIST  # not before its elements are whole: who frees it looks at their kinds
    record.of.list = values


def _read_records(values: Any, size: int) -> bytes:
    return _read_bulk(values, size) if is_bulk_safe() else _read_slowly(values, size)


def _write_records(values: Any, data: bytes) -> None:
    (_write_bulk if is_bulk_safe() else _write_slowly)(values, data)


def view(values: Any, size: int, access: int) -> memoryview:
    """Return the memory of the first `size` records, to `READ` or to `WRITE`."""
    # A ctypes array would do, but each length of one is a new Python type, of which a guest that
    # makes many tensors would make many.
    memory: memoryview = _memory_view()(values.data, size * _STRIDE, access)
    return memory


def _read_bulk(values: Any, size: int) -> bytes:
    return view(values, size, READ)[_VALUE::_STRIDE].tobytes()


def _write_bulk(values: Any, data: bytes) -> None:
    memory = view(values, len(data), WRITE)
    memory[_KIND::_STRIDE] = bytes([_KIND_U8]) * len(data)
    memory[_VALUE::_STRIDE] = data


def _read_slowly(values: Any, size: int) -> bytes:
    return bytes(values.data[index].of.u8 for index in range(size))


def _write_slowly(values: Any, data: bytes) -> None:
    for index, byte in enumerate(data):
        values.data[index].kind = _KIND_U8
        values.data[index].of.u8 = byte


@cache
def _memory_view() -> Callable[[Any, int, int], memoryview]:
    function: Any = ctypes.pythonapi.PyMemoryView_FromMemory
    function.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)
    function.restype = ctypes.py_object
    checked: Callable[[Any, int, int], memoryview] = function
    return checked


@cache
def is_bulk_safe() -> bool:
    """Return whether a slice finds what the C library writes, and the library what a slice writes."""
    try:
        safe = _declared_as_expected() and _writes_what_is_declared() and _survives_a_copy()
    except (AttributeError, TypeError, ValueError):  # a field or function that we need has gone
        safe = False
    if not safe:
        note("this build of wasmtime has other records than expected: tensors of components go byte by byte, slowly")
    return safe


def _declared_as_expected() -> bool:
    """Return whether kind and u8 are single bytes, at different places inside a record of this length."""
    return bool(
        Record.kind.size == 1
        and _Union.u8.size == 1
        and ctypes.sizeof(Record) == _STRIDE
        and 0 <= _KIND < _STRIDE
        and 0 <= _VALUE < _STRIDE
        and _KIND != _VALUE
    )


def _writes_what_is_declared() -> bool:
    """Write in bulk where the library sees nothing of it, and look at each record."""
    records = (Record * len(_ALL_BYTES))()
    values = ffi.wasmtime_component_vallist_t(len(records), ctypes.cast(records, ctypes.POINTER(Record)))
    _write_bulk(values, _ALL_BYTES)
    return {each.kind for each in records} == {_KIND_U8} and bytes(each.of.u8 for each in records) == _ALL_BYTES


def _survives_a_copy() -> bool:
    """Let the library copy a list, and read the copy in both ways. Only for what is written as declared."""
    original, copy = Record(), Record()
    values = ffi.wasmtime_component_vallist_t()
    ffi.wasmtime_component_vallist_new_uninit(ctypes.byref(values), len(_ALL_BYTES))
    _write_bulk(values, _ALL_BYTES)
    original.kind = _KIND_LIST
    original.of.list = values
    ffi.wasmtime_component_val_clone(ctypes.byref(original), ctypes.byref(copy))
    try:
        copied = copy.of.list
        return bool(
            copy.kind == _KIND_LIST
            and copied.size == len(_ALL_BYTES)
            and {copied.data[index].kind for index in range(copied.size)} == {_KIND_U8}
            and _read_slowly(copied, copied.size) == _ALL_BYTES
            and _read_bulk(copied, copied.size) == _ALL_BYTES
        )
    finally:
        ffi.wasmtime_component_val_delete(ctypes.byref(copy))
        ffi.wasmtime_component_val_delete(ctypes.byref(original))
