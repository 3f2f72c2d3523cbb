"""The sections of a core module, for what wasmtime's package does not tell."""

from __future__ import annotations

_HEADER_SIZE = 8
_START = 8  # the section that names the function to run when the module is instantiated


def has_start(module: bytes) -> bool:
    """Return whether a well-formed module has a start function."""
    position = _HEADER_SIZE
    while position < len(module):
        section = module[position]
        size, position = _u32(module, position + 1)
        if section == _START:
            return True
        position += size
    return False


def _u32(data: bytes, position: int) -> tuple[int, int]:
    """Return the number at `position`, in LEB128, and where it ends."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position
