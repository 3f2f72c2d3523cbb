"""Inputs as a server takes them, and outputs as it gives them: a head in JSON, and tensors as bytes behind it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import triton_to_np_dtype

from wasi_nn_reference.backends.backend import shape_text
from wasi_nn_reference.backends.kserve.metadata import DATATYPES, MalformedError
from wasi_nn_reference.errors import WasiNnError, too_large, unsupported
from wasi_nn_reference.limits import limit_text
from wasi_nn_reference.tensor import Tensor, byte_length
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_reference.backends.backend import Port
    from wasi_nn_reference.backends.kserve.connection import Reply

# What a head needs besides its outputs, and for each of them: their names are in the metadata, which is no longer.
HEAD_BYTES = 1 << 20
# A server may write outputs in JSON though it was asked for bytes: f16 in 16 digits, a comma and a space.
_JSON_FACTOR = 16
_INTEGERS = {TensorType.U8, TensorType.I32, TensorType.I64}


class OutputForm(msgspec.Struct):
    """The head of an output: bytes follow if their number is among the parameters, else `data` has its elements."""

    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, msgspec.Raw] = {}
    data: msgspec.Raw = msgspec.Raw()

    @property
    def binary_bytes(self) -> int | None:
        """The number of bytes that follow; raises msgspec's errors if it is no number."""
        raw = self.parameters.get("binary_data_size")
        return None if raw is None else msgspec.json.decode(raw, type=int)


class ReplyForm(msgspec.Struct):
    """The head of a reply."""

    outputs: list[OutputForm]


def request_body(
    inputs: Sequence[Tensor], input_ports: Sequence[Port], output_ports: Sequence[Port], *, as_bytes: bool
) -> tuple[bytes, dict[str, str]]:
    """Return the body that has an inference done, and the fields of HTTP that belong to it.

    as_bytes: tensors are bytes behind the JSON, else its numbers, of which none is infinite or no number; raises
    `unsupported_operation` for these then.
    """
    given = [_input(port, tensor, as_bytes) for port, tensor in zip(input_ports, inputs, strict=True)]
    wanted = [InferRequestedOutput(port.name, binary_data=as_bytes) for port in output_ports]
    body, head_length = InferenceServerClient.generate_request_body(given, outputs=wanted)
    if head_length is None:
        return body, {"Content-Type": "application/json"}
    return body, {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(head_length)}


def _input(port: Port, tensor: Tensor, as_bytes: bool) -> Any:
    datatype = DATATYPES[tensor.type]
    array = np.frombuffer(tensor.data, triton_to_np_dtype(datatype)).reshape(tensor.dimensions)
    if not as_bytes and not np.isfinite(array).all():
        raise unsupported(f"input {port.name!r} has values that JSON lacks, and the inference server takes no bytes")
    return InferInput(port.name, list(tensor.dimensions), datatype).set_data_from_numpy(array, binary_data=as_bytes)


def most_reply_bytes(ports: Sequence[Port], most_bytes: int) -> int:
    """Return how long a reply may be: with outputs of at most `most_bytes` each, in JSON."""
    return HEAD_BYTES + _JSON_FACTOR * sum(min(_fixed_bytes(port, most_bytes), most_bytes) for port in ports)


def _fixed_bytes(port: Port, otherwise: int) -> int:
    extents = port.shape or ()
    return otherwise if None in extents else math.prod(extent or 0 for extent in extents) * port.type.size


def outputs_of(reply: Reply, ports: Sequence[Port], most_bytes: int) -> list[Tensor]:
    """Return the outputs, in the order of the ports.

    Raises MalformedError for what does not agree with the ports or with itself; `too_large` for an output of more
    than `most_bytes`.
    """
    length = _head_length(reply)
    head = reply.body[:length]
    try:
        # Before another reader gets it: that one goes as deep as the server likes.
        forms = msgspec.json.decode(head, type=ReplyForm).outputs
        _check(forms, ports, most_bytes, len(reply.body) - len(head))
        result = InferenceServerClient.parse_response_body(reply.body, header_length=length)
        return [_tensor(result, port) for port in ports]
    except (MalformedError, WasiNnError):
        raise
    except (msgspec.MsgspecError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise MalformedError(f"its reply is none: {error}") from error


def _head_length(reply: Reply) -> int | None:
    """Return how many bytes of the body are its head, None for all."""
    if reply.head_length is None:
        return None
    # As many digits as the length of the body has at most: Python reads no endless ones.
    if re.fullmatch(r"[0-9]{1,15}", reply.head_length) is None or int(reply.head_length) > len(reply.body):
        raise MalformedError(f"the head of its reply has the length {reply.head_length[:20]!r}")
    return int(reply.head_length)


def _check(forms: list[OutputForm], ports: Sequence[Port], most_bytes: int, behind: int) -> None:
    """Hold the heads of outputs against the ports, and the bytes `behind` them against what they say."""
    given, wanted = ([each.name for each in several] for several in (forms, ports))
    if sorted(given) != sorted(wanted):
        raise MalformedError(f"it gives the outputs {given}, not {wanted}")
    by_name = {form.name: form for form in forms}
    for port in ports:
        _check_output(by_name[port.name], port, most_bytes)
    said = sum(form.binary_bytes or 0 for form in forms)
    if said != behind:
        raise MalformedError(f"its outputs have {said} bytes, and {behind} came")


def _check_output(form: OutputForm, port: Port, most_bytes: int) -> None:
    if form.datatype != DATATYPES[port.type]:
        raise MalformedError(f"its output {port.name!r} is {form.datatype[:20]}, not {DATATYPES[port.type]}")
    dimensions = tuple(form.shape)
    if not port.takes(dimensions):
        raise MalformedError(f"its output {port.name!r} has the shape {form.shape[:20]}, not {shape_text(port.shape)}")
    size = byte_length(port.type, dimensions)
    if size > most_bytes:
        raise too_large(f"output {port.name!r} has {size} bytes; {limit_text('tensor_bytes', most_bytes)}")
    if form.binary_bytes not in {None, size}:
        raise MalformedError(f"its output {port.name!r} has {form.binary_bytes} bytes where its shape has {size}")
    if form.binary_bytes is None:
        _check_values(form, port)


def _check_values(form: OutputForm, port: Port) -> None:
    """Make sure that elements in JSON are numbers of the kind: numpy would read text, and cut fractions off."""
    if not form.data:
        raise MalformedError(f"its output {port.name!r} has no elements")
    values = np.asarray(msgspec.json.decode(form.data))
    if values.size and values.dtype.kind not in ("iu" if port.type in _INTEGERS else "iuf"):
        raise MalformedError(f"its output {port.name!r} has elements that are no {DATATYPES[port.type]}")


def _tensor(result: Any, port: Port) -> Tensor:
    array = result.as_numpy(port.name)
    return Tensor(port.type, array.shape, array.tobytes())
