"""Components: finds the version of wasi:nn by their imports, runs `wasi:cli/run`, tells how it ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import wasmtime
from wasmtime.component import Linker, Variant

from wasi_nn_reference.abi.wit import imports
from wasi_nn_reference.abi.wit.calls import WitCalls
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.ending import TrapError, one_line

if TYPE_CHECKING:
    from wasmtime.component import Component, Func

    from wasi_nn_reference.host import Host

FAILED = 1  # exit status of a guest whose `run` returns an error, as of the wasmtime program
_RUN = re.compile(r"wasi:cli/run@0\.2\.\d+")
# wasmtime converts at most 128 MiB in one call, at 48 bytes for each byte of a list; its C API has no setting for it.
_MOST_BYTES = (128 << 20) // 48
_BACKTRACE = "wasm backtrace"
_FUEL = "fuel allocated for hostcalls has been exhausted"


class ComponentProgram:
    """A compiled component; see `wasi_nn_reference.wasmtime_host.runner.Program`.

    Raises UserError for a component that cannot be run here.
    """

    instances = 64  # a component has one core instance for its code and some that only connect it

    def __init__(self, engine: wasmtime.Engine, component: Component, *, verbose: bool = False) -> None:
        self._engine = engine
        self._component = component
        self._verbose = verbose
        self._versions = imports.check(engine, component)
        self._exported = _run_interface(engine, component)

    def run(self, store: wasmtime.Store, host: Host) -> int:
        """Run `wasi:cli/run`; see `Program.run`."""
        if self._versions:
            host.warm()
        calls = WitCalls(host, verbose=self._verbose)
        linker = Linker(self._engine)
        linker.add_wasip2()
        calls.define(linker, self._versions)
        try:
            outcome = self._start(linker, store)(store)
        except wasmtime.ExitTrap as end:
            return end.code
        except wasmtime.WasmtimeError as error:
            raise TrapError(f"the guest trapped: {_cause(str(error))}") from error
        finally:
            if self._verbose:
                _note_left_over(calls)
            store.close()  # before what it calls back
            calls.table.clear()
        return FAILED if outcome == Variant("err") else 0

    def _start(self, linker: Linker, store: wasmtime.Store) -> Func:
        try:
            instance = linker.instantiate(store, self._component)
        except wasmtime.ExitTrap:
            raise
        except wasmtime.WasmtimeError as error:
            if _BACKTRACE in str(error):  # code that runs at the start trapped
                raise
            raise UserError(f"the component cannot be linked: {one_line(error)}") from error
        interface = instance.get_export_index(store, self._exported)
        index = instance.get_export_index(store, "run", interface)
        function = None if index is None else instance.get_func(store, index)
        if function is None:
            raise UserError(f"the component's {self._exported} has no function run")
        return function


def _run_interface(engine: wasmtime.Engine, component: Component) -> str:
    for name in component.type.exports(engine):
        if _RUN.fullmatch(name):
            return name
    raise UserError("the component exports no wasi:cli/run of WASI 0.2, so there is nothing to run")


def _cause(text: str) -> str:
    """Return the cause of a trap, from wasmtime's account of it."""
    if _FUEL in text:
        return (
            f"it passed more than {_MOST_BYTES} bytes of lists in one call, which this build"
            " of wasmtime does not convert; a larger model can be registered with --graph and loaded by its name"
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("wasm trap: ") if lines else "no reason given"


def _note_left_over(calls: WitCalls) -> None:
    counts = calls.table.counts()
    if counts:
        note("alive at the guest's end: " + ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
