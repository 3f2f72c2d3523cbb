"""What the processor of this machine can: engines compute in other types where it can, so a host's faults differ."""

from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_LINES = ("flags", "Features")  # x86 and ARM


def features(path: Path = _CPUINFO) -> frozenset[str]:
    """Return the features of the first processor as Linux calls them (`avx512_bf16`), if it tells."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    told = (line.partition(":")[2] for line in lines if line.partition(":")[0].strip() in _LINES)
    return frozenset(next(told, "").split())
