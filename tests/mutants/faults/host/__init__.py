"""Faults in the host's operations: graphs, contexts, inputs and outputs, whatever the ABI."""

from __future__ import annotations

from mutant import WIT_08_19, WITX, rewritten

SET_INPUT = "host:Host.set_input"
FITTED = "host:Host._fitted"
COMPUTE = "host:Host.compute"
GET_OUTPUT = "host:Host.get_output"
CONTEXT = "host:Host.init_execution_context"
LOAD = "host:Host.load"
ONE_BY_ONE = WIT_08_19  # sets inputs and gets outputs one by one


def fault(  # noqa: PLR0917 - one line for each mutant
    name: str,
    breaks: str,
    target: str,
    old: str,
    new: str,
    abis: tuple[str, ...] | str = WITX,
    *,
    clauses: tuple[str, ...],
) -> None:
    rewritten(f"host/{name}", breaks, abis, target, old, new, clauses=clauses)
