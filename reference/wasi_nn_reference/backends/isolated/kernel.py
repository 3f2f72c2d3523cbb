"""Calls to the kernel for which Python has no function; each raises OSError."""

from __future__ import annotations

import ctypes
import mmap
import os
import weakref

_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_FAILED = ctypes.c_void_p(-1).value  # MAP_FAILED


def call(number: int, *arguments: object) -> int:
    """Make the system call of that number."""
    return _checked(int(_libc.syscall(ctypes.c_long(number), *arguments)))


def control(option: int, *arguments: object) -> None:
    """Make the call `prctl`; what it takes besides is 0."""
    rest = [ctypes.c_ulong(0)] * (4 - len(arguments))
    _checked(int(_libc.prctl(option, *arguments, *rest)))


def no_new_privileges() -> None:
    """Drop every way to more rights, such as programs that run as another user."""
    control(_NO_NEW_PRIVILEGES, ctypes.c_ulong(1))


def mapped(descriptor: int, size: int) -> memoryview:
    """Map the first `size` bytes behind a descriptor, shared, for as long as a view of them lives.

    The module `mmap` keeps a descriptor open for each map, of which a process has fewer than guests have contexts.
    """
    address = _libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, descriptor, 0)
    if address == _FAILED:
        _checked(-1)
    octets = (ctypes.c_ubyte * size).from_address(address)
    weakref.finalize(octets, _libc.munmap, address, size).atexit = False
    return memoryview(octets).cast("B")


def _checked(made: int) -> int:
    if made < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return made
