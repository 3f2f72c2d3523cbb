"""Looks into a WebAssembly file without running it: what it imports."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

import wasmtime

from wasi_nn_reference.abi.witx.module import MODULE as WITX
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.ending import one_line
from wasi_nn_reference.wasmtime_host.recognition import COMPONENT, MODULE

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

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return asdict(self)


def module_report(data: bytes) -> GuestReport:
    """Look into a core module; raises UserError."""
    try:
        module = wasmtime.Module(wasmtime.Engine(), data)
    except wasmtime.WasmtimeError as error:
        raise UserError(f"the module is broken: {one_line(error)}") from error
    imports: dict[str, list[str]] = {}
    for each in module.imports:
        imports.setdefault(each.module, []).append(each.name or "")
    memory = any(each.name == "memory" and isinstance(each.type, wasmtime.MemoryType) for each in module.exports)
    return GuestReport(MODULE, f"witx ({WITX})" if WITX in imports else "", imports, memory)


def component_report(data: bytes) -> GuestReport:
    """Look into a component; raises UserError."""
    from wasmtime.component import Component  # noqa: PLC0415 - core modules do without

    engine = wasmtime.Engine()
    try:
        imports = Component(engine, data).type.imports(engine)
    except wasmtime.WasmtimeError as error:
        raise UserError(f"the component is broken: {one_line(error)}") from error
    tags = sorted({match[1] for name in imports if (match := _WIT_IMPORT.fullmatch(name))})
    abi = "wit (" + ", ".join(f"wasi:nn@{tag}" for tag in tags) + ")" if tags else ""
    return GuestReport(COMPONENT, abi, {name: [] for name in imports}, memory=False)
