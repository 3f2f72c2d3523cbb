"""ONNX: looks into the bytes of a model.

It has no magic number. Its bytes are a protobuf `ModelProto`, so a file is taken for ONNX if its
outer level is well-formed protobuf, the fields of ModelProto have the wire types that they have there, and
it has a graph. Fields that ModelProto does not have are passed over, as protobuf wants it of a reader.
A walk through what is nested in it finds tensors that keep their data in other files, which an engine
would open, and the versions of the operator sets, to which an engine may count.

Numbers are the field numbers of onnx.proto (https://onnx.ai/onnx/api/classes.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types; groups (3, 4) occur nowhere in ONNX

# ModelProto: field number -> wire type.
_MODEL_FIELDS = {1: _VARINT, 2: _BYTES, 3: _BYTES, 4: _BYTES, 5: _VARINT, 6: _BYTES, 7: _BYTES, 8: _BYTES}
_MODEL_FIELDS |= {14: _BYTES, 20: _BYTES, 25: _BYTES, 26: _BYTES}
_GRAPH = 7

# Where tensors and operator sets can sit: message -> field number -> message in it.
_NESTED: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "operators", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "operators", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
    "operators": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # TensorProto
_VERSION = 2  # OperatorSetIdProto
_MAX_DEPTH = 64  # graphs in graphs; deeper ones are made to exhaust a stack


class MalformedError(Exception):
    """The bytes are not protobuf."""


def recognises(data: bytes) -> bool:
    """Return whether `data` is a ModelProto at its outer level."""
    try:
        found = {number: wire for number, wire, _, _ in fields(data)}
    except MalformedError:
        return False
    return _GRAPH in found and all(_MODEL_FIELDS.get(number, wire) == wire for number, wire in found.items())


def has_external_data(data: bytes) -> bool:
    """Return whether any tensor of the model names another file; raises MalformedError."""
    return any(
        message == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0))
        for message, number, value in _walk(data, 0, len(data), "model", 0)
    )


def newest_operator_set(data: bytes) -> int:
    """Return the highest version of an operator set that the model asks for, 0 if of none; raises MalformedError.

    A negative version is one above 2^63.
    """
    walk = _walk(data, 0, len(data), "model", 0)
    return max((value for message, number, value in walk if (message, number) == ("operators", _VERSION)), default=0)


def _walk(data: bytes, start: int, end: int, message: str, depth: int) -> Iterator[tuple[str, int, int]]:
    """Yield each field of `message` and of those nested in it: message, field number, value of a varint."""
    if depth > _MAX_DEPTH:
        raise MalformedError("nested too deeply")
    nested = _NESTED[message]
    for number, wire, first, last in _fields(data, start, end):
        yield message, number, first
        if wire == _BYTES and number in nested:
            yield from _walk(data, first, last, nested[number], depth + 1)


def fields(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield the fields of a message, as `_fields` does; raises MalformedError."""
    return _fields(data, 0, len(data))


def _fields(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield field number, wire type, and for bytes where they begin and end, for a varint its value."""
    while position < end:
        key, position = _varint(data, position, end)
        number, wire = key >> 3, key & 7
        first = position
        if wire == _VARINT:
            first, position = _varint(data, position, end)
        elif wire == _BYTES:
            length, first = _varint(data, position, end)
            position = first + length
        elif wire in (_FIXED32, _FIXED64):
            position += 4 if wire == _FIXED32 else 8
        else:
            raise MalformedError(f"wire type {wire}")
        if number == 0 or position > end:
            raise MalformedError("a field that cannot be")
        yield number, wire, first, position


def _varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise MalformedError("a number without end")
