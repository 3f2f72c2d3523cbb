"""An encoding for a test of the suite's own: JSON that says what the model is. It lacks three of the element types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.models.encoding import Encoding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

    from wasi_nn_conformance.models.model import Model

TYPES = {element: element.upper() for element in ElementType if element not in {"bf16", "f64", "i32"}}


def _emit(model: Model) -> list[bytes]:
    inputs = [[port.name, TYPES[port.type.element], port.type.shape] for port in model.inputs]
    outputs = {name: repr(expression) for name, expression in model.expressions}
    return [json.dumps({"inputs": inputs, "outputs": outputs}).encode(), model.id.encode()]


def _mutated(draw: DrawFn, builder: bytes, changes: int) -> bytes:
    from hypothesis import strategies as st  # noqa: PLC0415  whoever runs written vectors does not load it

    return builder[draw(st.integers(changes, 20)) :]


def _with_operator(builders: Sequence[bytes], name: bytes) -> list[bytes]:
    return [builders[0].replace(b"Relu", name), builders[1]]


ENCODING = Encoding(
    name=__name__.rpartition(".")[2],
    files=("model.json", "model.txt"),
    types=TYPES,
    emit=_emit,
    mutated=_mutated,
    with_operator=_with_operator,
)
