"""OpenVINO IR: XML for the network, and a file of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasi_nn_conformance.models.encoding import Encoding

from .model import TYPES, emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn


def _mutated(draw: DrawFn, builder: bytes, changes: int) -> bytes:
    from .mutation import mutated  # noqa: PLC0415  needs Hypothesis, which whoever runs written vectors does not load

    return mutated(draw, builder, changes)


def _with_operator(builders: Sequence[bytes], name: bytes) -> list[bytes]:
    xml, weights = builders
    return [xml.replace(b"ReLU", name), weights]


ENCODING = Encoding(
    name="openvino",
    files=("model.xml", "model.bin"),
    types=TYPES,
    emit=emit,
    mutated=_mutated,
    with_operator=_with_operator,
)
