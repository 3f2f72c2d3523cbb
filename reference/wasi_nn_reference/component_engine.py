"""Runs a component on wasmtime: finds the version of wasi:nn by its imports, tells how it ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import wasmtime
from wasmtime.component import Component, Func, Linker, Variant

from wasi_nn_reference.abi.wit import imports
from wasi_nn_reference.abi.wit.calls import WitCalls
from wasi_nn_reference.console import note
from wasi_nn_reference.deadline import deadline
from wasi_nn_reference.engine import TrapError, new_engine, new_store, one_line, overrun
from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from wasi_nn_reference.engine import Guest
    from wasi_nn_reference.host import Host
    from wasi_nn_reference.module_cache import ModuleCache

FAILED = 1  # exit status of a guest whose `run` returns an error, as of the wasmtime program
_MAX_INSTANCES = 64  # core instances: a component has one for its code and some that only connect it
_RUN = re.compile(r"wasi:cli/run@0\.2\.\d+")
# wasmtime converts at most 128 MiB in one call, at 48 bytes for each byte of a list; its C API has no setting for it.
_MOST_BYTES = (128 << 20) // 48
_BACKTRACE = "wasm backtrace"
_FUEL = "fuel allocated for hostcalls has been exhausted"


class ComponentEngine:
    """One wasmtime engine for components. `cache` None compiles every component anew."""

    def __init__(self, cache: ModuleCache | None = None) -> None:
        self._cache = cache
        self._engine = new_engine()

    def run(self, wasm: bytes, guest: Guest, host: Host, *, verbose: bool = False) -> int:
        """Run a component's `wasi:cli/run` and return its exit status.

        Raises UserError for a file that cannot be run here, TrapError.
        """
        component = self._component(wasm)
        versions = imports.check(self._engine, component)
        exported = self._run_interface(component)
        calls = WitCalls(host, verbose=verbose)
        linker = Linker(self._engine)
        linker.add_wasip2()
        calls.define(linker, versions)
        store = new_store(self._engine, guest, host.limits, instances=_MAX_INSTANCES)
        with deadline(guest.seconds, self._engine.increment_epoch):
            try:
                outcome = self._start(linker, store, component, exported)(store)
            except wasmtime.ExitTrap as end:
                return end.code
            except wasmtime.WasmtimeError as error:
                raise _trap(str(error), guest) from error
            finally:
                if verbose:
                    _note_left_over(calls)
                store.close()  # before what it calls back
                calls.table.clear()
        return FAILED if outcome == Variant("err") else 0

    def _component(self, wasm: bytes) -> Component:
        cached = self._cache.read(wasm) if self._cache else None
        if cached is not None:
            try:
                return Component.deserialize(self._engine, cached)
            except wasmtime.WasmtimeError:
                pass  # made by another build: compiled and written anew
        try:
            component = Component(self._engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise UserError(f"the component does not compile: {one_line(error)}") from error
        if self._cache:
            self._cache.write(wasm, bytes(component.serialize()))
        return component

    def _run_interface(self, component: Component) -> str:
        for name in component.type.exports(self._engine):
            if _RUN.fullmatch(name):
                return name
        raise UserError("the component exports no wasi:cli/run of WASI 0.2, so there is nothing to run")

    def _start(self, linker: Linker, store: wasmtime.Store, component: Component, exported: str) -> Func:
        try:
            instance = linker.instantiate(store, component)
        except wasmtime.ExitTrap:
            raise
        except wasmtime.WasmtimeError as error:
            if _BACKTRACE in str(error):  # code that runs at the start trapped
                raise
            raise UserError(f"the component cannot be linked: {one_line(error)}") from error
        interface = instance.get_export_index(store, exported)
        index = instance.get_export_index(store, "run", interface)
        function = None if index is None else instance.get_func(store, index)
        if function is None:
            raise UserError(f"the component's {exported} has no function run")
        return function


def _trap(text: str, guest: Guest) -> TrapError:
    """Return the error for a guest that neither returned nor exited, from wasmtime's account of it."""
    if "wasm trap: interrupt" in text:
        return TrapError(overrun(guest))
    if _FUEL in text:
        return TrapError(
            f"the guest trapped: it passed more than {_MOST_BYTES} bytes of lists in one call, which this build"
            " of wasmtime does not convert; a larger model can be registered with --graph and loaded by its name"
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return TrapError(f"the guest trapped: {lines[-1].removeprefix('wasm trap: ') if lines else 'no reason given'}")


def _note_left_over(calls: WitCalls) -> None:
    counts = calls.table.counts()
    if counts:
        note("alive at the guest's end: " + ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
