"""How much a process has of what it shares with all others: memory, open files, threads. Linux tells it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class ProcessSize:
    """What a process and its children have at one moment: bytes of memory, and how many files and threads."""

    memory: int = 0
    files: int = 0
    threads: int = 0
    processes: int = 0

    def __add__(self, other: "ProcessSize") -> "ProcessSize":
        """Return both together."""
        return ProcessSize(
            self.memory + other.memory,
            self.files + other.files,
            self.threads + other.threads,
            self.processes + other.processes,
        )


def process_size(pid: int) -> ProcessSize | None:
    """Return the size of a process with its children; None where nobody tells it."""
    try:
        return sum(map(_own_size, _tree(pid)), ProcessSize())
    except (OSError, ValueError):
        return None


def _tree(pid: int) -> Iterator[int]:
    """Return a process and all that it started, through others too."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
        yield from _tree(int(child))


def _own_size(pid: int) -> ProcessSize:
    place = Path("/proc", str(pid))
    pages = int((place / "statm").read_text("ascii").split()[1])  # resident: what it uses, not what it has reserved
    files, threads = (sum(1 for _ in (place / name).iterdir()) for name in ("fd", "task"))
    return ProcessSize(pages * _PAGE, files, threads, processes=1)
