"""Components: finds the version of wasi:nn by their imports, runs `wasi:cli/run`, tells how it ended."""

from __future__ import annotations

import contextlib
import re
import weakref
from typing import TYPE_CHECKING

import wasmtime
from wasmtime.component import Variant

from wasi_nn_reference.abi.wit import bridge_core
from wasi_nn_reference.abi.wit.calls import Definitions, WitCalls
from wasi_nn_reference.abi.wit.imports import imports_of
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.component_imports import give_http, link, refuse
from wasi_nn_reference.wasmtime_host.ending import BACKTRACE, TrapError, last_line, one_line
from wasi_nn_reference.wasmtime_host.failed_calls import point_to_verbose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wasmtime.component import Component, Func, Instance, Linker

    from wasi_nn_reference.host import Host
    from wasi_nn_reference.limits import Limits
    from wasi_nn_reference.wasmtime_host.guest import Guest
    from wasi_nn_reference.wasmtime_host.linking import Linking

FAILED = 1  # exit status of a guest whose `run` returns an error, as of the wasmtime program
NOTHING_TO_RUN = "the component exports no wasi:cli/run of WASI 0.2, so there is nothing to run"
_RUN = re.compile(r"wasi:cli/run@0\.2\.\d+")
# wasmtime converts 128 MiB in one call, at 48 bytes for each element of a list; its C API has no setting for that.
_MOST_ELEMENTS = (128 << 20) // 48
_BY_NAME = "a larger model can be registered with --graph and loaded by its name"
_INSTANCES = 64  # a component has one core instance for its code and some that only connect it
_FUEL = "fuel allocated for hostcalls has been exhausted"


class ComponentProgram:
    """A compiled component; see `wasi_nn_reference.wasmtime_host.runner.Program`.

    Raises UserError for a component that cannot be run here.
    """

    def __init__(self, engine: wasmtime.Engine, component: Component, linking: Linking) -> None:
        self._engine = engine
        self._component = component
        self._verbose = linking.verbose
        self._accounted = linking.accounted
        self._imports = imports_of(engine, component)
        refuse(self._imports, linking)
        self._exported = run_interface(engine, component)
        self._definitions = Definitions()  # lives as long as the linkers
        # Two: with requests that are refused, and with requests that go out.
        self._linkers = {http: self._linker(http=http) for http in ((False, True) if self._imports.http else (False,))}
        # A linker that goes calls Python back: at the end of the process it goes before what it calls.
        weakref.finalize(self, _close, tuple(self._linkers.values()))

    def _linker(self, *, http: bool) -> Linker:
        return link(self._engine, self._component, self._imports, self._definitions, http=http)

    @property
    def infers(self) -> bool:
        """See `Program.infers`."""
        return bool(self._imports.versions or self._imports.bridged)

    @property
    def memories(self) -> int:
        """The guest's own, and one of each bridge."""
        return 1 + len(self._imports.bridged)

    @property
    def instances(self) -> int:
        """Those that hold the guest's code and connect it, and those of the bridges."""
        return _INSTANCES + bridge_core.INSTANCES * len(self._imports.bridged)

    def run(self, store: wasmtime.Store, host: Host, guest: Guest) -> int:
        """Run `wasi:cli/run`, or the function that `guest` names; see `Program.run`."""
        if guest.invoke is None and self._exported is None:
            raise UserError(NOTHING_TO_RUN)
        if self.infers:
            host.warm()
        calls = WitCalls(host, verbose=self._verbose, bridged=self._imports.is_bridged)
        status = None
        try:
            with calls.answering(), contextlib.closing(store):  # which is closed before what it calls back
                status = self._run(store, guest)
        except wasmtime.ExitTrap as end:
            status = end.code
        except wasmtime.WasmtimeError as error:
            raise TrapError(f"the guest trapped: {self._cause(str(error), host.limits)}") from error
        finally:
            if status != 0:
                point_to_verbose(calls.failed, verbose=self._verbose)
            if self._accounted:
                _note_left_over(calls)
            calls.table.clear()
        return status

    def _run(self, store: wasmtime.Store, guest: Guest) -> int:
        instance = self._instance(store, http=guest.network.http)
        if guest.invoke is not None:
            from wasi_nn_reference.wasmtime_host.component_invocation import invoke  # noqa: PLC0415 - few need it

            invoke(store, self._component, instance, guest.invoke)
            return 0
        return FAILED if self._function(instance, store)(store) == Variant("err") else 0

    def _instance(self, store: wasmtime.Store, *, http: bool) -> Instance:
        if self._imports.http:
            give_http(store)
        try:
            return self._linkers[http and bool(self._imports.http)].instantiate(store, self._component)
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
        return last_line(text)


def run_interface(engine: wasmtime.Engine, component: Component) -> str | None:
    """Return the name under which a component exports `wasi:cli/run`, None if it does not."""
    return next((name for name in component.type.exports(engine) if _RUN.fullmatch(name)), None)


def _close(linkers: Iterable[Linker]) -> None:
    for linker in linkers:
        linker.close()


def _note_left_over(calls: WitCalls) -> None:
    counts = calls.table.counts()
    if counts:
        note("alive at the guest's end: " + ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
