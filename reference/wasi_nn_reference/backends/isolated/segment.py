"""Shared memory that both sides map, and that nobody can make smaller under the other."""

from __future__ import annotations

import fcntl
import os
import tempfile
from typing import TYPE_CHECKING

from wasi_nn_reference.backends.isolated import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALIGNMENT = 64  # of each tensor: what the widest instructions like


class Segment:
    """`size` bytes, at least one, known to the system by no name; `descriptor` is what the other side maps them by.

    Returned to the system when both sides have forgotten them, with all views.
    """

    def __init__(self, size: int) -> None:
        self.size = max(size, 1)
        self.descriptor = _anonymous_file(self.size)
        try:
            self.memory = kernel.mapped(self.descriptor, self.size)
        except BaseException:
            os.close(self.descriptor)
            raise

    def sent(self) -> None:
        """Close the descriptor: the other side has its own."""
        os.close(self.descriptor)


def mapped(descriptor: int, size: int) -> memoryview:
    """Return the memory behind a descriptor, which is closed."""
    try:
        return kernel.mapped(descriptor, size)
    finally:
        os.close(descriptor)


def aligned(offset: int) -> int:
    """Return the first place at or behind `offset` where a tensor may begin."""
    return -(-offset // _ALIGNMENT) * _ALIGNMENT


def laid_out(lengths: Iterable[int], start: int) -> list[slice]:
    """Return where tensors of these bytes lie behind `start`, one after another."""
    places, end = [], start
    for length in lengths:
        places.append(slice(aligned(end), aligned(end) + length))
        end = places[-1].stop
    return places


def _anonymous_file(size: int) -> int:
    if not hasattr(os, "memfd_create"):  # macOS
        with tempfile.TemporaryFile() as file:
            os.ftruncate(file.fileno(), size)
            return os.dup(file.fileno())
    descriptor = os.memfd_create("wasi-nn", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, size)
        # Whoever reads behind the end of a file that has become shorter is killed.
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
