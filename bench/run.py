"""Measures the reference host in ratios: each figure beside another one that was measured in turns with it.

Prints a table and writes it as JSON; a target that is missed is marked, and is no failure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from load import LoadError
from loaded_server import ServerError
from looping import LoopingError
from row import table
from sections import SECTIONS
from start import StartError
from whole_run import SuiteError


def main() -> int:
    """Measure, print and write; the exit status is 0 unless a part could not be measured."""
    options = _parser().parse_args()
    rows, failures = [], []
    for name, section in SECTIONS.items():
        if options.only and name not in options.only:
            continue
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            with tempfile.TemporaryDirectory() as folder:
                rows += section.rows(Path(folder), section.quick if options.quick else section.full)
        except (LoadError, LoopingError, ServerError, StartError, SuiteError) as error:
            failures.append(f"{name} could not be measured: {error}")
    machine = _machine()
    print(", ".join(f"{key}: {value}" for key, value in machine.items()), "", table(rows), sep="\n")
    if options.json:
        data = {"machine": machine, "quick": options.quick, "rows": [row.json() for row in rows]}
        options.json.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    for failure in failures:
        print(f"bench: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures to FILE")
    parser.add_argument("--quick", action="store_true", help="a few turns of each: shows that it runs, not more")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="measure this part; may be repeated")
    return parser


def _machine() -> dict[str, Any]:
    """Tell what absolute figures depend on: processors, the widest instruction set, versions."""
    flags: set[str] = set()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        flags.update(cpuinfo.read_text("utf-8").split())
    widest = next((flag for flag in ("amx_tile", "avx512f", "avx2", "sse4_2", "asimd") if flag in flags), "unknown")
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "instructions": widest,
        "python": platform.python_version(),
        "openvino": version("openvino"),
        "wasmtime": version("wasmtime"),
    }


if __name__ == "__main__":
    sys.exit(main())
