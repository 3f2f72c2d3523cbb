"""Looks into a file without running it: what a guest imports, what a model takes and gives."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from wasi_nn_reference.abi import witx
from wasi_nn_reference.errors import UserError, WasiNnError
from wasi_nn_reference.host import shape_text
from wasi_nn_reference.registry import FILES, NamedGraph, read_folder
from wasi_nn_reference.serving import backends
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding
from wasi_nn_reference.wasm import COMPONENT, recognise

if TYPE_CHECKING:
    from pathlib import Path

    from wasi_nn_reference.backends import Port

_LOAD_SECONDS = 300.0  # nobody waits for it but the user, who can interrupt it
_WIT_IMPORT = re.compile(r"wasi:nn/[a-z-]+@(.+)")


@dataclass(frozen=True)
class GuestReport:
    """A WebAssembly file.

    kind: "module" or "component". abi: the ABI of wasi-nn that it imports: "witx", or "wit" and the
    version; "" if it imports none. imports: names by module; for a component, interfaces. memory:
    whether it exports the memory without which no witx call works; a component always has its own.
    """

    kind: str
    abi: str
    imports: dict[str, list[str]]
    memory: bool

    def lines(self) -> list[str]:
        """Return the report for a reader."""
        imports = [
            f"  {module}: {', '.join(names)}" if names else f"  {module}" for module, names in self.imports.items()
        ]
        memory = [] if self.kind == COMPONENT else [f"exported memory: {'yes' if self.memory else 'no'}"]
        return [f"kind: {self.kind}", f"wasi-nn: {self.abi or 'not imported'}", "imports:", *imports, *memory]


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


def as_json(report: GuestReport | ModelReport) -> dict[str, object]:
    """Return the report as JSON values; a dimension or a shape that may be anything is null."""
    if isinstance(report, GuestReport):
        return asdict(report)
    ports = {
        title: [
            {"name": port.name, "type": port.type.value, "shape": None if port.shape is None else list(port.shape)}
            for port in each
        ]
        for title, each in (("inputs", report.inputs), ("outputs", report.outputs))
    }
    return {"kind": "model", "encoding": report.encoding, **ports}


def inspect(path: Path) -> GuestReport | ModelReport:
    """Look into a .wasm file, a model's file, or a folder with a model; raises UserError."""
    if path.is_dir():
        return _model(_in_folder(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    kind = recognise(data)
    if kind is not None:
        return _component(data) if kind == COMPONENT else _module(data)
    return _model(_of_file(path, data))


def _in_folder(path: Path) -> NamedGraph:
    failures = []
    for encoding in FILES:
        try:
            return read_folder(path, encoding)
        except UserError as error:
            failures.append(str(error))
    raise UserError("; ".join(failures))


def _of_file(path: Path, data: bytes) -> NamedGraph:
    from wasi_nn_reference.backends import detection  # noqa: PLC0415 - only models need it

    if detection.matches(GraphEncoding.ONNX, data):
        return NamedGraph(GraphEncoding.ONNX, (data,))
    if detection.matches(GraphEncoding.OPENVINO, data):
        weights = path.with_suffix(".bin")
        return NamedGraph(GraphEncoding.OPENVINO, (data, weights.read_bytes() if weights.is_file() else b""))
    raise UserError(f"{path}: neither WebAssembly nor a model in one of: {', '.join(each.value for each in FILES)}")


def _model(graph: NamedGraph) -> ModelReport:
    backend = next(each for each in backends("f32", None) if graph.encoding in each.encodings)
    try:
        loaded = backend.load(graph.encoding, graph.builders, ExecutionTarget.CPU, _LOAD_SECONDS)
    except WasiNnError as error:
        raise UserError(error.message) from error
    return ModelReport(graph.encoding.value, loaded.inputs, loaded.outputs)


def _module(data: bytes) -> GuestReport:
    import wasmtime  # noqa: PLC0415 - a model needs it not

    try:
        module = wasmtime.Module(wasmtime.Engine(), data)
    except wasmtime.WasmtimeError as error:
        raise UserError(f"the module is broken: {' '.join(str(error).split())}") from error
    imports: dict[str, list[str]] = {}
    for each in module.imports:
        imports.setdefault(each.module, []).append(each.name or "")
    memory = any(each.name == "memory" and isinstance(each.type, wasmtime.MemoryType) for each in module.exports)
    abi = f"witx ({witx.MODULE})" if witx.MODULE in imports else ""
    return GuestReport("module", abi, imports, memory)


def _component(data: bytes) -> GuestReport:
    import wasmtime  # noqa: PLC0415
    from wasmtime.component import Component  # noqa: PLC0415

    engine = wasmtime.Engine()
    try:
        imports = Component(engine, data).type.imports(engine)
    except wasmtime.WasmtimeError as error:
        raise UserError(f"the component is broken: {' '.join(str(error).split())}") from error
    tags = sorted({match[1] for name in imports if (match := _WIT_IMPORT.fullmatch(name))})
    abi = "wit (" + ", ".join(f"wasi:nn@{tag}" for tag in tags) + ")" if tags else ""
    return GuestReport(COMPONENT, abi, {name: [] for name in imports}, memory=False)
