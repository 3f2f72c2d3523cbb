"""Components: finds the version of wasi:nn by their imports, runs `wasi:cli/run`, tells how it ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import wasmtime
from wasmtime.component import Linker, Variant

from wasi_nn_reference.abi.wit import bridge_core, imports
from wasi_nn_reference.abi.wit.calls import WitCalls
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.ending import TrapError, one_line

if TYPE_CHECKING:
    from wasmtime.component import Component, Func

    from wasi_nn_reference.host import Host
    from wasi_nn_reference.limits import Limits

FAILED = 1  # exit status of a guest whose `run` returns an error, as of the wasmtime program
_RUN = re.compile(r"wasi:cli/run@0\.2\.\d+")
# wasmtime converts 128 MiB in one call, at 48 bytes for each element of a list; its C API has no setting for that.
_MOST_ELEMENTS = (128 << 20) // 48
_BY_NAME = "a larger model can be registered with --graph and loaded by its name"
_INSTANCES = 64  # a component has one core instance for its code and some that only connect it
_BACKTRACE = "wasm backtrace"
_FUEL = "fuel allocated for hostcalls has been exhausted"


class ComponentProgram:
    """A compiled component; see `wasi_nn_reference.wasmtime_host.runner.Program`.

    Raises UserError for a component that cannot be run here.
    """

    def __init__(self, engine: wasmtime.Engine, component: Component, *, verbose: bool = False) -> None:
        self._engine = engine
        self._component = component
        self._verbose = verbose
        self._imports = imports.check(engine, component)
        self._exported = _run_interface(engine, component)

    @property
    def memories(self) -> int:
        """The guest's own, and one of each bridge."""
        return 1 + len(self._imports.bridged)

    @property
    def instances(self) -> int:
        """Those that hold the guest's code and connect it, and those of the bridges."""
        return _INSTANCES + bridge_core.INSTANCES * len(self._imports.bridged)

    def run(self, store: wasmtime.Store, host: Host) -> int:
        """Run `wasi:cli/run`; see `Program.run`."""
        if self._imports.versions or self._imports.bridged:
            host.warm()
        calls = WitCalls(host, verbose=self._verbose)
        linker = Linker(self._engine)
        linker.add_wasip2()
        calls.define(linker, self._imports.versions, self._imports.bridged)
        try:
            outcome = self._start(linker, store)(store)
        except wasmtime.ExitTrap as end:
            return end.code
        except wasmtime.WasmtimeError as error:
            raise TrapError(f"the guest trapped: {self._cause(str(error), host.limits)}") from error
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

    def _cause(self, text: str, limits: Limits) -> str:
        """Return the cause of a trap, from wasmtime's account of it."""
        if bridge_core.NO_ROOM in text:
            most = min(bridge_core.MOST_BYTES, limits.guest_memory_bytes)
            return f"it passed more than {most} bytes of lists in one call; {_BY_NAME}"
        if _FUEL in text:
            cause = (
                f"it passed lists of more than {_MOST_ELEMENTS} elements in one call, which wasmtime does not convert"
            )
            if self._imports.bridged:
                return cause
            return (
                f"{cause}; the bytes of tensors and models would not count if all imports stood at the beginning of the"
                f" component; {_BY_NAME}"
            )
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1].removeprefix("wasm trap: ") if lines else "no reason given"


def _run_interface(engine: wasmtime.Engine, component: Component) -> str:
    for name in component.type.exports(engine):
        if _RUN.fullmatch(name):
            return name
    raise UserError("the component exports no wasi:cli/run of WASI 0.2, so there is nothing to run")


def _note_left_over(calls: WitCalls) -> None:
    counts = calls.table.counts()
    if counts:
        note("alive at the guest's end: " + ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
