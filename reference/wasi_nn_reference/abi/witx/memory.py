"""The one checked view of a guest's linear memory: every pointer of a guest passes through here."""

from __future__ import annotations

import ctypes
import struct
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from wasmtime import _ffi as ffi

from wasi_nn_reference.errors import invalid_argument

_U32_MAX = 0xFFFF_FFFF
U32_SIZE = 4  # bytes; also the alignment of u32 and of every record of the witx ABI

if TYPE_CHECKING:
    from collections.abc import Callable

    import wasmtime

_Question: Any = ctypes.PYFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p)
_data = _Question(("wasmtime_memory_data", ffi.dll))
_data_size = _Question(("wasmtime_memory_data_size", ffi.dll))


class LinearMemory:
    """A memory of a store that is open.

    wasmtime's Python package makes objects for all the pointers by which it asks where a memory is; these are numbers.
    """

    def __init__(self, store: wasmtime.Store, memory: wasmtime.Memory) -> None:
        self._memory = memory._memory  # noqa: SLF001 - held here: its address does not keep it alive
        context = ctypes.cast(store._context(), ctypes.c_void_p).value  # noqa: SLF001 - as the package does
        place = context, ctypes.addressof(self._memory)
        self.base: Callable[[], int] = partial(_data, *place)
        self.size: Callable[[], int] = partial(_data_size, *place)


class GuestMemory(NamedTuple):
    """Linear memory as it stands during one call of the guest.

    `base` is the host address of its first byte, `size` its length in bytes. Memory may grow and
    move between calls, never during one, so a view is made anew at each call and not kept.
    All pointers and lengths are unsigned 32-bit numbers; numbers in memory are little-endian.
    Every method raises `invalid_argument` for a range that is not wholly inside memory or is
    misaligned, before it touches a byte.
    """

    base: int
    size: int

    def check(self, pointer: int, length: int, alignment: int = 1) -> None:
        """Make sure that `length` bytes at `pointer` are in memory and `pointer` is aligned."""
        if not 0 <= pointer <= _U32_MAX or not 0 <= length <= _U32_MAX:
            raise invalid_argument("a pointer or length does not fit 32 bits")
        if pointer % alignment:
            raise invalid_argument(f"pointer {pointer:#x} is not aligned to {alignment} bytes")
        if pointer + length > self.size:
            raise invalid_argument(f"{length} bytes at {pointer:#x} are beyond the guest's memory")

    def read(self, pointer: int, length: int) -> bytes:
        """Return a copy of `length` bytes."""
        self.check(pointer, length)
        return ctypes.string_at(self.base + pointer, length) if length else b""

    def read_u32s(self, pointer: int, count: int) -> tuple[int, ...]:
        """Return `count` aligned u32."""
        self.check(pointer, min(count * U32_SIZE, _U32_MAX), U32_SIZE)
        return struct.unpack(f"<{count}I", self.read(pointer, count * U32_SIZE))

    def write(self, pointer: int, data: bytes) -> None:
        """Copy `data` into memory."""
        self.check(pointer, len(data))
        if data:
            ctypes.memmove(self.base + pointer, data, len(data))

    def check_u32(self, pointer: int) -> None:
        """Make sure that one u32 can be written at `pointer`."""
        self.check(pointer, U32_SIZE, U32_SIZE)

    def write_u32(self, pointer: int, value: int) -> None:
        """Write one aligned u32."""
        self.check_u32(pointer)
        self.write(pointer, struct.pack("<I", value))
