"""Interrupts one guest, wherever its code is.

Compiled code looks at the epoch of its wasmtime engine, which all guests of the engine share. So when
the epoch moves, each guest asks here whether it is meant: the one that is, traps; the others go on.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from wasmtime import _ffi as ffi

if TYPE_CHECKING:
    import wasmtime

_GO_ON = 0  # no error
_NEXT_EPOCH = 1
_CONTINUE = 0  # WASMTIME_UPDATE_DEADLINE_CONTINUE
_Callback: Any = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.POINTER(ffi.wasmtime_context_t),
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ffi.wasmtime_update_deadline_kind_t),
)
_NO_FINALIZER: Any = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(0)


class Interruption:
    """The interruption of one guest. It must live as long as the guest's store is used.

    heeded: whether the guest has ended because of it.
    """

    def __init__(self, store: wasmtime.Store) -> None:
        self._engine = store.engine
        self._asked = False
        self.heeded = False
        self._callback = _Callback(self._answer)  # ctypes frees a callback that nobody holds
        store.set_epoch_deadline(_NEXT_EPOCH)
        ffi.wasmtime_store_epoch_deadline_callback(store.ptr(), self._callback, None, _NO_FINALIZER)

    def ask(self) -> None:
        """End the guest as soon as it computes, from any thread.

        Whoever wants to be sure asks again while the guest goes on: a guest that another interruption
        is just asking about may take this one for an epoch that it has seen.
        """
        self._asked = True
        self._engine.increment_epoch()

    def _answer(self, _context: Any, _data: Any, epochs: Any, kind: Any) -> int:
        if self._asked:
            self.heeded = True
            error = ffi.wasmtime_error_new(b"interrupted")
            return ctypes.cast(error, ctypes.c_void_p).value or _GO_ON
        epochs[0] = _NEXT_EPOCH
        kind[0] = _CONTINUE
        return _GO_ON
