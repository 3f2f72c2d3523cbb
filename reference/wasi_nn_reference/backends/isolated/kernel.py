"""Calls to the kernel for which Python has no function; each raises OSError."""

from __future__ import annotations

import ctypes
import os

_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


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


def _checked(made: int) -> int:
    if made < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return made
