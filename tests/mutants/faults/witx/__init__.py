"""Faults in the witx ABI: the six functions, their numbers and their handles."""

from __future__ import annotations

from mutant import WITX, rewritten


def fault(
    name: str,
    breaks: str,
    target: str,
    old: str,
    new: str,
    *,
    clauses: tuple[str, ...],
) -> None:
    rewritten(f"witx/{name}", breaks, WITX, target, old, new, clauses=clauses)
