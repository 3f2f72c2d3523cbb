"""Rows d and g of this checkout against those of an earlier one, in turns: `before.py FOLDER --python PYTHON`.

FOLDER is a checkout of the earlier commit, PYTHON the one of an environment in which it is installed. Prints a table
in which `other` is the earlier one; its target is a ratio of 1.05.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from checkout import HERE, Checkout, SuiteError
from drawing import KINDS, milliseconds
from row import Figures, Row, Target, table
from suite import run

_TARGET = Target(1.05, of_ratio=True)


def main() -> int:
    """Measure and print; the exit status is 0 unless a checkout could not be measured."""
    parser = argparse.ArgumentParser(prog="bench/before.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a checkout of the earlier commit")
    parser.add_argument("--python", required=True, help="the Python that has the earlier commit installed")
    parser.add_argument("--turns", type=int, default=3, help="how often each is measured (default: %(default)s)")
    options = parser.parse_args()
    try:
        rows = _rows(Checkout(options.folder.resolve(), options.python), options.turns)
    except SuiteError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(table(rows))
    return 0


def _rows(earlier: Checkout, turns: int) -> list[Row]:
    pairs: dict[str, list[tuple[float, float]]] = {}
    both = {"here": HERE, "earlier": earlier}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(turns):
            reports = Path(folder) / str(turn)
            ours, other = (run("reference", reports / name, each) for name, each in both.items())
            same = ours.orderly & other.orderly
            pairs.setdefault("d: a case of the suite", []).append((ours.mean(same), other.mean(same)))
            pairs.setdefault("d: a case, the whole run", []).append((ours.whole, other.whole))
            for kind in KINDS:
                here, there = (milliseconds(kind, reports / f"{kind}-{name}", each) for name, each in both.items())
                pairs.setdefault(f"g: a call of drawn {kind}", []).append((here, there))
    return [
        Row(name, "ms", Figures(tuple(a for a, _ in each)), "the earlier checkout", Figures(tuple(b for _, b in each)),
            _TARGET)
        for name, each in pairs.items()
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
