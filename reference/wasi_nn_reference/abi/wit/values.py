"""The types of wasi-nn's WIT, each with how it is written and how it is read from and put into C records.

A type's `text` is its structure as WIT would write it, with aliases resolved. Reading leaves the
record as it is: the runtime frees the arguments of a call. What is written comes from the
C API's own allocators, and the runtime frees that too, after it has been passed to the guest.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from wasmtime import WasmtimeError
from wasmtime import _ffi as ffi

from wasi_nn_reference.abi.wit import list_u8, list_u64

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wasi_nn_reference.abi.wit.resources import Kind, ResourceTable


@dataclass(frozen=True, slots=True)
class Scope:
    """What one call may use: the runtime's context (a C pointer) and the component's resources."""

    context: Any
    table: ResourceTable


class ValueType(Protocol):
    """One type. `read` and `write` raise CallTrapError for resources that cannot be had."""

    @property
    def text(self) -> str:
        """The type as WIT writes it."""
        ...

    def read(self, record: Any, scope: Scope) -> Any:
        """Return the value in `record`."""
        ...

    def write(self, record: Any, value: Any, scope: Scope) -> None:
        """Put `value` into `record`, which holds nothing that must be freed."""
        ...


class U32:
    """`u32`, an int."""

    text = "u32"

    def read(self, record: Any, _scope: Scope) -> int:
        """See `ValueType`."""
        value: int = record.of.u32
        return value

    def write(self, record: Any, value: int, _scope: Scope) -> None:
        """See `ValueType`."""
        record.kind = ffi.WASMTIME_COMPONENT_U32
        record.of.u32 = value


class String:
    """`string`, a str."""

    text = "string"

    def read(self, record: Any, _scope: Scope) -> str:
        """See `ValueType`."""
        return _text(record.of.string)

    def write(self, record: Any, value: str, _scope: Scope) -> None:
        """See `ValueType`."""
        record.of.string = ffi.str_to_capi(value)
        record.kind = ffi.WASMTIME_COMPONENT_STRING


class Bytes:
    """`list<u8>`, bytes."""

    text = "list<u8>"

    def read(self, record: Any, _scope: Scope) -> bytes:
        """See `ValueType`."""
        return list_u8.read(record)

    def write(self, record: Any, value: bytes, _scope: Scope) -> None:
        """See `ValueType`."""
        list_u8.write(record, value)


class Words:
    """`list<u64>`, bytes: eight in each, the first in its lowest bits. The last ones are filled up with zeros."""

    text = "list<u64>"

    def read(self, record: Any, _scope: Scope) -> bytes:
        """See `ValueType`."""
        return list_u64.read(record)

    def write(self, record: Any, value: bytes, _scope: Scope) -> None:
        """See `ValueType`."""
        list_u64.write(record, value)


@dataclass(frozen=True)
class Enumeration:
    """`enum`: the Python value of each name. `others` are values that one of the names has to stand for."""

    values: Mapping[str, Any]
    others: Mapping[Any, str] = field(default_factory=dict)

    @cached_property
    def _names(self) -> dict[Any, str]:
        return {each: name for name, each in self.values.items()} | dict(self.others)

    @property
    def text(self) -> str:
        """See `ValueType`."""
        return f"enum{{{', '.join(self.values)}}}"

    def read(self, record: Any, _scope: Scope) -> Any:
        """See `ValueType`."""
        return self.values[_text(record.of.enumeration)]

    def write(self, record: Any, value: Any, _scope: Scope) -> None:
        """See `ValueType`."""
        record.of.enumeration = ffi.str_to_capi(self._names[value])
        record.kind = ffi.WASMTIME_COMPONENT_ENUM


@dataclass(frozen=True)
class Sequence:
    """`list` of anything but u8, a list."""

    element: ValueType

    @property
    def text(self) -> str:
        """See `ValueType`."""
        return f"list<{self.element.text}>"

    def read(self, record: Any, scope: Scope) -> list[Any]:
        """See `ValueType`."""
        values = record.of.list
        return [self.element.read(values.data[index], scope) for index in range(values.size)]

    def write(self, record: Any, value: list[Any], scope: Scope) -> None:
        """See `ValueType`."""
        values = ffi.wasmtime_component_vallist_t()
        ffi.wasmtime_component_vallist_new_uninit(ctypes.byref(values), len(value))
        _fill_with_false(values)
        record.of.list = values  # the record owns the array from here on, also if an element fails
        record.kind = ffi.WASMTIME_COMPONENT_LIST
        for index, each in enumerate(value):
            self.element.write(values.data[index], each, scope)


@dataclass(frozen=True)
class Pair:
    """`tuple` of two."""

    first: ValueType
    second: ValueType

    @property
    def text(self) -> str:
        """See `ValueType`."""
        return f"tuple<{self.first.text}, {self.second.text}>"

    def read(self, record: Any, scope: Scope) -> tuple[Any, Any]:
        """See `ValueType`."""
        values = record.of.tuple
        return self.first.read(values.data[0], scope), self.second.read(values.data[1], scope)

    def write(self, record: Any, value: tuple[Any, Any], scope: Scope) -> None:
        """See `ValueType`."""
        values = ffi.wasmtime_component_valtuple_t()
        ffi.wasmtime_component_valtuple_new_uninit(ctypes.byref(values), 2)
        _fill_with_false(values)
        record.of.tuple = values
        record.kind = ffi.WASMTIME_COMPONENT_TUPLE
        self.first.write(values.data[0], value[0], scope)
        self.second.write(values.data[1], value[1], scope)


@dataclass(frozen=True)
class Borrow:
    """`borrow` of a resource: what the table keeps for it. Only a parameter."""

    kind: Kind

    @property
    def text(self) -> str:
        """See `ValueType`."""
        return f"borrow<{self.kind.wit_name}>"

    def read(self, record: Any, scope: Scope) -> Any:
        """See `ValueType`."""
        return scope.table.get(self.kind, _representation(record, scope.context))

    def write(self, record: Any, value: Any, scope: Scope) -> None:
        """Raise an error: the component model has no borrowed results."""
        raise NotImplementedError("a function of the world gives a borrowed handle")


@dataclass(frozen=True)
class Own:
    """`own` of a resource: as a parameter it leaves the table, as a result it comes in."""

    kind: Kind

    @property
    def text(self) -> str:
        """See `ValueType`."""
        return f"own<{self.kind.wit_name}>"

    def read(self, record: Any, scope: Scope) -> Any:
        """See `ValueType`."""
        return scope.table.take(self.kind, _representation(record, scope.context))

    def write(self, record: Any, value: Any, scope: Scope) -> None:
        """See `ValueType`."""
        representation = scope.table.insert(self.kind, value, getattr(value, "size", 0))
        handle = ctypes.POINTER(ffi.wasmtime_component_resource_any_t)()
        resource = ffi.wasmtime_component_resource_host_new(True, representation, self.kind.value)
        error = ffi.wasmtime_component_resource_host_to_any(scope.context, resource, ctypes.byref(handle))
        ffi.wasmtime_component_resource_host_delete(resource)
        if error:
            scope.table.drop(self.kind, representation)
            raise WasmtimeError._from_ptr(error)  # noqa: SLF001 - the library's own way
        record.of.resource = handle
        record.kind = ffi.WASMTIME_COMPONENT_RESOURCE


@dataclass(frozen=True)
class Fallible:
    """`result` of a call. `write` takes what went well; `write_error` the other side."""

    ok: ValueType | None
    error: ValueType

    @property
    def text(self) -> str:
        """See `ValueType`."""
        return f"result<{self.ok.text if self.ok else '_'}, {self.error.text}>"

    def read(self, record: Any, scope: Scope) -> Any:
        """Raise an error: results are no parameters."""
        raise NotImplementedError("a function of the world takes a result")

    def write(self, record: Any, value: Any, scope: Scope) -> None:
        """See `ValueType`."""
        self._write(record, True, self.ok, value, scope)

    def write_error(self, record: Any, value: Any, scope: Scope) -> None:
        """As `write`, for the error."""
        self._write(record, False, self.error, value, scope)

    def _write(self, record: Any, is_ok: bool, kind: ValueType | None, value: Any, scope: Scope) -> None:
        payload = None
        if kind is not None:
            inner = list_u8.Record()  # all zero: `false`
            try:
                kind.write(inner, value, scope)
            except BaseException:
                ffi.wasmtime_component_val_delete(ctypes.byref(inner))
                raise
            payload = ffi.wasmtime_component_val_new(ctypes.byref(inner))  # moves `inner` to the heap
        record.of.result.is_ok = is_ok
        record.of.result.val = payload
        record.kind = ffi.WASMTIME_COMPONENT_RESULT


def _fill_with_false(values: Any) -> None:
    """Make every record of an array one that can be freed: all zero is `false`."""
    if values.size:
        ctypes.memset(values.data, 0, values.size * ctypes.sizeof(list_u8.Record))


def _text(name: Any) -> str:
    return ctypes.string_at(name.data, name.size).decode() if name.size else ""


def _representation(record: Any, context: Any) -> int:
    """Return the host's number for a handle; an owned handle is gone afterwards, a borrowed one given back."""
    resource = ctypes.POINTER(ffi.wasmtime_component_resource_host_t)()
    error = ffi.wasmtime_component_resource_any_to_host(context, record.of.resource, ctypes.byref(resource))
    if error:
        raise WasmtimeError._from_ptr(error)  # noqa: SLF001 - the library's own way
    representation: int = ffi.wasmtime_component_resource_host_rep(resource)
    ffi.wasmtime_component_resource_host_delete(resource)
    return representation
