"""What a run of the mutants by generated conversations comes to: for the terminal, and as the page in docs/."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from matrix import between_marks

from wasi_nn_conformance.fuzz.kinds import KINDS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

_WIDTH = 48
Row: TypeAlias = "Mapping[str, int | None]"
"""For each kind the number of conversations after which it has found a mutant; None if it has not."""


def line(name: str, row: Row) -> str:
    """Return the line of one mutant."""
    return f"{name:{_WIDTH}}{''.join(f'{_cell(number):>13}' for number in row.values())}\n"


def share(rows: Mapping[str, Row]) -> float:
    """Return the share of the mutants that some kind has found."""
    return sum(map(_is_found, rows.values())) / max(len(rows), 1)


def summary(rows: Mapping[str, Row]) -> str:
    """Return the heads of the columns, and what each kind has found."""
    heads = "".join(f"{kind:>13}" for kind in KINDS)
    counts = "".join(f"{_count(rows, kind):>13}" for kind in KINDS)
    return f"{'':{_WIDTH}}{heads}\n{'found':{_WIDTH}}{counts}\n{_total(rows)}\n"


def document(page: str, rows: Mapping[str, Row], breaks: Mapping[str, str], options: argparse.Namespace) -> str:
    """Return the page with its part between the marks made anew. Raises `ValueError` for a page without them."""
    return between_marks(page, _tables(rows, breaks, options))


def _tables(rows: Mapping[str, Row], breaks: Mapping[str, str], options: argparse.Namespace) -> Sequence[str]:
    missed = [name for name, row in rows.items() if not _is_found(row)]
    return [
        "",
        f"Seed {options.seed}; {options.each} conversations of each kind for each mutant, and up to {options.examples}",
        f"where none had found it. {_total(rows)}",
        *([f"This run took one mutant in {options.every}."] if options.every > 1 else []),
        "",
        f"| mutant | {' | '.join(KINDS)} |",
        f"|---|{'---|' * len(KINDS)}",
        *(f"| `{name}` | {' | '.join(map(_cell, row.values()))} |" for name, row in rows.items()),
        f"| **found** | {' | '.join(str(_count(rows, kind)) for kind in KINDS)} |",
        "",
        "### Not found",
        "",
        *([f"* `{name}`: {breaks[name]}" for name in missed] or ["None."]),
        "",
    ]


def _total(rows: Mapping[str, Row]) -> str:
    return f"{sum(map(_is_found, rows.values()))} of {len(rows)} mutants are found ({share(rows):.0%})."


def _is_found(row: Row) -> bool:
    return any(number is not None for number in row.values())


def _count(rows: Mapping[str, Row], kind: str) -> int:
    return sum(row[kind] is not None for row in rows.values())


def _cell(number: int | None) -> str:
    return "-" if number is None else str(number)
