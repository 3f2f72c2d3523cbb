"""What a pipe that does not block holds now."""

import os

_CHUNK = 1 << 16
_PIPE = 1 << 20  # bytes that a pipe holds at most, unless the administrator allows more


def all_of(file: int) -> bytes:
    """Return what a pipe holds now: as much as one can hold, for a host may print without end."""
    chunks: list[bytes] = []
    while len(chunks) < _PIPE // _CHUNK and (chunk := read(file)):
        chunks.append(chunk)
    return b"".join(chunks)


def read(file: int) -> bytes | None:
    """Return what can be read now: `None` if there is nothing yet, nothing at all at the end."""
    try:
        return os.read(file, _CHUNK)
    except BlockingIOError:
        return None
