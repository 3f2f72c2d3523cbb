"""Core modules: links WASI and wasi-nn, runs `_start` or what is in its place, tells how it ended."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import wasmtime

from wasi_nn_reference.abi.witx.calls import WitxCalls, define_shared
from wasi_nn_reference.abi.witx.module import MODULE
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.core_imports import settle
from wasi_nn_reference.wasmtime_host.ending import BACKTRACE, TrapError, last_line, one_line
from wasi_nn_reference.wasmtime_host.failed_calls import point_to_verbose
from wasi_nn_reference.wasmtime_host.linking import UnknownImports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wasi_nn_reference.host import Host
    from wasi_nn_reference.wasmtime_host.guest import Guest
    from wasi_nn_reference.wasmtime_host.linking import Linking

START, INITIALIZE = "_start", "_initialize"  # what a command exports, and a reactor


class CoreProgram:
    """A compiled core module; see `wasi_nn_reference.wasmtime_host.runner.Program`.

    has_start: whether it has a start function, which runs when it is instantiated.
    """

    memories = 1
    instances = 1

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module, linking: Linking, *, has_start: bool) -> None:
        self._engine = engine
        self._module = module
        self._linking = linking
        self._has_start = has_start
        self.infers = any(each.module == MODULE for each in module.imports)
        self._linked = self._link_ahead()

    def _link_ahead(self) -> wasmtime.InstancePre | None:
        """Look up the imports for all runs; None for a module that has to be linked in the store of each."""
        if self._linking.unknown_imports is UnknownImports.DEFAULT:
            return None
        linker = link(self._engine, self._linking.extensions)
        with contextlib.closing(wasmtime.Store(self._engine)) as store:
            settle(linker, store, self._module, self._linking)
        try:
            return linker.instantiate_pre(self._module)
        except wasmtime.WasmtimeError as error:
            raise UserError(f"the guest failed: {one_line(error)}") from error

    def _instance(self, store: wasmtime.Store) -> wasmtime.Instance:
        if self._linked is not None:
            return self._linked.instantiate(store)
        linker = link(self._engine, self._linking.extensions)
        settle(linker, store, self._module, self._linking)
        return linker.instantiate(store, self._module)

    def run(self, store: wasmtime.Store, host: Host, guest: Guest) -> int:
        """Run the module; see `Program.run`."""
        if self.infers:
            host.warm()
        calls = WitxCalls(host, store, self._linking.tensor_types, verbose=self._linking.verbose)
        status = None
        try:
            with calls.answering() if self.infers else contextlib.nullcontext():
                self._run(store, calls, guest)
            status = 0
        except wasmtime.ExitTrap as end:
            status = end.code
        except wasmtime.Trap as trap:
            raise TrapError(f"the guest trapped: {_cause(trap)}") from trap
        except wasmtime.WasmtimeError as error:
            if BACKTRACE in str(error):  # an import that is defined as a trap
                raise TrapError(f"the guest trapped: {last_line(str(error))}") from error
            raise UserError(f"the guest failed: {one_line(error)}") from error
        finally:
            if status != 0:
                point_to_verbose(calls.failed, verbose=self._linking.verbose)
        return status

    def _run(self, store: wasmtime.Store, calls: WitxCalls, guest: Guest) -> None:
        exports = self._instance(store).exports(store)
        calls.use(exports.get("memory"))
        initialize, start = exports.get(INITIALIZE), exports.get(START)
        if isinstance(initialize, wasmtime.Func):
            initialize(store)
        if guest.invoke is not None:
            from wasi_nn_reference.wasmtime_host.invocation import invoke  # noqa: PLC0415 - few guests need it

            invoke(store, guest.invoke, exports.get(guest.invoke), guest.arguments[1:])
        elif isinstance(start, wasmtime.Func):
            start(store)
        elif not (self._has_start or isinstance(initialize, wasmtime.Func)):
            raise UserError(nothing_to_run(exports))


def link(engine: wasmtime.Engine, extensions: tuple[str, ...] = ()) -> wasmtime.Linker:
    """Return a linker with all that is served, for any number of stores."""
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    define_shared(linker, extensions)
    return linker


def nothing_to_run(exports: Mapping[str, object]) -> str:
    """Return why a module cannot be run that has these exports and no start function."""
    names = [name for name, each in exports.items() if isinstance(each, (wasmtime.Func, wasmtime.FuncType))]
    others = f"; --invoke NAME calls one of: {', '.join(names)}" if names else ""
    return f"the module exports no function {START} or {INITIALIZE}, so there is nothing to run{others}"


def _cause(trap: wasmtime.Trap) -> str:
    """Return the cause that wasmtime writes below its backtrace, and the innermost function."""
    lines = [line.strip() for line in trap.message.splitlines() if line.strip()]
    cause = next((line for line in reversed(lines) if "wasm trap:" in line), lines[-1] if lines else "no reason")
    frames = trap.frames
    where = f" in {frames[0].func_name}" if frames and frames[0].func_name else ""
    return cause.partition("wasm trap:")[2].strip() + where if "wasm trap:" in cause else cause + where
