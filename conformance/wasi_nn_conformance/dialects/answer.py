"""Tensors and outputs that a reply must hold, in the form that is the same for all ABIs."""

from collections.abc import Mapping
from typing import Any

from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.session.context import Context, Outputs
from wasi_nn_conformance.session.expected_reply import ExpectedOutput, ExpectedOutputs, ExpectedTensor
from wasi_nn_conformance.vectors.tensor import TensorLiteral


def expected_tensor(literal: TensorLiteral, context: Context | None, output: Any) -> ExpectedTensor | None:
    """Return what an output must hold; None for a tensor of a raw type, of which nothing can be said.

    An output of rank 0 may come with the dimensions [] or [1], as the text fixes neither.
    """
    if not isinstance(literal.type, ElementType):
        return None
    port = context.output(output) if context else None
    scalar = port is not None and port.type.shape == () and literal.shape in {(), (1,)}
    shapes: tuple[tuple[int, ...], ...] = ((), (1,)) if scalar else (literal.shape,)
    return ExpectedTensor(literal.type, shapes, literal.data, literal.exact_bits)


def expected_outputs(context: Context, arguments: Mapping[str, Any], outputs: Outputs | None) -> ExpectedOutputs:
    """Return the outputs that the answer to `compute` must have: their names, and with `outputs` their tensors."""
    other = context.other_names
    expected = []
    for port in context.model.outputs:
        literal = None if outputs is None else context.oracle(port.name, outputs)
        names = (port.name, other[port.name]) if port.name in other else (port.name,)
        tensor = None if literal is None else expected_tensor(literal, context, port.name)
        expected.append(ExpectedOutput(names, tensor))
    return ExpectedOutputs(tuple(expected), own_names=arguments.get("names") == "own")
