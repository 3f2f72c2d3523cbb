"""Components: finds the version of wasi:nn by their imports, runs `wasi:cli/run`, tells how it ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import wasmtime
from wasmtime.component import Variant

from wasi_nn_reference.abi.wit.calls import WitCalls
from wasi_nn_reference.abi.wit.imports import imports_of
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.component_imports import link, refuse
from wasi_nn_reference.wasmtime_host.ending import BACKTRACE, TrapError, last_line, one_line
from wasi_nn_reference.wasmtime_host.failed_calls import point_to_verbose

if TYPE_CHECKING:
    from wasmtime.component import Component, Func, Instance, Linker

    from wasi_nn_reference.host import Host
    from wasi_nn_reference.wasmtime_host.guest import Guest
    from wasi_nn_reference.wasmtime_host.linking import Linking

FAILED = 1  # exit status of a guest whose `run` returns an error, as of the wasmtime program
_RUN = re.compile(r"wasi:cli/run@0\.2\.\d+")
# wasmtime converts at most 128 MiB in one call, at 48 bytes for each byte of a list; its C API has no setting for it.
_MOST_BYTES = (128 << 20) // 48
NOTHING_TO_RUN = "the component exports no wasi:cli/run of WASI 0.2, so there is nothing to run"
_FUEL = "fuel allocated for hostcalls has been exhausted"


class ComponentProgram:
    """A compiled component; see `wasi_nn_reference.wasmtime_host.runner.Program`.

    Raises UserError for a component that cannot be run here.
    """

    instances = 64  # a component has one core instance for its code and some that only connect it

    def __init__(self, engine: wasmtime.Engine, component: Component, linking: Linking) -> None:
        self._engine = engine
        self._component = component
        self._verbose = linking.verbose
        self._imports = imports_of(engine, component)
        refuse(self._imports, linking)
        self._exported = run_interface(engine, component)

    def run(self, store: wasmtime.Store, host: Host, guest: Guest) -> int:
        """Run `wasi:cli/run`, or the function that `guest` names; see `Program.run`."""
        if guest.invoke is None and self._exported is None:
            raise UserError(NOTHING_TO_RUN)
        calls = WitCalls(host, verbose=self._verbose)
        linker = link(store, self._component, self._imports, calls, http=guest.network.http)
        status = None
        try:
            instance = self._instance(linker, store)
            if guest.invoke is not None:
                from wasi_nn_reference.wasmtime_host.component_invocation import invoke  # noqa: PLC0415 - few need it

                invoke(store, self._component, instance, guest.invoke)
                status = 0
            else:
                status = FAILED if self._function(instance, store)(store) == Variant("err") else 0
        except wasmtime.ExitTrap as end:
            status = end.code
        except wasmtime.WasmtimeError as error:
            raise TrapError(f"the guest trapped: {_cause(str(error))}") from error
        finally:
            if status != 0:
                point_to_verbose(calls.failed, verbose=self._verbose)
            if self._verbose:
                _note_left_over(calls)
            store.close()  # before what it calls back
            calls.table.clear()
        return status

    def _instance(self, linker: Linker, store: wasmtime.Store) -> Instance:
        try:
            return linker.instantiate(store, self._component)
        except wasmtime.ExitTrap:
            raise
        except wasmtime.WasmtimeError as error:
            if BACKTRACE in str(error):  # code that runs at the start trapped
                raise
            raise UserError(f"the component cannot be linked: {one_line(error)}") from error

    def _function(self, instance: Instance, store: wasmtime.Store) -> Func:
        interface = instance.get_export_index(store, self._exported or "")
        index = instance.get_export_index(store, "run", interface)
        function = None if index is None else instance.get_func(store, index)
        if function is None:
            raise UserError(f"the component's {self._exported} has no function run")
        return function


def run_interface(engine: wasmtime.Engine, component: Component) -> str | None:
    """Return the name under which a component exports `wasi:cli/run`, None if it does not."""
    return next((name for name in component.type.exports(engine) if _RUN.fullmatch(name)), None)


def _cause(text: str) -> str:
    """Return the cause of a trap, from wasmtime's account of it."""
    if _FUEL in text:
        return (
            f"it passed more than {_MOST_BYTES} bytes of lists in one call, which this build"
            " of wasmtime does not convert; a larger model can be registered with --graph and loaded by its name"
        )
    return last_line(text)


def _note_left_over(calls: WitCalls) -> None:
    counts = calls.table.counts()
    if counts:
        note("alive at the guest's end: " + ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
