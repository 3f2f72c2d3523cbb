"""OpenVINO IR with some of what its XML says changed."""

import copy
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

from wasi_nn_conformance.models.mutation import DIMENSIONS, EXTREMES, place

_OPERATORS = (
    *("Parameter", "Result", "Const", "Add", "Subtract", "Multiply", "Relu", "Convert", "MatMul", "Concat", "Split"),
    *("Reshape", "Transpose", "ReduceSum", "Gather", "GatherND", "ScatterNDUpdate", "StridedSlice", "Tile", "OneHot"),
    *("Broadcast", "NonZero", "TopK", "Softmax", "Convolution", "MaxPool", "Interpolate", "LSTMCell", "Loop", "If"),
    *("TensorIterator", "ReadValue", "TurnInsideOut"),
)
_TYPES = (
    "f32",
    "f16",
    "bf16",
    "f64",
    "i64",
    "i32",
    "u8",
    "i4",
    "u4",
    "u1",
    "boolean",
    "string",
    "undefined",
    "dynamic",
)
_SHAPES = ("", "?", "0", "4", "4,1", "1,4,1", "1,0", "?,4", "-1,4", "1..3,4", "1099511627776,4", "65536,2", "1,,4")
_VERSIONS = ("opset1", "opset3", "opset5", "opset8", "opset13", "extension")
_NUMBERS, _DIMENSIONS = tuple(map(str, EXTREMES)), tuple(map(str, DIMENSIONS))
_WORDS = {
    "type": _OPERATORS,
    "element_type": _TYPES,
    "precision": tuple(map(str.upper, _TYPES)),
    "version": _VERSIONS,
    "shape": _SHAPES,
}
"""What may stand in an attribute; in all others numbers."""
_KINDS = ("attribute", "attribute", "attribute", "attribute", "dimension", "removed", "doubled")


def mutated(draw: st.DrawFn, xml: bytes, changes: int) -> bytes:
    """Change that many attributes or dimensions, or leave out or double elements."""
    root = ET.fromstring(xml)  # noqa: S314 the suite's own model
    for _ in range(changes):
        kind = draw(st.sampled_from(_KINDS))
        elements = list(root.iter())
        dimensions = [element for element in elements if element.tag == "dim"]
        if kind == "attribute":
            _change_attribute(draw, elements)
        elif kind == "dimension" and dimensions:
            others = sorted({element.text or "" for element in dimensions})
            dimensions[place(draw, dimensions)].text = draw(st.sampled_from((*_DIMENSIONS, *others)))
        elif len(elements) > 1:
            _remove_or_double(draw, elements, doubles=kind == "doubled")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _change_attribute(draw: st.DrawFn, elements: list[ET.Element]) -> None:
    """Set an attribute to another value: one of its kind, or that of another element."""
    names = sorted({name for element in elements for name in element.attrib})
    if names:
        name = draw(st.sampled_from([*names, *["type"] * (len(names) // 3 if "type" in names else 0)]))
        having = [element for element in elements if name in element.attrib]
        others = sorted({element.attrib[name] for element in having})
        having[place(draw, having)].set(name, draw(st.sampled_from((*_WORDS.get(name, _NUMBERS), *others))))


def _remove_or_double(draw: st.DrawFn, elements: list[ET.Element], *, doubles: bool) -> None:
    parents = {child: parent for parent in elements for child in parent}
    element = elements[1 + place(draw, elements[1:])]
    if doubles:
        parents[element].insert(list(parents[element]).index(element), copy.deepcopy(element))
    else:
        parents[element].remove(element)
