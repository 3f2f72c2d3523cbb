"""Refuses the system calls that an engine has no need of, by a seccomp filter (Linux on x86-64 and arm64).

Landlock guards files; this guards the rest: no process can be made, no program started, no socket opened, nobody
signalled, nobody's memory read. The filter is a classic BPF program (linux/filter.h, linux/seccomp.h).
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from wasi_nn_reference.backends.isolated import kernel

_SET_SECCOMP, _FILTER = 22, 2  # prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER)
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # ld [k]; jeq k; jset k; ret k
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _PROCESSOR, _FIRST_ARGUMENT = 0, 4, 16  # where they stand in struct seccomp_data
_THREAD = 0x00010000  # CLONE_THREAD
_X32 = 0x40000000  # the bit of x86-64's second numbering

# By machine: the processor's number in a filter (linux/audit.h), `clone`, and what is refused. 435 is clone3, whose
# flags a filter cannot see; told that it does not exist, the C library takes clone.
_CLONE3, _IO_URING, _PIDFD_SEND_SIGNAL, _PIDFD_GETFD = 435, 425, 424, 438
_COMMON = (_IO_URING, _PIDFD_SEND_SIGNAL, _PIDFD_GETFD)
_MACHINES = {
    # socket, connect, fork, vfork, execve, kill, ptrace, process_vm_readv and _writev, execveat
    "x86_64": (0xC000003E, 56, (41, 42, 57, 58, 59, 62, 101, 310, 311, 322, *_COMMON)),
    # ptrace, kill, socket, connect, execve, process_vm_readv and _writev, execveat
    "aarch64": (0xC00000B7, 220, (117, 129, 198, 203, 221, 270, 271, 281, *_COMMON)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_needless() -> None:
    """Refuse them in this thread, and in what it starts, for good; raises OSError.

    Needs `kernel.no_new_privileges` before.
    """
    if platform.machine() not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no filter of system calls for {platform.machine()}")
    program = _filter(*_MACHINES[platform.machine()])
    record = _Program(len(program) // 8, program)
    kernel.control(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(record))


def _filter(processor: int, clone: int, refused: tuple[int, ...]) -> bytes:
    """Return the program: each line is an operation, how far to jump if it is so and if not, and a number."""
    lines = [(_LOAD, 0, 0, _PROCESSOR), (_EQUAL, 1, 0, processor), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    lines += [(_ANY_BIT, 0, 1, _X32), (_RETURN, 0, 0, _KILL)]
    lines += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    for number in refused:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | errno.EPERM)]
    lines += [(_EQUAL, 0, 3, clone), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_ANY_BIT, 1, 0, _THREAD)]
    lines += [(_RETURN, 0, 0, _ERROR | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
