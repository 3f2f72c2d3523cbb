"""All rows of this checkout against those of an earlier one, in turns: `before.py FOLDER --python PYTHON`.

FOLDER is a checkout of the earlier commit, PYTHON the one of an environment in which it is installed. Each checkout
measures itself with its own `bench/run.py --quick`, one part after the other. Prints a table in which `other` is the
earlier one; a row that it does not have is left out. A row of an isolation stands beside the earlier row of the same
name without one, where there was no choice of it.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from row import Figures, Row, table
from sections import SECTIONS


class Bench(NamedTuple):
    """A checkout with its `bench/run.py`, and the Python that has it installed."""

    root: Path
    python: str

    def rows(self, section: str) -> dict[str, dict[str, Any]]:
        """Measure a part, and return its rows by their names: none if this checkout has no such part.

        Raises CalledProcessError if it could not be measured.
        """
        program = [self.python, str(self.root / "bench" / "run.py")]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "bench.json"
            command = [*program, "--quick", "--only", section, "--json", str(file)]
            done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)  # noqa: S603 - its own program
            if done.returncode == 2 and "invalid choice" in done.stderr:
                return {}
            if done.returncode:
                raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
            return {row["name"]: row for row in json.loads(file.read_text("utf-8"))["rows"]}


def main() -> int:
    """Measure and print; the exit status is 0 unless a checkout could not be measured."""
    options = _parser().parse_args()
    here = Bench(Path(__file__).resolve().parents[1], sys.executable)
    earlier = Bench(options.folder.resolve(), options.python)
    rows = []
    for section in options.only or SECTIONS:
        print(f"measuring {section} ...", file=sys.stderr, flush=True)
        try:
            rows += _compared([(here.rows(section), earlier.rows(section)) for _ in range(options.turns)])
        except subprocess.CalledProcessError as error:
            print(f"bench: {error}\n{error.stderr}", file=sys.stderr)
            return 1
    print(table(rows))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/before.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a checkout of the earlier commit")
    parser.add_argument("--python", required=True, help="the Python that has the earlier commit installed")
    parser.add_argument("--turns", type=int, default=3, help="how often each is measured (default: %(default)s)")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="measure this part; may be repeated")
    return parser


def _compared(turns: list[tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]]) -> list[Row]:
    """Return the rows that both checkouts have, each turn's median beside the other's."""
    compared = []
    for name, row in turns[0][0].items():
        pairs = [(ours[name], _counterpart(name, other)) for ours, other in turns]
        ours = Figures(tuple(each["ours"]["median"] for each, _ in pairs))
        other = Figures(tuple(each["ours"]["median"] for _, each in pairs if each is not None))
        if len(other.values) == len(ours.values):
            compared.append(Row(name, row["unit"], ours, "the earlier checkout", other))
    return compared


def _counterpart(name: str, rows: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    return rows.get(name) or rows.get(re.sub(r", isolation \w+", "", name))


if __name__ == "__main__":
    sys.exit(main())
