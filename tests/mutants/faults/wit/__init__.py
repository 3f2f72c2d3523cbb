"""Faults in the WIT ABIs: operations, resources, and how values cross."""

from __future__ import annotations

from mutant import WIT_10_28, rewritten

OPERATIONS = "abi.wit.operations:Operations"
TABLE = "abi.wit.resources:ResourceTable"
VALUES = "abi.wit.values:"
COMPUTE = f"{OPERATIONS}.compute_named"


def fault(  # noqa: PLR0917 - one line for each mutant
    name: str,
    breaks: str,
    target: str,
    old: str,
    new: str,
    abis: tuple[str, ...] | str = WIT_10_28,
    *,
    clauses: tuple[str, ...],
) -> None:
    rewritten(f"wit/{name}", breaks, abis, target, old, new, clauses=clauses)
