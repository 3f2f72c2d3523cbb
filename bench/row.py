"""One row of the table: what was measured in turns with what it is compared to, and the target."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figures:
    """The same thing measured several times, in the order of measuring."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure to quote."""
        return float(median(self.values))

    def json(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return {
            "n": len(self.values),
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": list(self.values),
        }


@dataclass(frozen=True)
class Target:
    """The largest median that is good enough: of the ratio, or of ours in the row's unit."""

    limit: float
    of_ratio: bool = False


@dataclass(frozen=True)
class Row:
    """What is compared.

    ours, other: in `unit`, the same number of values; values of one index were measured one right after the
    other. other is None where there is nothing to compare with; `against` then says why.
    """

    name: str
    unit: str
    ours: Figures
    against: str
    other: Figures | None = None
    target: Target | None = None

    @property
    def ratio(self) -> Figures | None:
        """Ours by the other's, pair by pair."""
        if self.other is None:
            return None
        return Figures(tuple(ours / other for ours, other in zip(self.ours.values, self.other.values, strict=True)))

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; None without a target."""
        if self.target is None:
            return None
        judged = self.ratio if self.target.of_ratio else self.ours
        assert judged is not None, "a target of a ratio needs something to compare with"
        return judged.median <= self.target.limit

    def json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": self.ours.json(),
            "against": self.against,
            "other": self.other.json() if self.other else None,
            "ratio": self.ratio.json() if self.ratio else None,
            "target": {"limit": self.target.limit, "of": "ratio" if self.target.of_ratio else "ours", "met": self.met}
            if self.target
            else None,
        }


_HEAD = ("measured", "ours", "other", "ratio", "n", "min", "max", "target", "against")


def table(rows: list[Row]) -> str:
    """Lay the rows out as a Markdown table: medians, then n, min and max of the ratio (without one: of ours)."""
    cells = [_HEAD, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = [_line(line, widths) for line in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    ratio = row.ratio
    spread = ratio or row.ours
    return (
        row.name,
        f"{_number(row.ours.median)} {row.unit}",
        f"{_number(row.other.median)} {row.unit}" if row.other else "",
        _number(ratio.median) if ratio else "",
        str(len(spread.values)),
        _number(min(spread.values)),
        _number(max(spread.values)),
        _target(row),
        row.against,
    )


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    limit = f"ratio <= {row.target.limit:g}" if row.target.of_ratio else f"<= {row.target.limit:g} {row.unit}"
    return f"{limit} {'met' if row.met else 'MISSED'}"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)) + " |"
