"""Looks into a file without running it: what a guest imports, what a model takes and gives."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wasi_nn_reference.backends import detection, registry
from wasi_nn_reference.backends.backend import shape_text
from wasi_nn_reference.backends.engines import Engines, Isolation
from wasi_nn_reference.backends.formats import onnx_contents, openvino_contents
from wasi_nn_reference.backends.formats.contents import Contents, FormatPort
from wasi_nn_reference.backends.formats.onnx import MalformedError
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraph, read_model
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType
from wasi_nn_reference.wasmtime_host.recognition import COMPONENT, recognise
from wasi_nn_reference.wasmtime_host.text_format import binary

if TYPE_CHECKING:
    from pathlib import Path

    from wasi_nn_reference.wasmtime_host.guest_report import GuestReport

_TYPES = {each.value for each in TensorType}
# By whom the encodings are read that are read without an engine.
_CONTENTS = {GraphEncoding.OPENVINO: openvino_contents.contents, GraphEncoding.ONNX: onnx_contents.contents}
_LOAD_SECONDS = 300.0  # nobody waits for it but the user, who can interrupt it


@dataclass(frozen=True)
class ModelReport:
    """A model: its encoding, the bytes of its builders, what stands in it, and why no graph can be made of it.

    Inputs and outputs are in order of their indices: as the engine has them, or as the format has them if it refuses.
    """

    encoding: GraphEncoding
    sizes: tuple[int, ...]
    operator_sets: tuple[str, ...]
    inputs: tuple[FormatPort, ...]
    outputs: tuple[FormatPort, ...]
    obstacle: str | None = None

    def lines(self) -> list[str]:
        """Return the report for a reader."""
        builders = registry.SERVED[self.encoding].builders
        sizes = [
            f"{each.what.partition(' (')[0]} {size} bytes" for each, size in zip(builders, self.sizes, strict=True)
        ]
        lines = [f"encoding: {self.encoding.value}", f"sizes: {', '.join(sizes)}"]
        if self.operator_sets:
            lines.append(f"operator sets: {', '.join(self.operator_sets)}")
        for title, ports in (("inputs", self.inputs), ("outputs", self.outputs)):
            lines.append(f"{title}:")
            lines += [f"  {index}: {_port_text(port)}" for index, port in enumerate(ports)]
        return [*lines, "runs here: yes" if self.obstacle is None else f"runs here: no, because {self.obstacle}"]

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON values; a dimension or a shape that may be anything is null."""
        ports = {
            title: [
                {"name": port.name, "type": port.type, "shape": None if port.shape is None else list(port.shape)}
                for port in each
            ]
            for title, each in (("inputs", self.inputs), ("outputs", self.outputs))
        }
        return {
            "kind": "model",
            "encoding": self.encoding.value,
            "sizes": list(self.sizes),
            "operator_sets": list(self.operator_sets),
            **ports,
            "obstacles": [] if self.obstacle is None else [self.obstacle],
        }


def _port_text(port: FormatPort) -> str:
    missing = "" if port.type in _TYPES else " (wasi-nn has no such type)"
    return f"{port.name} {port.type} {shape_text(port.shape)}{missing}"


def inspect(
    path: Path, isolation: Isolation = Isolation.PROCESS, *, use_cache: bool = True
) -> GuestReport | ModelReport:
    """Look into a WebAssembly file, a model's file, or a folder with a model; raises UserError.

    isolation: where a model is loaded. use_cache: take guests from the cache of compiled modules, and keep them in it.
    """
    if path.is_dir():
        return _model(_in_folder(path), isolation)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    data = binary(data)
    kind = recognise(data)
    return _model(_of_file(path, data), isolation) if kind is None else _guest(kind, data, use_cache=use_cache)


def has_model(folder: Path) -> bool:
    """Return whether a file in a folder ends as models of some encoding do."""
    endings = {served.builders[0].ending for served in registry.SERVED.values()}
    return any(entry.suffix in endings for entry in folder.iterdir())


def _in_folder(path: Path) -> NamedGraph:
    failures = []
    for encoding in registry.SERVED:
        try:
            return read_model(path, encoding)
        except UserError as error:
            failures.append(str(error))
    raise UserError("; ".join(failures))


def _of_file(path: Path, data: bytes) -> NamedGraph:
    """Return the model whose first builder is a file, with those that lie beside it; what is not there is empty."""
    for encoding, served in registry.SERVED.items():
        if detection.matches(encoding, data):
            beside = (path.with_suffix(each.ending) for each in served.builders[1:])
            return NamedGraph(encoding, (data, *(each.read_bytes() if each.is_file() else b"" for each in beside)))
    raise UserError(f"{path}: neither WebAssembly nor a model in one of: {registry.names()}")


def _model(graph: NamedGraph, isolation: Isolation) -> ModelReport:
    found = _contents(graph)
    sizes = tuple(map(len, graph.builders))
    with contextlib.closing(Engines(isolation, Limits.engine_bytes)) as engines:
        backend = engines.backends(EngineSettings())[graph.encoding]
        try:
            loaded = backend.load(graph.encoding, graph.builders, ExecutionTarget.CPU, _LOAD_SECONDS)
        except WasiNnError as error:
            if error.code is not ErrorCode.UNSUPPORTED_OPERATION:
                raise UserError(error.message) from error
            return ModelReport(graph.encoding, sizes, *found, obstacle=error.message)
    inputs, outputs = (
        tuple(FormatPort(port.name, port.type.value, port.shape) for port in ports)
        for ports in (loaded.inputs, loaded.outputs)
    )
    return ModelReport(graph.encoding, sizes, found.operator_sets, inputs, outputs)


def _contents(graph: NamedGraph) -> Contents:
    read = _CONTENTS.get(graph.encoding)
    if read is None:
        return Contents((), (), ())
    try:
        return read(graph.builders[0])
    except MalformedError as error:
        raise UserError(f"the ONNX model is malformed: {error}") from error


def _guest(kind: str, data: bytes, *, use_cache: bool) -> GuestReport:
    # Importing wasmtime takes 60 ms, and a model needs it not.
    from wasi_nn_reference.wasmtime_host.cache import user_cache  # noqa: PLC0415
    from wasi_nn_reference.wasmtime_host.guest_report import component_report, module_report  # noqa: PLC0415

    cache = user_cache() if use_cache else None
    return component_report(data, cache) if kind == COMPONENT else module_report(data, cache)
