"""Binds the witx functions to wasmtime: calls in, errnos out."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import wasmtime

from wasi_nn_reference.abi.witx import unchecked
from wasi_nn_reference.abi.witx.memory import GuestMemory, LinearMemory
from wasi_nn_reference.abi.witx.module import EXTENSIONS, FUNCTIONS, MODULE
from wasi_nn_reference.abi.witx.operations import Operations
from wasi_nn_reference.abi.witx.values import ERRNO, SUCCESS
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import ErrorCode, WasiNnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wasi_nn_reference.host import Host

_U32 = 0xFFFF_FFFF


_EVERY = tuple(EXTENSIONS)


class _Running(threading.local):
    """The functions of the guest that runs in this thread."""

    functions: Mapping[str, Callable[..., int]]


_running = _Running()


def define_shared(linker: wasmtime.Linker, extensions: Iterable[str] = ()) -> None:
    """Add the functions to a linker for many guests: each call goes to the guest of its thread; see `answering`."""

    def shared(name: str) -> Callable[..., int]:
        def call(caller: Any, *arguments: int) -> int:
            return _running.functions[name](caller, *arguments)

        return call

    _define(linker, extensions, shared)


def _define(linker: wasmtime.Linker, extensions: Iterable[str], function: Callable[[str], Callable[..., int]]) -> None:
    for name, parameters in _named(extensions).items():
        if unchecked.is_safe():
            unchecked.define(linker, MODULE, name, parameters, function(name))
        else:
            kind = unchecked.function_type(parameters)
            linker.define_func(MODULE, name, kind, function(name), access_caller=True)


def _named(extensions: Iterable[str]) -> dict[str, int]:
    functions = FUNCTIONS.copy()
    for extension in extensions:
        functions |= EXTENSIONS[extension]
    return functions


class WitxCalls:
    """The functions of one guest.

    verbose: say on standard error why a call failed, because an errno cannot. failed: how many did.
    """

    def __init__(self, host: Host, store: wasmtime.Store, tensor_types: str = "2023", *, verbose: bool = False) -> None:
        self._operations = Operations(host, tensor_types)
        self._store = store
        self._verbose = verbose
        self._memory: LinearMemory | None = None
        self.failed = 0

    def define(self, linker: wasmtime.Linker, extensions: Iterable[str] = ()) -> None:
        """Add the functions to `linker`, and those of `extensions`."""
        _define(linker, extensions, self.function)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Answer what `define_shared` added to any linker, in this thread, while its guest runs."""
        _running.functions = {name: self.function(name) for name in _named(_EVERY)}
        try:
            yield
        finally:
            del _running.functions

    def use(self, memory: object) -> None:
        """Take what the guest exports as `memory`, once it is instantiated.

        Until then (a module's start function may call already) each call asks for it.
        """
        self._memory = LinearMemory(self._store, memory) if isinstance(memory, wasmtime.Memory) else None

    def function(self, name: str) -> Callable[..., int]:
        """Return the function that wasmtime calls: no exception but an interrupt leaves it."""
        operation: Callable[..., None] = getattr(self._operations, name)

        def call(caller: Any, *arguments: int) -> int:
            try:
                operation(lambda: self._view(caller), *[argument & _U32 for argument in arguments])
            except WasiNnError as error:
                self.failed += 1
                if self._verbose:
                    note(f"{name}: {error}")
                return ERRNO[error.code]
            except MemoryError:
                note(f"{name}: too_large: the host has no memory left")
                return ERRNO[ErrorCode.TOO_LARGE]
            except Exception as error:  # noqa: BLE001 - a fault of ours must neither trap nor end the guest
                note(f"{name}: runtime_error: a fault in the host, {type(error).__name__}")
                return ERRNO[ErrorCode.RUNTIME_ERROR]
            return SUCCESS

        return call

    def _view(self, caller: Any) -> GuestMemory:
        """Return a view of the memory as it is now: it may have grown, and moved, since the last call."""
        memory = self._memory or self._exported(caller)
        return GuestMemory(memory.base(), memory.size())

    def _exported(self, caller: Any) -> LinearMemory:
        memory = unchecked.exported_memory(caller) if isinstance(caller, int) else caller.get("memory")
        if not isinstance(memory, wasmtime.Memory):
            raise WasiNnError(ErrorCode.MISSING_MEMORY, "the guest exports no memory")
        return LinearMemory(self._store, memory)
