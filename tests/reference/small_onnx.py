"""Small ONNX models as protobuf bytes, written field by field, also ones that no library would write."""

from __future__ import annotations

FLOAT, INT64 = 1, 7


def field(number: int, value: int | bytes | str) -> bytes:
    """One field: a varint for an int, else length-delimited."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])


def value_info(name: str, element_type: int = FLOAT, shape: tuple[int, ...] = (1, 4)) -> bytes:
    dims = b"".join(field(1, field(1, extent)) for extent in shape)
    return field(1, name) + field(2, field(1, field(1, element_type) + field(2, dims)))


def node(operator: str, inputs: tuple[str, ...], output: str) -> bytes:
    return b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, operator)


def model(
    *nodes: bytes,
    inputs: tuple[str, ...] = ("x",),
    output: str = "y",
    initializer: bytes = b"",
    element_type: int = FLOAT,
) -> bytes:
    """A model of tensors of shape [1, 4]."""
    body = b"".join(field(1, each) for each in nodes) + field(2, "g")
    body += field(5, initializer) if initializer else b""
    body += b"".join(field(11, value_info(name, element_type)) for name in inputs) + field(
        12, value_info(output, element_type)
    )
    return field(1, 8) + field(7, body) + field(8, field(2, 13))


def unary(operator: str = "Relu") -> bytes:
    return model(node(operator, ("x",), "y"))


def int64_tensor(name: str, values: tuple[int, ...], shape: tuple[int, ...] | None = None) -> bytes:
    """An initializer, of one dimension unless a shape is given."""
    dimensions = b"".join(field(1, extent) for extent in shape or (len(values),))
    return dimensions + field(2, INT64) + b"".join(field(7, value) for value in values) + field(8, name)


def external_tensor(path: str) -> bytes:
    """An initializer `w` whose data stand in the file `path`."""
    entry = field(1, "location") + field(2, path)
    return field(1, 1) + field(1, 4) + field(2, FLOAT) + field(8, "w") + field(13, entry) + field(14, 1)
