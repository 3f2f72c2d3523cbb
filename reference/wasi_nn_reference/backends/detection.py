"""Which encoding the bytes of a model are in, by what stands in them, never by asking an engine.

Engines guess: OpenVINO's reader takes ONNX for IR. So bytes are recognised here first.
"""

from __future__ import annotations

# Only well-formedness is asked of expat; it expands no entities because a DOCTYPE is refused.
from xml.parsers import expat

from wasi_nn_reference.backends.onnx_wire import is_onnx
from wasi_nn_reference.errors import invalid_argument, invalid_encoding
from wasi_nn_reference.types import GraphEncoding

# How many builders `load` takes for each encoding that some backend here serves, and what they are.
BUILDERS = {
    GraphEncoding.OPENVINO: ("the XML", "the weights (may be empty)"),
    GraphEncoding.ONNX: ("the model",),
}


def matches(encoding: GraphEncoding, first: bytes) -> bool:
    """Tell whether `first`, a model's first builder, is in `encoding`."""
    return _RECOGNISERS[encoding](first)


def check(encoding: GraphEncoding, builders: tuple[bytes, ...]) -> None:
    """Make sure that the builders are what `encoding` wants.

    Raises `invalid_argument` for a wrong number of builders, `invalid_encoding` for other bytes.
    """
    wanted = BUILDERS[encoding]
    if len(builders) != len(wanted):
        raise invalid_argument(
            f"{encoding.value} takes {len(wanted)} builder(s), {' and '.join(wanted)}; got {len(builders)}"
        )
    if not matches(encoding, builders[0]):
        raise invalid_encoding(f"the bytes are not a model in the encoding {encoding.value}")


def detect(builders: tuple[bytes, ...]) -> GraphEncoding:
    """Return the encoding of the builders; raises `invalid_encoding` unless exactly one fits."""
    found = [
        encoding
        for encoding, wanted in BUILDERS.items()
        if len(builders) == len(wanted) and matches(encoding, builders[0])
    ]
    if len(found) != 1:
        raise invalid_encoding("the bytes are in none of the encodings that can be detected: openvino, onnx")
    return found[0]


def _is_ir(data: bytes) -> bool:
    """Tell whether `data` is well-formed XML whose outermost element is `net`, as OpenVINO IR is."""
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip()[:5].startswith((b"<?xml", b"<net", b"<!--")):
        return False
    names: list[str] = []
    parser = expat.ParserCreate()

    def start(name: str, _attributes: dict[str, str]) -> None:
        if not names:
            names.append(name)

    def refuse(*_: object) -> None:
        raise expat.ExpatError("a document type is no part of IR")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):
        return False
    return names == ["net"]


_RECOGNISERS = {GraphEncoding.OPENVINO: _is_ir, GraphEncoding.ONNX: is_onnx}
