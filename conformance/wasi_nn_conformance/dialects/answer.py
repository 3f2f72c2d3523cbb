"""What a component gets back, held against numpy: the outputs of `compute`, and a tensor as its getters show it."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.models.expression import Input
from wasi_nn_conformance.models.model import Model
from wasi_nn_conformance.session.state import Context
from wasi_nn_conformance.session.wire import decode
from wasi_nn_conformance.vectors.tensor import TensorLiteral, difference

TENSOR_TYPES = {
    ElementType.F16: "FP16",
    ElementType.F32: "FP32",
    ElementType.F64: "FP64",
    ElementType.BF16: "BF16",
    ElementType.U8: "U8",
    ElementType.I32: "I32",
    ElementType.I64: "I64",
}


def keep_answers(context: Context, outputs: Sequence[Mapping[str, Any]], *, own: bool) -> list[str]:
    """Keep what `compute` gave, each output once, and check the names if they must be the model's `own`.

    A host with names of its own is at fault where the names are looked at, and not wherever there are outputs:
    elsewhere its outputs are taken in the model's order.
    """
    context.answered = None
    got = [output["name"] for output in outputs]
    wanted = [port.name for port in context.model.outputs]
    if len(got) != len(wanted):
        return [f"compute gave {len(got)} outputs ({', '.join(got)}) where the model has {len(wanted)}"]
    also = other_names(context.model)
    known = [also.get(name, name) for name in got]
    as_declared = sorted(known) == sorted(wanted)
    context.answered = dict(zip(known if as_declared else wanted, outputs, strict=True))
    if as_declared or not own:
        return []
    return [f"compute called the outputs {', '.join(got)} where the model calls them {', '.join(wanted)}"]


def other_names(model: Model) -> dict[str, str]:
    """Return each output that an input is passed on to by that input's name: one tensor may then have both names."""
    outputs = {name for name, _ in model.expressions}
    passed = {value.name: name for name, value in model.expressions if isinstance(value, Input)}
    return {other: name for other, name in passed.items() if other not in outputs}


def output_faults(context: Context, name: str, answer: Mapping[str, Any], literal: TensorLiteral) -> list[str]:
    """Check an output's type, dimensions and values.

    An output of rank 0 may come with the dimensions [] or [1], as the text fixes neither.
    """
    port = context.output(name)
    scalar = port is not None and port.type.shape == ()
    if scalar and {literal.shape, tuple(answer["dims"])} <= {(), (1,)}:
        answer = {**answer, "dims": literal.shape}
    return _tensor_faults(f"output {name}", answer, literal)


def _tensor_faults(what: str, answer: Mapping[str, Any], literal: TensorLiteral) -> list[str]:
    if not isinstance(literal.type, ElementType):
        return [f"{what}: a number for the tensor type cannot be said in WIT"]
    if answer["type"] != TENSOR_TYPES[literal.type]:
        return [f"{what} has the type {answer['type']} where {TENSOR_TYPES[literal.type]} was wanted"]
    dimensions = tuple(answer["dims"])
    if dimensions != literal.shape:
        return [f"{what} has the dimensions {list(dimensions)} where {list(literal.shape)} were wanted"]
    data = decode(answer["data"])
    if len(data) != prod(literal.shape) * literal.type.size:
        return [f"{what} has {len(data)} bytes of data, which its dimensions do not"]
    wrong = difference(data, literal.array, literal.type, exact_bits=literal.exact_bits)
    return [f"{what}: {wrong}"] if wrong else []


def oracle(context: Context, name: str) -> TensorLiteral | None:
    """Return numpy's output of that name for the last `compute`, if numpy knows one."""
    port = context.output(name)
    if port is None or context.outputs is None:
        return None
    value = context.outputs[port.name]
    return TensorLiteral(port.type.element, value.shape, value.tobytes(), context.passes_through(port.name))
