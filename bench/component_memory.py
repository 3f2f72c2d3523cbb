"""Return whether the host's memory grows with what a component makes and drops, or fails to load.

One guest makes and drops N tensors, then fails to load N times. Printed are the resident bytes of
this process before and after each, and what is left in the host's table; the exit status is 1 if
anything is, or if memory grew by more than a tenth of a kilobyte for each round.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from pathlib import Path

from components import component_exports, new_host

_PAGE = 4096
_ALLOWED = 100  # bytes for each round: what is left behind would be a Python object or a handle at least


def resident() -> int:
    """Return the bytes of memory that this process has now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * _PAGE


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10_000, help="N (default: %(default)s)")
    rounds = parser.parse_args().rounds
    names = ("tensors", "failing-loads")
    guest, functions = component_exports(new_host(), *names)
    for function in functions:
        function(max(1, rounds // 10))  # what is made only once
    found = []
    for name, function in zip(names, functions, strict=True):
        before = resident()
        function(rounds)
        growth = resident() - before
        found.append({"rounds": rounds, "what": name, "growth_bytes": growth, "alive": guest.table.counts()})
        print(f"{rounds} {name}: memory grew by {growth} bytes; alive in the table: {len(guest.table)}")
    print(json.dumps(found))
    return int(len(guest.table) > 0 or any(each["growth_bytes"] > rounds * _ALLOWED for each in found))


if __name__ == "__main__":
    sys.exit(main())
