"""Tells WebAssembly modules and components by their first eight bytes."""

from __future__ import annotations

MODULE = "module"
COMPONENT = "component"

# Magic `\0asm`, then a 16-bit version and a 16-bit layer: layer 0 is a core module, 1 a component.
# Only the layer tells them apart, because the version of components is still moving.
_MAGIC = b"\0asm"


def recognise(data: bytes) -> str | None:
    """Return MODULE, COMPONENT, or None for bytes that are neither."""
    if len(data) < 8 or not data.startswith(_MAGIC):
        return None
    return {b"\0\0": MODULE, b"\1\0": COMPONENT}.get(data[6:8])
