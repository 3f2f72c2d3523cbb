"""ONNX models with some fields of their messages changed."""

import contextlib
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from wasi_nn_conformance.models.mutation import DIMENSIONS, EXTREMES, place

_OPERATORS = (
    *("Add", "Sub", "Mul", "Neg", "Relu", "MatMul", "Concat", "Split", "Reshape", "Transpose", "ReduceSum", "Cast"),
    *("Identity", "Constant", "Gather", "GatherND", "ScatterND", "Slice", "Tile", "OneHot", "Expand", "NonZero"),
    *("TopK", "Softmax", "Conv", "MaxPool", "Resize", "LSTM", "Loop", "If", "Scan", "TurnInsideOut"),
)
_NAMES = ("", "x", "a", "b", "out", "left")
_FLOATS = (0.0, -1.0, 1e38, float("inf"), float("nan"))


def mutated(draw: st.DrawFn, model: bytes, changes: int) -> bytes:
    """Change that many fields, wherever they stand in the model."""
    from onnx import ModelProto  # noqa: PLC0415  slow, and needed for this alone

    proto = ModelProto.FromString(model)
    for _ in range(changes):
        fields = list(_fields(proto))
        names = sorted({name for _, name in fields})
        if names:
            name = draw(st.sampled_from([*names, *["op_type"] * (len(names) // 3 if "op_type" in names else 0)]))
            having = [message for message, own in fields if own == name]
            _change(draw, having[place(draw, having)], name)
    return bytes(proto.SerializeToString(deterministic=True))


def _fields(message: Any) -> Iterator[tuple[Any, str]]:
    """Return each field that is set, with the message that has it, from the outermost on."""
    for descriptor, value in message.ListFields():
        yield message, descriptor.name
        for inner in value if _is_repeated(value) else [value]:
            if hasattr(inner, "ListFields"):
                yield from _fields(inner)


def _is_repeated(value: Any) -> bool:
    return hasattr(value, "extend")


def _change(draw: st.DrawFn, message: Any, name: str) -> None:
    """Set a field to another value its type holds, or make one message more or less."""
    value = getattr(message, name)
    at = place(draw, value) if _is_repeated(value) else 0
    one = value[at] if _is_repeated(value) else value
    if hasattr(one, "ListFields"):
        _remove_or_double(draw, message, name, at)
        return
    if isinstance(one, bytes):
        new: Any = draw(st.binary(max_size=24))
    elif isinstance(one, str):
        new = draw(st.sampled_from(_OPERATORS if name == "op_type" else _NAMES))
    else:
        integers = DIMENSIONS if name == "dim_value" else EXTREMES
        new = draw(st.sampled_from(_FLOATS if isinstance(one, float) else integers))
    with contextlib.suppress(ValueError):
        if _is_repeated(value):
            value[at] = new
        else:
            setattr(message, name, new)


def _remove_or_double(draw: st.DrawFn, message: Any, name: str, at: int) -> None:
    value = getattr(message, name)
    if not _is_repeated(value):
        message.ClearField(name)
    elif draw(st.booleans()):
        value.add().CopyFrom(value[at])
    else:
        del value[at]
