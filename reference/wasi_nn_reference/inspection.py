"""Looks into a file without running it: what a guest imports, what a model takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wasi_nn_reference.backends import detection, registry
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.errors import UserError, WasiNnError
from wasi_nn_reference.host import shape_text
from wasi_nn_reference.named_graphs import NamedGraph, read_model
from wasi_nn_reference.types import ExecutionTarget
from wasi_nn_reference.wasmtime_host.recognition import COMPONENT, recognise

if TYPE_CHECKING:
    from pathlib import Path

    from wasi_nn_reference.backends.backend import Port
    from wasi_nn_reference.wasmtime_host.guest_report import GuestReport

_LOAD_SECONDS = 300.0  # nobody waits for it but the user, who can interrupt it


@dataclass(frozen=True)
class ModelReport:
    """A model: its encoding, and its inputs and outputs in order of their indices."""

    encoding: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    def lines(self) -> list[str]:
        """Return the report for a reader."""
        lines = [f"encoding: {self.encoding}"]
        for title, ports in (("inputs", self.inputs), ("outputs", self.outputs)):
            lines.append(f"{title}:")
            lines += [
                f"  {index}: {port.name} {port.type.value} {shape_text(port.shape)}" for index, port in enumerate(ports)
            ]
        return lines

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON values; a dimension or a shape that may be anything is null."""
        ports = {
            title: [
                {"name": port.name, "type": port.type.value, "shape": None if port.shape is None else list(port.shape)}
                for port in each
            ]
            for title, each in (("inputs", self.inputs), ("outputs", self.outputs))
        }
        return {"kind": "model", "encoding": self.encoding, **ports}


def inspect(path: Path) -> GuestReport | ModelReport:
    """Look into a .wasm file, a model's file, or a folder with a model; raises UserError."""
    if path.is_dir():
        return _model(_in_folder(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    kind = recognise(data)
    return _model(_of_file(path, data)) if kind is None else _guest(kind, data)


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


def _model(graph: NamedGraph) -> ModelReport:
    backend = registry.backends(EngineSettings())[graph.encoding]
    try:
        loaded = backend.load(graph.encoding, graph.builders, ExecutionTarget.CPU, _LOAD_SECONDS)
    except WasiNnError as error:
        raise UserError(error.message) from error
    return ModelReport(graph.encoding.value, loaded.inputs, loaded.outputs)


def _guest(kind: str, data: bytes) -> GuestReport:
    # Importing wasmtime takes 60 ms, and a model needs it not.
    from wasi_nn_reference.wasmtime_host.guest_report import component_report, module_report  # noqa: PLC0415

    return component_report(data) if kind == COMPONENT else module_report(data)
