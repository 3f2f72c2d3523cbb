#!/usr/bin/env python3
"""Gets programs of runtimes by name (`get.py 49.0.4 onnx`) and prints their paths; without a name, the names."""

from __future__ import annotations

import sys

from programs import ProgramError, programs


def main(names: list[str]) -> int:
    """Return 0 if every program is there, 1 if one cannot be had, 2 for a name that none has."""
    known = programs()
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        sys.stderr.write(f"get.py: {', '.join(unknown) or 'no name'}; there are: {', '.join(known)}\n")
        return 2
    try:
        for name in names:
            print(known[name].install())
    except ProgramError as error:
        sys.stderr.write(f"get.py: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
