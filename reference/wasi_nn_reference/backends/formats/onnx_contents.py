"""What stands in an ONNX model; the numbers are those of onnx.proto, as in `onnx`."""

from __future__ import annotations

from wasi_nn_reference.backends.formats.contents import Contents, FormatPort
from wasi_nn_reference.backends.formats.onnx import fields

_TYPES = {
    1: "f32", 2: "u8", 3: "i8", 4: "u16", 5: "i16", 6: "i32", 7: "i64", 8: "string", 9: "bool", 10: "f16", 11: "f64",
    12: "u32", 13: "u64", 14: "complex64", 15: "complex128", 16: "bf16",
}  # fmt: skip


def contents(model: bytes) -> Contents:
    """Return what stands in a model; raises MalformedError."""
    sets = tuple(f"{_text(each, 1) or 'ai.onnx'} {_number(each, 2)}" for each in _inner(model, 8))
    (graph,) = _inner(model, 7)[-1:] or [b""]
    constant = {_text(each, 8) for each in _inner(graph, 5)}  # initializers may stand among the inputs, too
    inputs = tuple(port for port in map(_port, _inner(graph, 11)) if port.name not in constant)
    return Contents(sets, inputs, tuple(map(_port, _inner(graph, 12))))


def _port(value_info: bytes) -> FormatPort:
    (kind,) = _inner(value_info, 2)[-1:] or [b""]
    tensors = _inner(kind, 1)
    if not tensors:
        return FormatPort(_text(value_info, 1), "no tensor", None)
    number = _number(tensors[-1], 1)
    shapes = _inner(tensors[-1], 2)
    shape = tuple(_extent(each) for each in _inner(shapes[-1], 1)) if shapes else None
    return FormatPort(_text(value_info, 1), _TYPES.get(number, f"type {number}"), shape)


def _extent(dimension: bytes) -> int | None:
    return next((value for number, _, value, _ in fields(dimension) if number == 1), None)


def _inner(message: bytes, wanted: int) -> list[bytes]:
    """Return the fields of that number that hold bytes."""
    return [message[first:last] for number, wire, first, last in fields(message) if (number, wire) == (wanted, 2)]


def _text(message: bytes, wanted: int) -> str:
    return b"".join(_inner(message, wanted)[-1:]).decode(errors="replace")


def _number(message: bytes, wanted: int) -> int:
    return next((value for number, wire, value, _ in fields(message) if (number, wire) == (wanted, 0)), 0)
