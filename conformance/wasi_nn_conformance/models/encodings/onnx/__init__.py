"""ONNX: one protobuf message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasi_nn_conformance.models.encoding import Encoding

from .model import TYPES, emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

    from wasi_nn_conformance.models.model import Model


def _builders(model: Model) -> tuple[bytes]:
    return (emit(model),)


def _mutated(draw: DrawFn, builder: bytes, changes: int) -> bytes:
    from .mutation import mutated  # noqa: PLC0415  needs Hypothesis, which whoever runs written vectors does not load

    return mutated(draw, builder, changes)


def _with_operator(builders: Sequence[bytes], name: bytes) -> list[bytes]:
    (model,) = builders
    return [model.replace(b"Relu", name)]


ENCODING = Encoding(
    name="onnx",
    files=("model.onnx",),
    types=TYPES,
    emit=_builders,
    mutated=_mutated,
    with_operator=_with_operator,
    library="onnx",
)
