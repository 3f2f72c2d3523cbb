"""Faults in what load checks about bytes and builders before the engine sees them."""

from __future__ import annotations

from mutant import WITX, rewritten

from faults.host import LOAD

_ONNX = ("openvino", "onnx")

rewritten(
    "detection/bytes-unchecked",
    "bytes of another encoding than the one named are loaded all the same",
    WITX,
    "backends.detection:check",
    "if not matches(encoding, builders[0]):",
    "if False:",
    _ONNX,
    clauses=("load.encoding-is-a-promise", "load.corrupt-model"),
)
rewritten(
    "detection/builders-uncounted",
    "the number of builders is not checked: more than the model has are dropped",
    WITX,
    LOAD,
    "    if not builders:",
    "    builders = builders[: 2 if encoding is GraphEncoding.OPENVINO else 1]\n    if not builders:",
    _ONNX,
    clauses=("load.builder-count",),
)
rewritten(
    "detection/missing-builder-is-empty",
    "weights that are missing count as empty",
    WITX,
    LOAD,
    "    if not builders:",
    "    if len(builders) == 1 and encoding is GraphEncoding.OPENVINO:\n"
    "        builders = (*builders, b'')\n"
    "    if not builders:",
    clauses=("load.builder-count",),
)
rewritten(
    "detection/cut-uncounted",
    "a model is found again by all of its bytes, wherever they are cut",
    WITX,
    "sharing:SharedGraphs.load",
    "tuple(hashlib.sha256(builder).digest() for builder in builders)",
    '(hashlib.sha256(b"".join(builders)).digest(),)',
    clauses=("load.corrupt-model",),
)
