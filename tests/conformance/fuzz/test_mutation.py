"""Broken models: what is changed, and how often one still is a model."""

from xml.etree import ElementTree as ET

import hypothesis
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import strategies as st

from wasi_nn_conformance.fuzz.search import settings_of
from wasi_nn_conformance.fuzz.strategies.mutation import mutated
from wasi_nn_conformance.models import builders_of
from wasi_nn_conformance.run.library import Library

MODEL = Library().models["sub-f32"]
EXAMPLES = 400


def broken(encoding: str) -> list[list[bytes]]:
    """Draw broken builders of one model."""
    kept: list[list[bytes]] = []

    @hypothesis.seed(3)
    @settings_of(EXAMPLES, shrinks=False)
    @hypothesis.given(st.data())
    def draw(data: st.DataObject) -> None:
        kept.append(data.draw(st.composite(lambda draw: mutated(draw, MODEL, encoding))()))

    draw()
    return kept


@pytest.mark.parametrize("encoding", ["openvino", "onnx"])
def test_most_models_are_changed(encoding: str) -> None:
    good = builders_of(MODEL, encoding)

    assert sum(builders != good for builders in broken(encoding)) > 0.9 * EXAMPLES


def test_most_ir_can_still_be_read_and_has_other_operators() -> None:
    kinds = set()
    readable = 0
    for xml, _ in broken("openvino"):
        try:
            layers = ET.fromstring(xml).iter("layer")  # noqa: S314 the suite's own
        except (ET.ParseError, LookupError, ValueError):  # the encoding may be changed too
            continue
        readable += 1
        kinds |= {layer.get("type") for layer in layers}

    assert readable > EXAMPLES / 2
    assert len(kinds) > 10


def test_most_onnx_can_still_be_read_and_has_other_operators() -> None:
    kinds = set()
    readable = 0
    for (model,) in broken("onnx"):
        try:
            nodes = onnx.ModelProto.FromString(model).graph.node
        except DecodeError:
            continue
        readable += 1
        kinds |= {node.op_type for node in nodes}

    assert readable > EXAMPLES / 2
    assert len(kinds) > 5
