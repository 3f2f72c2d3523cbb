"""Looks into a WebAssembly file without running it: what it imports, and whether it runs here."""

from __future__ import annotations

import contextlib
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import wasmtime

from wasi_nn_reference.abi.witx.module import MODULE as WITX
from wasi_nn_reference.wasmtime_host import core
from wasi_nn_reference.wasmtime_host.compilation import Compiler, new_engine
from wasi_nn_reference.wasmtime_host.core_imports import misfits, served, unserved
from wasi_nn_reference.wasmtime_host.linking import Linking
from wasi_nn_reference.wasmtime_host.recognition import COMPONENT, MODULE
from wasi_nn_reference.wasmtime_host.sections import has_start
from wasi_nn_reference.wasmtime_host.unserved import refusal

if TYPE_CHECKING:
    from wasi_nn_reference.wasmtime_host.cache import ModuleCache

_WIT_IMPORT = re.compile(r"wasi:nn/[a-z-]+(?:@(?P<version>.+))?")
_LEGACY = "wasi_nn"  # see `unserved`


@dataclass(frozen=True)
class GuestReport:
    """A WebAssembly file.

    kind: "module" or "component". abi: the ABI of wasi-nn that it imports: "witx", or "wit" and the
    version; "" if it imports none. imports: names by module; for a component, interfaces. memory:
    whether it exports the memory without which no witx call works; a component always has its own.
    obstacles: why `wasi-nn run` without options would not run it, each as a sentence.
    """

    kind: str
    abi: str
    imports: dict[str, list[str]]
    memory: bool
    obstacles: list[str]

    def lines(self) -> list[str]:
        """Return the report for a reader."""
        imports = [
            f"  {module}: {', '.join(names)}" if names else f"  {module}" for module, names in self.imports.items()
        ]
        memory = [] if self.kind == COMPONENT else [f"exported memory: {'yes' if self.memory else 'no'}"]
        runs = f"no, because {'; '.join(self.obstacles)}" if self.obstacles else "yes"
        first = [f"kind: {self.kind}", f"wasi-nn: {self.abi or 'not imported'}", "imports:"]
        return [*first, *imports, *memory, f"runs here: {runs}"]

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return asdict(self)


def module_report(data: bytes, cache: ModuleCache | None = None) -> GuestReport:
    """Look into a core module; raises UserError."""
    engine = new_engine()
    module = Compiler(engine, cache).compiled(wasmtime.Module, data)
    imports: dict[str, list[str]] = {}
    for each in module.imports:
        imports.setdefault(each.module, []).append(each.name or "")
    exports = {each.name: each.type for each in module.exports}
    memory = isinstance(exports.get("memory"), wasmtime.MemoryType)
    abi = f"witx ({WITX})" if WITX in imports else f"another ({_LEGACY})" if _LEGACY in imports else ""
    obstacles = _import_obstacles(engine, module)
    if WITX in imports and not memory:
        obstacles.append("it exports no memory, without which calls of wasi-nn fail")
    runs = any(isinstance(exports.get(name), wasmtime.FuncType) for name in (core.START, core.INITIALIZE))
    if not runs and not has_start(data):
        obstacles.append(core.nothing_to_run(exports))
    return GuestReport(MODULE, abi, imports, memory, obstacles)


def _import_obstacles(engine: wasmtime.Engine, module: wasmtime.Module) -> list[str]:
    store = wasmtime.Store(engine)
    linker = core.link(engine)
    names = unserved(linker, store, module)
    missing = [refusal("guest", names, served())] if names else []
    return missing + misfits(linker, store, module)


def component_report(data: bytes, cache: ModuleCache | None = None) -> GuestReport:
    """Look into a component; raises UserError."""
    # Core modules do without all of it.
    from wasmtime.component import Component  # noqa: PLC0415

    from wasi_nn_reference.abi.wit.imports import imports_of  # noqa: PLC0415
    from wasi_nn_reference.wasmtime_host.bridging import UnreadableError, import_names  # noqa: PLC0415
    from wasi_nn_reference.wasmtime_host.component import NOTHING_TO_RUN, run_interface  # noqa: PLC0415
    from wasi_nn_reference.wasmtime_host.component_imports import obstacles  # noqa: PLC0415

    engine = new_engine()
    component = Compiler(engine, cache).compiled(Component, data)
    imports = list(component.type.imports(engine))
    # With the bridge a component imports that in the place of what the guest does.
    with contextlib.suppress(UnreadableError):
        imports = import_names(data)
    versions = {match["version"] for name in imports if (match := _WIT_IMPORT.fullmatch(name))}
    tags = sorted(f"wasi:nn@{version}" if version else "wasi:nn without a version" for version in versions)
    reasons = obstacles(imports_of(engine, component), Linking())
    if run_interface(engine, component) is None:
        reasons.append(NOTHING_TO_RUN)
    abi = f"wit ({', '.join(tags)})" if tags else ""
    return GuestReport(COMPONENT, abi, {name: [] for name in imports}, memory=False, obstacles=reasons)
