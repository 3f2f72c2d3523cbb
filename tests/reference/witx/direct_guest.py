"""A guest without WebAssembly: its memory is a buffer here, its calls go straight to the witx functions."""

from __future__ import annotations

import ctypes
import struct
from typing import TYPE_CHECKING, Any

import small_ir

from wasi_nn_reference.abi.witx.calls import WitxCalls
from wasi_nn_reference.abi.witx.memory import GuestMemory

if TYPE_CHECKING:
    from wasi_nn_reference.host import Host

SENTINEL = 0xDEADBEEF
MEMORY_SIZE = END = 1 << 16

OK, INVALID_ARGUMENT, INVALID_ENCODING, MISSING_MEMORY, BUSY, RUNTIME_ERROR, UNSUPPORTED, TOO_LARGE, NOT_FOUND = range(
    9
)
F32 = 1
IR = small_ir.identity()
ONES = struct.pack("<4f", 1, 1, 1, 1)
BAD_WORDS = [END, END - 2, END - 3, 2, 1, 2**32 - 4, 2**32 - 1, END + 4]  # not 4 aligned bytes inside memory
NO_HANDLES = [0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


class DirectGuest(WitxCalls):
    """`call(name, ...)` returns the errno. Memory is handed out from address 16 upwards, never freed."""

    def __init__(self, host: Host, tensor_types: str = "2023", *, verbose: bool = False) -> None:
        super().__init__(host, None, tensor_types, verbose=verbose)  # type: ignore[arg-type]
        self._buffer = ctypes.create_string_buffer(MEMORY_SIZE)
        self._next = 16
        self.views = 0

    def _view(self, caller: Any) -> GuestMemory:  # noqa: ARG002
        self.views += 1
        return GuestMemory(ctypes.addressof(self._buffer), MEMORY_SIZE)

    @property
    def everything(self) -> bytes:
        return self._buffer.raw[:MEMORY_SIZE]

    def call(self, name: str, *arguments: int) -> int:
        return self.function(name)(None, *arguments)

    def place(self, data: bytes, at: int | None = None) -> int:
        if at is None:
            at = self._next
            self._next += len(data) + 8 & ~7
        assert at + len(data) <= MEMORY_SIZE
        ctypes.memmove(ctypes.addressof(self._buffer) + at, data, len(data))
        return at

    def slot(self) -> int:
        return self.place(struct.pack("<I", SENTINEL))

    def word(self, pointer: int) -> int:
        return int.from_bytes(self.everything[pointer : pointer + 4], "little")

    def builders(self, *models: bytes) -> int:
        return self.place(b"".join(struct.pack("<II", self.place(model), len(model)) for model in models))

    def tensor(self, dims: tuple[int, ...], type_number: int, data: bytes, padding: bytes = bytes(3)) -> int:
        dims_at, data_at = self.place(struct.pack(f"<{len(dims)}I", *dims)), self.place(data)
        record = struct.pack("<IIB", dims_at, len(dims), type_number) + padding
        return self.place(record + struct.pack("<II", data_at, len(data)))

    def load(self, *models: bytes, encoding: int = 0, target: int = 0) -> int:
        """Return a graph handle."""
        slot = self.slot()
        assert self.call("load", self.builders(*models), len(models), encoding, target, slot) == 0
        return self.word(slot)

    def context(self, graph: int) -> int:
        """Return a context handle."""
        slot = self.slot()
        assert self.call("init_execution_context", graph, slot) == 0
        return self.word(slot)


def unchanged(guest: DirectGuest, name: str, *arguments: int) -> int:
    """Call, and make sure that it failed without a trace in memory."""
    before = guest.everything
    errno = guest.call(name, *arguments)
    assert errno != OK
    assert guest.everything == before
    return errno
