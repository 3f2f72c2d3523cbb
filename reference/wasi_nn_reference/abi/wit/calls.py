"""Binds the WIT functions to wasmtime: calls in, results or traps out.

wasmtime-py's own way asks the runtime for a function's types at every call. Ours are known, and
compared with the component's before it runs (`imports`), so a call reads and writes its records directly.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
from typing import TYPE_CHECKING, Any

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime.component import ResourceType

from wasi_nn_reference.abi.wit import bridge
from wasi_nn_reference.abi.wit.operations import ErrorValue, Operations
from wasi_nn_reference.abi.wit.resources import CallTrapError, ResourceTable
from wasi_nn_reference.abi.wit.values import Fallible, Scope
from wasi_nn_reference.abi.wit.world import PACKAGE, WORLDS
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import ErrorCode, WasiNnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wasmtime.component import Linker, LinkerInstance

    from wasi_nn_reference.abi.wit.resources import Kind
    from wasi_nn_reference.abi.wit.world import Function, Interface
    from wasi_nn_reference.host import Host

_OK = 0  # what a callback returns if there is no error: a null pointer
_NO_FINALIZER: Any = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(0)


class _Running(threading.local):
    """The functions of the guest that runs in this thread."""

    calls: WitCalls


_running = _Running()


class Definitions:
    """The functions and resources of wasi-nn, as linkers get them.

    It must live as long as the linkers, and the stores of what they have linked. A call is answered by the guest that
    runs in its thread: `WitCalls.answering`.
    """

    def __init__(self) -> None:
        self._callbacks: list[Any] = []  # ctypes frees a callback that nobody holds

    def add(self, linker: Linker, versions: Sequence[str], bridged: Sequence[str] = ()) -> None:
        """Add the interfaces of those versions to `linker`, and what the bridges of some of them import."""
        with linker.root() as root:
            for version in versions:
                for name, interface in WORLDS[version].items():
                    self._add_interface(root, f"{PACKAGE}/{name}@{version}", interface)
            for version in bridged:
                self._add_interface(root, bridge.name(version), bridge.interface(version))

    def _add_interface(self, root: LinkerInstance, name: str, interface: Interface) -> None:
        with root.add_instance(name) as instance:
            for kind in interface.resources:
                instance.add_resource(kind.wit_name, ResourceType.host(kind), self._destructor(kind))
            for item, function in interface.functions.items():
                self._add_function(instance, item, self._callback(bridge.called(item), function))

    def _destructor(self, kind: Kind) -> Callable[[object, int], None]:
        return lambda _store, representation: _running.calls.table.drop(kind, representation)

    def _add_function(self, instance: LinkerInstance, item: str, call: Callable[..., int]) -> None:
        callback = ffi.wasmtime_component_func_callback_t(call)
        self._callbacks.append(callback)
        name = item.encode()
        error = ffi.wasmtime_component_linker_instance_add_func(
            instance.ptr(), name, len(name), callback, None, _NO_FINALIZER
        )
        if error:
            raise wasmtime.WasmtimeError._from_ptr(error)  # noqa: SLF001 - the library's own way

    def _callback(self, item: str, function: Function) -> Callable[..., int]:
        """Return what the runtime calls for `function`: no exception but an interrupt leaves it."""

        def call(_data: Any, context: Any, _type: Any, arguments: Any, _count: int, results: Any, _results: int) -> int:
            return _running.calls.answer(item, function, context, arguments, results)

        return call


class WitCalls:
    """The functions and resources of one component.

    table: what is alive. verbose: say on standard error why a call failed. bridged: whether all of its calls come
    through bridges. failed: how many calls did.
    """

    def __init__(self, host: Host, *, verbose: bool = False, bridged: bool = False) -> None:
        self.table = ResourceTable(host.limits)
        self._operations = Operations(host, self.table)
        if bridged:
            self._operations.output_bytes = None
        self._verbose = verbose
        self.failed = 0

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Answer, in this thread, what `Definitions` have added to linkers for any number of guests."""
        _running.calls = self
        try:
            yield
        finally:
            del _running.calls

    def answer(self, item: str, function: Function, context: Any, arguments: Any, results: Any) -> int:
        """Do what the runtime calls `function` for; a callback returns what this does."""
        scope = Scope(context, self.table)
        operation: Callable[..., Any] = getattr(self._operations, function.operation)
        try:
            values = [kind.read(arguments[index], scope) for index, kind in enumerate(function.parameters)]
            self._answer(item, function, lambda: operation(*values), results[0], scope)
        except CallTrapError as error:
            return _trap(f"{item}: {error}")
        except Exception as error:  # noqa: BLE001 - nothing else may pass through C
            note(f"{item}: a fault in the host, {type(error).__name__}")
            return _trap(f"{item}: a fault in the host")
        return _OK

    def _answer(self, item: str, function: Function, operation: Callable[[], Any], record: Any, scope: Scope) -> None:
        result = function.result
        if not isinstance(result, Fallible):
            result.write(record, operation(), scope)
            return
        try:
            value = operation()
        except WasiNnError as error:
            failure = ErrorValue(error.code, error.message)
        except MemoryError:
            failure = ErrorValue(ErrorCode.TOO_LARGE, "the host has no memory left")
            note(f"{item}: {failure.data}")
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the guest
            failure = ErrorValue(ErrorCode.RUNTIME_ERROR, f"a fault in the host, {type(error).__name__}")
            note(f"{item}: {failure.data}")
        else:
            result.write(record, value, scope)
            return
        self.failed += 1
        if self._verbose:
            note(f"{item}: {failure.code.value}: {failure.data}")
        result.write_error(record, failure, scope)


def _trap(reason: str) -> int:
    """Return an error of the runtime's own kind; a callback that returns one ends the guest."""
    error = ffi.wasmtime_error_new(reason.encode())
    address: int | None = ctypes.cast(error, ctypes.c_void_p).value
    return address or _OK
