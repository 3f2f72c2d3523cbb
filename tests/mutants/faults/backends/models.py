"""Faults in which models an engine takes, and what it reads of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from mutant import SHARED, WITX, module, mutant, put, replace, rewritten


@mutant(
    "backends/onnx-is-anything",
    "any bytes are taken for ONNX",
    WITX,
    ("onnx",),
    clauses=("load.corrupt-model", "load.encoding-is-a-promise"),
)
def _() -> None:
    served, encoding = module("backends.registry").SERVED, module("types").GraphEncoding.ONNX
    put(served, encoding, served[encoding]._replace(recognises=lambda _data: True))


rewritten(
    "backends/operator-set-unchecked",
    "the engine counts up to the operator set that is asked for",
    WITX,
    "backends.formats.onnx:refuse_unbounded",
    "operator_set > _NEWEST_OPERATOR_SET",
    "False",
    encodings=("onnx",),
    clauses=("load.unknown-operator",),
)


rewritten(
    "backends/foreign-type-dies",
    "a type that wasi-nn does not have ends the host",
    WITX,
    "backends.openvino.ports:port_of",
    "if element_type is None:",
    "if element_type is None:\n        __import__('os').abort()",
    clauses=("load.foreign-type",),
)
rewritten(
    "backends/nameless-refused",
    "a model whose tensors have no names is refused",
    WITX,
    "backends.openvino.ports:_name",
    "names = port.get_names()",
    "names = port.get_names()\n    if not names:\n        raise unsupported('a tensor has no name')",
    clauses=("input.any-name", "load.graph-from-builders"),
)
rewritten(
    "backends/declaration-wanted",
    "IR is known by the declaration that XML may begin with",
    WITX,
    "backends.formats.openvino:recognises",
    '(b"<?xml", b"<net", b"<!--")',
    '(b"<?xml",)',
    clauses=("load.graph-from-builders",),
)


@mutant(
    "backends/files-followed",
    "weights that a model keeps in a file are read from there",
    WITX,
    ("onnx",),
    clauses=("load.no-file",),
)
def _files_followed() -> None:
    engine = module("backends.openvino.engine").OpenVino
    healthy = engine.load

    def load(self: Any, encoding: Any, builders: tuple[bytes, ...], *others: Any) -> Any:
        if b"location" in builders[0]:
            model = importlib.import_module("onnx").load_from_string(builders[0])
            for tensor in model.graph.initializer:
                path = Path(next(each.value for each in tensor.external_data if each.key == "location"))
                if path.exists():
                    with path.open("rb") as file:
                        tensor.raw_data = file.read(16)
                    tensor.ClearField("external_data")
                    tensor.ClearField("data_location")
            builders = (model.SerializeToString(),)
        return healthy(self, encoding, builders, *others)

    replace(engine, "load", load)


@mutant(
    "backends/default-inputs-refused",
    "a model whose weights are listed among its inputs is refused",
    WITX,
    ("onnx",),
    clauses=("load.default-inputs",),
)
def _default_inputs_refused() -> None:
    formats = module("backends.formats.onnx")
    healthy = formats.has_external_data

    def refused(data: bytes) -> bool:
        graph = importlib.import_module("onnx").load_from_string(data).graph
        return healthy(data) or bool({each.name for each in graph.input} & {each.name for each in graph.initializer})

    replace(formats, "has_external_data", refused)


rewritten(
    "backends/weights-without-zeros-behind",
    "zeros at the end of the weights are cut off",
    SHARED,
    "backends.openvino.engine:OpenVino._load",
    'builders[1] if len(builders) > 1 else b""',
    'builders[1].rstrip(bytes(1)) if len(builders) > 1 else b""',
    clauses=("load.graph-from-builders", "load.every-builder-is-used"),
)
rewritten(
    "backends/carriage-returns-refused",
    "IR whose lines end in CR LF is refused",
    WITX,
    "backends.formats.openvino:recognises",
    "text = text_of(data)",
    "text = text_of(data)\n    if b'\\r\\n' in text:\n        return False",
    clauses=("load.graph-from-builders",),
)
rewritten(
    "backends/onnx-begins-with-its-version",
    "ONNX is known by the version of its IR, which must be its first field",
    WITX,
    "backends.formats.onnx:recognises",
    "return _GRAPH in found",
    "return data[:1] == b'\\x08' and _GRAPH in found",
    encodings=("onnx",),
    clauses=("load.graph-from-builders",),
)
