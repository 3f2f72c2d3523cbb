"""What a server tells of a model: its inputs and outputs as wasi-nn has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wasi_nn_reference.backends.backend import Port
from wasi_nn_reference.errors import unsupported
from wasi_nn_reference.limits import MAX_RANK
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

DATATYPES = {
    TensorType.F16: "FP16",
    TensorType.BF16: "BF16",
    TensorType.F32: "FP32",
    TensorType.F64: "FP64",
    TensorType.U8: "UINT8",
    TensorType.I32: "INT32",
    TensorType.I64: "INT64",
}
_TYPES = {datatype: tensor_type for tensor_type, datatype in DATATYPES.items()}
_U32_MAX = 0xFFFF_FFFF


class MalformedError(Exception):
    """The server answered what can not be; the text says what."""


# The extension of the protocol by which tensors are bytes behind the JSON, and a server that has it without saying so.
_BYTES = "binary_tensor_data"
_WITH_BYTES = {"OpenVINO Model Server"}


class ServerForm(msgspec.Struct):
    """What a server tells of itself as JSON."""

    name: str = ""
    extensions: list[str] = []


def takes_bytes(metadata: bytes) -> bool:
    """Return whether a server that tells this of itself takes tensors as bytes, and not in JSON alone."""
    try:
        form = msgspec.json.decode(metadata, type=ServerForm)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return _BYTES in form.extensions or form.name in _WITH_BYTES


class PortForm(msgspec.Struct):
    """An input or output as JSON: a dimension of -1 may be anything."""

    name: str
    datatype: str
    shape: list[int]


class ModelForm(msgspec.Struct):
    """The metadata of a model as JSON; what else stands there says nothing that wasi-nn asks for."""

    inputs: list[PortForm] = []
    outputs: list[PortForm] = []


class Ports:
    """Inputs and outputs of a model, in the order of its metadata.

    Raises MalformedError; `unsupported_operation` for a type that wasi-nn does not have.
    """

    def __init__(self, metadata: bytes) -> None:
        try:
            form = msgspec.json.decode(metadata, type=ModelForm)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise MalformedError(f"its metadata is none: {error}") from error
        self.inputs = _ports("input", form.inputs)
        self.outputs = _ports("output", form.outputs)


def _ports(what: str, forms: Sequence[PortForm]) -> tuple[Port, ...]:
    if not forms:
        raise MalformedError(f"it tells no {what} of the model: name, type and shape of each must be in its metadata")
    if len({form.name for form in forms}) < len(forms):
        raise MalformedError(f"two {what}s of the model have one name")
    return tuple(_port(what, form) for form in forms)


def _port(what: str, form: PortForm) -> Port:
    tensor_type = _TYPES.get(form.datatype)
    if tensor_type is None:
        raise unsupported(
            f"the model's {what} {form.name!r} is of type {form.datatype}, which wasi-nn does not have;"
            f" it has {', '.join(_TYPES)}"
        )
    if len(form.shape) > MAX_RANK or any(not -1 <= extent <= _U32_MAX for extent in form.shape):
        raise MalformedError(f"the {what} {form.name!r} has the shape {form.shape}")
    return Port(form.name, tensor_type, tuple(None if extent == -1 else extent for extent in form.shape))
