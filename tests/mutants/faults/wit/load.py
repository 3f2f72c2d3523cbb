"""Faults in load."""

from __future__ import annotations

from mutant import WIT_06_25, WIT_08_19

from faults.wit import OPERATIONS, fault

fault(
    "first-builder-only",
    "load uses the first builder",
    f"{OPERATIONS}.load",
    "tuple(builders)",
    "tuple(each if index == 0 else b'' for index, each in enumerate(builders))",
    WIT_06_25,
    clauses=("load.every-builder-is-used", "load.graph-from-builders"),
)
fault(
    "builders-swapped",
    "load takes the builders in the opposite order",
    f"{OPERATIONS}.load",
    "tuple(builders)",
    "tuple(reversed(builders))",
    clauses=("load.every-builder-is-used", "load.graph-from-builders"),
)
fault(
    "builder-limit",
    "a builder has at most 16 KiB",
    f"{OPERATIONS}.load",
    "tuple(builders)",
    "tuple(each[:16384] for each in builders)",
    WIT_08_19,
    clauses=("load.graph-from-builders", "load.every-builder-is-used"),
)
