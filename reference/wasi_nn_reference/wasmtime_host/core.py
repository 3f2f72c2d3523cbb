"""Core modules: links WASI and wasi-nn, runs `_start`, tells how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import wasmtime

from wasi_nn_reference.abi.witx.calls import WitxCalls
from wasi_nn_reference.abi.witx.module import FUNCTIONS, MODULE
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.ending import TrapError, one_line

if TYPE_CHECKING:
    from wasi_nn_reference.host import Host

_WASI = "wasi_snapshot_preview1"


class CoreProgram:
    """A compiled core module; see `wasi_nn_reference.wasmtime_host.runner.Program`."""

    memories = 1
    instances = 1

    def __init__(
        self, engine: wasmtime.Engine, module: wasmtime.Module, tensor_types: str, *, verbose: bool = False
    ) -> None:
        self._engine = engine
        self._module = module
        self._tensor_types = tensor_types
        self._verbose = verbose

    def run(self, store: wasmtime.Store, host: Host) -> int:
        """Run `_start`; see `Program.run`."""
        if any(each.module == MODULE for each in self._module.imports):
            host.warm()
        linker = wasmtime.Linker(self._engine)
        linker.define_wasi()
        calls = WitxCalls(host, store, self._tensor_types, verbose=self._verbose)
        calls.define(linker)
        self._refuse_unknown_imports(linker, store)
        try:
            self._start(linker, store, calls)(store)
        except wasmtime.ExitTrap as end:
            return end.code
        except wasmtime.Trap as trap:
            raise TrapError(f"the guest trapped: {_cause(trap)}") from trap
        except wasmtime.WasmtimeError as error:
            raise UserError(f"the guest failed: {one_line(error)}") from error
        return 0

    def _refuse_unknown_imports(self, linker: wasmtime.Linker, store: wasmtime.Store) -> None:
        for wanted in self._module.imports:
            try:
                linker.get(store, wanted.module, wanted.name or "")
            except wasmtime.WasmtimeError:
                raise UserError(
                    f"the guest imports {wanted.module}.{wanted.name}, which is not served here;"
                    f" served: {_WASI} (WASI preview 1) and {MODULE} ({', '.join(FUNCTIONS)})"
                ) from None

    def _start(self, linker: wasmtime.Linker, store: wasmtime.Store, calls: WitxCalls) -> wasmtime.Func:
        exports = linker.instantiate(store, self._module).exports(store)
        calls.use(exports.get("memory"))
        start = exports.get("_start")
        if not isinstance(start, wasmtime.Func):
            raise UserError("the module exports no function _start, so there is nothing to run")
        return start


def _cause(trap: wasmtime.Trap) -> str:
    """Return the cause that wasmtime writes below its backtrace, and the innermost function."""
    lines = [line.strip() for line in trap.message.splitlines() if line.strip()]
    cause = next((line for line in reversed(lines) if "wasm trap:" in line), lines[-1] if lines else "no reason")
    frames = trap.frames
    where = f" in {frames[0].func_name}" if frames and frames[0].func_name else ""
    return cause.partition("wasm trap:")[2].strip() + where if "wasm trap:" in cause else cause + where
