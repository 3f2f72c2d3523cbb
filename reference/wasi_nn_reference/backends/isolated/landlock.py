"""Landlock: takes a thread's rights to files, TCP and signals away for good (Linux, since 5.13).

Numbers and layouts are those of the kernel's `landlock.h` (https://docs.kernel.org/userspace-api/landlock.html).
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

from wasi_nn_reference.backends.isolated import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

# System calls added since 5.1 have the same number on all processors.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1  # the flag that asks for the ABI's version
_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIRECTORY = 1 << 0, 1 << 2, 1 << 3
_READ_ONLY = _EXECUTE | _READ_FILE | _READ_DIRECTORY
_OF_A_FILE = _EXECUTE | _READ_FILE

# What each version of the ABI can take away.
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP = 0b11  # bind, connect; since 4
_SCOPES = 0b11  # abstract sockets and signals to others; since 6


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Return the version of the kernel's ABI; raises OSError where the kernel has none."""
    return kernel.call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))


def restrict(readable: Iterable[str]) -> None:
    """Leave this thread, and what it starts, nothing but to read what lies at or below `readable`; raises OSError.

    Paths that do not exist are passed over. Needs `kernel.no_new_privileges` before.
    """
    abi = version()
    files = _FILES[min(abi, max(_FILES))]
    ruleset = _Ruleset(files, _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8  # older kernels know a shorter record
    rules = kernel.call(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(rules, path)
        kernel.call(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _allow(rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = _PathBeneath(_READ_ONLY if os.path.isdir(path) else _OF_A_FILE, place)  # noqa: PTH112 - no pathlib here
        kernel.call(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(place)
