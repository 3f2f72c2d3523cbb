"""What stands in OpenVINO IR: the attributes of its layers, and between which there are edges."""

from __future__ import annotations

from typing import NamedTuple
from xml.parsers import expat  # only of bytes that `openvino.recognises`

from wasi_nn_reference.backends.formats.contents import Contents, FormatPort
from wasi_nn_reference.backends.formats.openvino import text_of

_PRECISIONS = {"FP16": "f16", "BF16": "bf16", "FP32": "f32", "FP64": "f64", "BOOL": "boolean"}


class _Output(NamedTuple):
    """An output of a layer; its names are those of the tensor, in one text."""

    names: str
    precision: str
    dimensions: list[int | None]


class _Layer:
    def __init__(self, attributes: dict[str, str]) -> None:
        self.kind = attributes.get("type", "")
        self.set = attributes.get("version", "")
        self.outputs: dict[str, _Output] = {}  # by id
        self._name = attributes.get("name", "")

    def port(self, number: str | None = None) -> FormatPort:
        """Return an output by its id, the first without one."""
        output = self.outputs.get(next(iter(self.outputs), "") if number is None else number)
        if output is None:
            return FormatPort(self._name, "unknown", None)
        precision = output.precision
        name = output.names.partition(",")[0] or self._name
        return FormatPort(name, _PRECISIONS.get(precision, precision.lower()), tuple(output.dimensions))


class _Reader:
    """Collects the layers by id, and where the input of each result comes from, in the order of the text."""

    def __init__(self) -> None:
        self.layers: dict[str, _Layer] = {}
        self.sources: dict[str, tuple[str, str]] = {}
        self._layer: _Layer | None = None
        self._path: list[str] = []
        self._dimensions: list[int | None] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """See `StartElementHandler`."""
        self._path.append(name)
        match self._path[1:]:  # bodies of loops have layers and edges further down
            case ["layers", "layer"]:
                self._layer = self.layers.setdefault(attributes.get("id", ""), _Layer(attributes))
            case ["layers", "layer", "output", "port"] if self._layer:
                self._dimensions = []
                self._layer.outputs[attributes.get("id", "")] = _Output(
                    attributes.get("names", ""), attributes.get("precision", "unknown"), self._dimensions
                )
            case ["edges", "edge"]:
                source = attributes.get("from-layer", ""), attributes.get("from-port", "")
                self.sources[attributes.get("to-layer", "")] = source
            case _:
                pass

    def end(self, _name: str) -> None:
        """See `EndElementHandler`."""
        self._path.pop()

    def text(self, text: str) -> None:
        """See `CharacterDataHandler`."""
        if self._path[1:] == ["layers", "layer", "output", "port", "dim"] and self._dimensions is not None:
            extent = int(text) if text.strip().lstrip("-").isdigit() else -1
            self._dimensions.append(extent if extent >= 0 else None)


def contents(model: bytes) -> Contents:
    """Return what stands in a model that `openvino.recognises`."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.Parse(text_of(model), True)
    inputs = [each.port() for each in reader.layers.values() if each.kind == "Parameter"]
    outputs = []
    for number, each in reader.layers.items():
        source, port = reader.sources.get(number, ("", ""))
        if each.kind == "Result" and source in reader.layers:
            outputs.append(reader.layers[source].port(port))
    sets = sorted({each.set for each in reader.layers.values() if each.set}, key=lambda name: (len(name), name))
    return Contents(tuple(sets), tuple(inputs), tuple(outputs))
