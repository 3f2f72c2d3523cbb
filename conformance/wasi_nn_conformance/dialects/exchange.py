"""One request to a probe and what came back, as a person reads it: enumerations by name, tensors as numbers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.models.model import Model, Port
from wasi_nn_conformance.session import wit_calls, witx_calls
from wasi_nn_conformance.session.wire import Answer, ByteString, Call

from .resource import TENSOR_TYPES

_ELEMENTS_SHOWN = 8
_BYTES_SHOWN = 16
_CHARACTERS_SHOWN = 200
_PORTS_SHOWN = 4


@dataclass
class Exchange:
    """A request, or in words what was done instead; the reply, or in words what came.

    Bytes do not tell what they are: `type` is that of witx's output, and `model` the one that `load` was given.
    """

    request: Call | str
    reply: Answer | str
    type: ElementType | None = None
    model: Model | None = None

    def asked(self, tag: Tag) -> str:
        """Return the request in words: `set_input(c, 0, f32 [1, 4]: 1, 2, 3, 4)`."""
        if isinstance(self.request, str):
            return self.request
        request = self.request
        kept = getattr(request, "as_", UNSET)
        arguments = ", ".join(_arguments(request, tag))
        model = f": {_model(self.model)}" if self.model else ""
        return f"{_name(request)}({arguments}){'' if kept is UNSET else f' as {kept}'}{model}"

    def answered(self, tag: Tag) -> str:
        """Return what came back in words: `error invalid_argument (3)`, or `ok: 16 bytes: f32: -1, -2, -3, -4`."""
        if isinstance(self.reply, str):
            return self.reply
        return "; ".join(part for part in _reply(self.reply, tag, self.type) if part)


def numbers(type_: ElementType | None, dimensions: Sequence[int] | None, data: bytes) -> str:
    """Return a tensor in words: its type, dimensions and first elements; bytes where they are no whole elements."""
    what = " ".join(str(part) for part in (type_, None if dimensions is None else list(dimensions)) if part is not None)
    if type_ is None or len(data) % type_.size:
        return f"{f'{what}: ' if what else ''}{octets(data)}"
    count = len(data) // type_.size
    array = type_.from_bytes(data[: _ELEMENTS_SHOWN * type_.size])
    if not type_.has_arithmetic:
        shown = [f"{float(value):g}" for value in (array.astype("<u4") << 16).view("<f4")]
    else:
        shown = [str(value) for value in array]
    more = f", ... ({count} elements)" if count > _ELEMENTS_SHOWN else ""
    return f"{what}: {', '.join(shown) or 'no elements'}{more}"


def octets(data: bytes) -> str:
    """Return how many bytes there are, and the first of them in hexadecimal."""
    counted = f"{len(data)} byte{'s' * (len(data) != 1)}"
    more = " ..." if len(data) > _BYTES_SHOWN else ""
    return f"{counted} {data[:_BYTES_SHOWN].hex(' ')}{more}" if data else counted


def _model(model: Model) -> str:
    """Return the name of a model, and from what it computes what."""
    return f"{model.id} from {_ports(model.inputs)} to {_ports(model.outputs)}"


def _ports(ports: Sequence[Port]) -> str:
    shown = ", ".join(f"{_text(port.name)} {port.type}" for port in ports[:_PORTS_SHOWN])
    return f"{shown}, ... ({len(ports)})" if len(ports) > _PORTS_SHOWN else shown or "nothing"


def _arguments(request: Call, tag: Tag) -> Iterator[str]:
    match request:
        case witx_calls.Load() | wit_calls.Load():
            yield f"builders of {', '.join(str(len(each)) for each in request.builders) or 'nothing'} bytes"
            yield _member(request.encoding, tag.encodings)
            yield _member(request.target, tag.targets)
        case witx_calls.SetInput():
            tensor = request.tensor
            yield from (_operand(request.context), _operand(request.index))
            yield _witx_tensor(tensor, tag)
        case witx_calls.GetOutput():
            yield from (_operand(request.context), _operand(request.index))
            yield f"a buffer of {_operand(request.size)} bytes"
        case witx_calls.Raw():
            yield request.function
            yield from map(_operand, request.arguments)
        case wit_calls.Tensor():
            yield numbers(_wit_type(request.type), request.dims, request.data)
        case wit_calls.ComputeAtOnce():
            yield _operand(request.context)
            yield from (f"{_text(name)} = {_operand(tensor)}" for name, tensor in request.inputs)
        case _:
            yield from _fields(request)


def _fields(request: Call) -> Iterator[str]:
    """Return the arguments of a call with nothing that needs the ABI to be read."""
    for field in msgspec.structs.fields(request):
        value = getattr(request, field.name)
        if field.name == "as_" or value is UNSET or (value is None and field.name == "at"):
            continue
        match value:
            case bytes():
                yield octets(value)
            case str() if field.name in {"name", "data"}:
                yield _text(value)
            case ByteString():
                yield _text(value)
            case _:
                named = "" if field.name in {"context", "graph", "tensor", "kind", "handle"} else f"{field.name} "
                yield f"{named}{_operand(value)}"


def _witx_tensor(tensor: witx_calls.Tensor, tag: Tag) -> str:
    number = tensor.type
    if isinstance(number, int) and 0 <= number < len(tag.tensor_types):
        return numbers(ElementType(tag.tensor_types[number]), tensor.dims, tensor.data)
    return f"type {_operand(number)} {list(tensor.dims)}: {octets(tensor.data)}"


def _reply(reply: Answer, tag: Tag, type_: ElementType | None) -> Iterator[str]:
    match reply:
        case witx_calls.Returned():
            yield _errno(reply.errno, tag)
            yield from _written(reply, type_)
        case wit_calls.Failure():
            yield f"error {reply.code}: {_text(reply.data)}"
        case wit_calls.UnreadFailure():
            yield "error, left unread"
        case wit_calls.Computed():
            yield "ok"
            yield from (f"{_text(each.name)} = {_tensor(each)}" for each in reply.outputs)
        case wit_calls.TensorAnswer():
            yield "ok"
            yield _tensor(reply)
        case witx_calls.Held() | wit_calls.Data():
            yield octets(reply.data)
        case witx_calls.Forgotten() | wit_calls.Forgotten():
            yield "ok"
        case wit_calls.ErrorText():
            yield _text(reply.data)
        case _:
            said = [f"{name} {value}" for name, value in msgspec.to_builtins(reply).items() if name != "result"]
            yield ", ".join(said) or "ok"


def _written(reply: witx_calls.Returned, type_: ElementType | None) -> Iterator[str]:
    """Return what a function of witx wrote to the guest's memory."""
    match reply:
        case witx_calls.Output(errno=0, data=bytes() as data):
            yield f"size {reply.value}"
            yield numbers(type_, None, data)
        case witx_calls.Stored(errno=0):
            yield f"wrote {reply.value}"
        case witx_calls.RawReturned():
            yield from (f"{name} holds 0x{value:08x}" for name, value in reply.slots.items())
            yield f"changed {', '.join(reply.changed)}" if reply.changed else ""
    if isinstance(reply, witx_calls.Stored | witx_calls.RawReturned) and reply.guards != "untouched":
        yield "bytes around the return slot or the buffer changed"


def _errno(errno: int, tag: Tag) -> str:
    if errno == 0:
        return "ok"
    return f"error {_member(errno, tag.errors)}"


def _member(written: Any, names: tuple[str, ...]) -> str:
    """Return a member of an enumeration by its name, with the number that stands for it."""
    if not isinstance(written, int):
        return _operand(written)
    return f"{names[written]} ({written})" if 0 <= written < len(names) else f"{written} (none of the enumeration)"


def _tensor(answer: wit_calls.TensorAnswer) -> str:
    return numbers(_wit_type(answer.type), answer.dims, answer.data)


def _wit_type(name: str) -> ElementType | None:
    return next((element for element, spelled in TENSOR_TYPES.items() if spelled == name), None)


def _operand(written: Any) -> str:
    """Return a handle or a number, or what stands for an address, on a few words."""
    if isinstance(written, Mapping):
        return " ".join(f"{key} {value}" for key, value in written.items())
    return str(written)


def _text(written: Any) -> str:
    if isinstance(written, ByteString):
        return octets(written.bytes)
    if len(written) > _CHARACTERS_SHOWN:
        return f"{json.dumps(written[:_CHARACTERS_SHOWN])} ... ({len(written)} characters)"
    return json.dumps(written, ensure_ascii=False)


def _name(request: Call) -> str:
    return str(request.__struct_config__.tag)
