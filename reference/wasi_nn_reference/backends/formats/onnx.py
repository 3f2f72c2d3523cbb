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

from wasi_nn_reference.errors import invalid_argument, unsupported

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
_NODE, _INPUT, _OUTPUT = 1, 11, 12  # GraphProto
_OPERATOR = 4  # NodeProto
_NAME, _TYPE, _TENSOR_TYPE, _SHAPE = 1, 2, 1, 2  # ValueInfoProto, TypeProto and its Tensor
_MAX_DEPTH = 64  # graphs in graphs; deeper ones are made to exhaust a stack


# ONNX has 28 versions of its operators in 2026. OpenVINO's reader tries each up to the one that a model asks for, 0.3
# us each, and holds Python's lock meanwhile: 2^63 is for ever (openvino 2026.4.1).
_NEWEST_OPERATOR_SET = 1000


class MalformedError(Exception):
    """The bytes are not protobuf."""


def recognises(data: bytes) -> bool:
    """Return whether `data` is a ModelProto at its outer level."""
    try:
        found = {number: wire for number, wire, _, _ in fields(data)}
    except MalformedError:
        return False
    return _GRAPH in found and all(_MODEL_FIELDS.get(number, wire) == wire for number, wire in found.items())


def refuse_unbounded(model: bytes) -> None:
    """Refuse what an engine's reader would open files for, or never come back from.

    Raises `invalid_argument` for data in other files and bytes that are no protobuf, `unsupported_operation` for a
    version of an operator set that does not exist.
    """
    try:
        external = has_external_data(model)
        operator_set = newest_operator_set(model)
    except MalformedError as error:
        raise invalid_argument(f"the ONNX model is malformed: {error}") from error
    if external:
        raise invalid_argument("the ONNX model keeps tensors in other files; a model must be whole in its bytes")
    if operator_set > _NEWEST_OPERATOR_SET:
        raise unsupported(f"the ONNX model asks for version {operator_set} of an operator set; there is none")


def without_unknown_fields(model: bytes) -> bytes:
    """Return the model without the fields that ModelProto does not have; raises MalformedError.

    A model that begins with one is none to OpenVINO's reader (2026.4.1).
    """
    ends = [(number, end) for number, _, _, end in fields(model)]
    if all(number in _MODEL_FIELDS for number, _ in ends):
        return model  # as nearly all: it is not copied
    starts = [0, *(end for _, end in ends)]
    return b"".join(
        model[start:end] for start, (number, end) in zip(starts, ends, strict=False) if number in _MODEL_FIELDS
    )


def ports_of_any_rank(model: bytes) -> set[str]:
    """Return the names of the graph's inputs and outputs whose type has no shape at all; raises MalformedError."""
    names = set()
    for port in _messages(model, (_GRAPH, _INPUT)) + _messages(model, (_GRAPH, _OUTPUT)):
        shapes = _messages(port, (_TYPE, _TENSOR_TYPE, _SHAPE))
        if not shapes:
            names |= {each.decode(errors="replace") for each in _messages(port, (_NAME,))}
    return names


def operators(model: bytes) -> set[str]:
    """Return the names of the operators in the graph, not of those inside of these; raises MalformedError."""
    return {each.decode(errors="replace") for each in _messages(model, (_GRAPH, _NODE, _OPERATOR))}


def _messages(data: bytes, path: tuple[int, ...]) -> list[bytes]:
    """Return the bytes of each field that lies at the end of a path of field numbers."""
    found = [data]
    for wanted in path:
        found = [
            each[first:last]
            for each in found
            for number, wire, first, last in _fields(each, 0, len(each))
            if wire == _BYTES and number == wanted
        ]
    return found


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
