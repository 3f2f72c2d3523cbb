"""Host functions of i32s without the runtime's conversions.

`Linker.define_func` of wasmtime's Python package makes an object of every argument at every call, which takes
10 us. The C API also has functions that get the arguments as they lie in memory: an array of slots of 16 bytes, each
number at the start of its own, and the first slot takes the result. Nothing checks that these are read as they are
meant, so the first use calls such a function through the C library (`is_safe`); if that fails, functions are
defined the package's own way, slowly, and one line on standard error says so.
"""

from __future__ import annotations

import ctypes
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime import _func as package

from wasi_nn_reference.console import note

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS = 4  # u32 in a slot
_OK = 0  # what a callback returns if there is no trap: a null pointer
# As wasmtime_func_unchecked_callback_t, with addresses as numbers: ctypes makes no objects for them.
_Callback: Any = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_PROOF = (0xFFFF_FFFF, 2, 0x8000_0000, 0x0102_0304, 5)


# ctypes frees a callback that nobody holds: these are held until the runtime says that nothing calls them any more.
_held: dict[int, object] = {}
_numbers = count(1)
_release: Any = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_held.__delitem__)


def define(linker: wasmtime.Linker, module: str, name: str, parameters: int, call: Callable[..., int]) -> None:
    """Add a function of `parameters` i32 that returns one.

    `call` gets the address of the caller (`exported_memory`) and the arguments, unsigned, and returns the
    result. What it raises goes through the guest as a trap and on to whoever called the guest.
    """
    kind = function_type(parameters)  # held here: its pointer does not keep it alive
    callback, number = _callback(parameters, call)
    module_bytes, name_bytes = module.encode(), name.encode()
    error = ffi.wasmtime_linker_define_func_unchecked(
        linker.ptr(),
        ctypes.create_string_buffer(module_bytes),
        len(module_bytes),
        ctypes.create_string_buffer(name_bytes),
        len(name_bytes),
        kind.ptr(),
        callback,
        number,
        _release,
    )
    if error:
        raise wasmtime.WasmtimeError._from_ptr(error)  # noqa: SLF001 - the library's own way


def function_type(parameters: int) -> wasmtime.FuncType:
    """Return the type of a function of `parameters` i32 that returns one."""
    number = wasmtime.ValType.i32()
    return wasmtime.FuncType([number] * parameters, [number])


def exported_memory(caller: int) -> object:
    """Return what the calling instance exports as `memory`, or None."""
    return package.Caller(ctypes.cast(caller, ctypes.POINTER(ffi.wasmtime_caller_t))).get("memory")


def _callback(parameters: int, call: Callable[..., int]) -> tuple[Any, int]:
    """Return what the runtime calls, and the number that it gives to `_release`."""
    slots = ctypes.c_uint32 * (_WORDS * parameters)

    def enter(_data: int | None, caller: int, address: int, _count: int) -> int:
        try:
            words = slots.from_address(address)
            words[0] = call(caller, *words[::_WORDS])
        except BaseException as error:  # noqa: BLE001 - nothing may pass through C
            return _trap(error)
        return _OK

    callback, number = _Callback(enter), next(_numbers)
    _held[number] = callback
    return ctypes.cast(callback, ffi.wasmtime_func_unchecked_callback_t), number


def _trap(error: BaseException) -> int:
    """Return a trap at whose arrival the package raises `error`, as it does for its own functions."""
    vars(package)["LAST_EXCEPTION"] = error  # declared as an Exception, but any is raised again
    trap = wasmtime.Trap("python exception")._consume()  # noqa: SLF001 - the package's own way
    return ctypes.cast(trap, ctypes.c_void_p).value or _OK


@cache
def is_safe() -> bool:
    """Return whether arguments, results and exceptions pass as this module means them to."""
    try:
        safe = _passes_numbers() and _passes_exceptions()
    except (
        AttributeError,
        TypeError,
        ValueError,
        wasmtime.WasmtimeError,
        wasmtime.Trap,
    ):  # something that we need has gone
        safe = False
    finally:
        vars(package)["LAST_EXCEPTION"] = None  # one that has not arrived would, at the next trap
    if not safe:
        note("this build of wasmtime calls functions in another way than expected: calls of modules are slow")
    return safe


def _passes_numbers() -> bool:
    if ctypes.sizeof(ffi.wasmtime_val_raw_t) != _WORDS * ctypes.sizeof(ctypes.c_uint32):
        return False
    seen = []

    def call(_caller: int, *arguments: int) -> int:
        seen.append(arguments)
        return _PROOF[0]

    return _called(call) == -1 and seen == [_PROOF]


class _ProofError(BaseException):
    """What a function raises for `is_safe`: like an interrupt, no Exception."""


def _passes_exceptions() -> bool:
    def call(_caller: int, *_arguments: int) -> int:
        raise _ProofError

    try:
        _called(call)
    except _ProofError:
        return True
    return False


def _called(call: Callable[..., int]) -> Any:
    """Return what `call` returns through the C library, as a signed number; its arguments are `_PROOF`."""
    store = wasmtime.Store()
    kind = function_type(len(_PROOF))
    callback, number = _callback(len(_PROOF), call)
    function = ffi.wasmtime_func_t()
    ffi.wasmtime_func_new_unchecked(
        store._context(),  # noqa: SLF001 - as the package does
        kind.ptr(),
        callback,
        number,
        _release,
        ctypes.byref(function),
    )
    return wasmtime.Func._from_raw(function)(store, *_PROOF)  # noqa: SLF001 - as the package does
