"""What a process gives up before it sees a model, for good."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_reference.backends.isolated import kernel, landlock, system_calls

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_FILES = 256  # an engine opens its libraries, one after another, and the models' segments

# What engines read of the machine when they choose their code and count threads, and their libraries' libraries.
_OF_THE_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm",
    "/sys/devices/system",
    "/dev/null",
    "/dev/urandom",
)


def readable(engines: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what stays readable: the code of Python, of packages and of `engines`, and `_OF_THE_SYSTEM`.

    Of a folder that is no part of an installation (a checkout) only this package.
    """
    code = {str(Path(os.__file__).parent), str(Path(__file__).parents[2])}
    code |= {each for each in sys.path if Path(each).name in {"site-packages", "dist-packages", "lib-dynload"}}
    return (*sorted(code), *engines, *_OF_THE_SYSTEM)


def enter(memory_bytes: int, engines: Iterable[str] = ()) -> list[str]:
    """Drop what can be given up on this system, and return what could not, each in a few words.

    Only the calling thread gives it up, with those that it starts: there must be no other yet. `memory_bytes` limits
    what the process writes to (RLIMIT_DATA; the code of engines alone takes more address space than models take
    memory).
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _MOST_FILES)
    _limit(resource.RLIMIT_DATA, memory_bytes)
    with contextlib.suppress(OSError):  # if memory runs out, this goes before the host
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    missing = []
    try:
        kernel.no_new_privileges()
        landlock.restrict(readable(engines))
    except (OSError, AttributeError):
        missing.append("Landlock: an engine that a model has taken over could open files")
    try:
        system_calls.refuse_needless()
    except (OSError, AttributeError):
        missing.append("filter of system calls: an engine that a model has taken over could start programs")
    return missing


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(OSError, ValueError):  # not known to this system
        resource.setrlimit(kind, (most, most))
