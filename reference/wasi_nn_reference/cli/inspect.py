"""`wasi-nn inspect`: tells what is in a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_cli.parser import Parser
from wasi_nn_reference.backends.engines import Isolation
from wasi_nn_reference.cli.host_options import add_isolation_option
from wasi_nn_reference.cli.refusal import told
from wasi_nn_reference.inspection import inspect

if TYPE_CHECKING:
    import argparse


@told
def main(arguments: list[str]) -> int:
    """Print the report of one file or folder."""
    options = parser().parse_args(arguments)
    report = inspect(options.path, Isolation(options.isolation), use_cache=not options.no_cache)
    text = json.dumps(report.as_json(), indent=2) if options.json else "\n".join(report.lines())
    sys.stdout.write(text + "\n")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn inspect",
        description="Tell what a WebAssembly file imports, or what a model takes and gives, and whether it runs here.",
    )
    parser.add_argument(
        "path", metavar="FILE|DIR", type=Path, help="a .wasm or .wat file, a model's file, or its folder"
    )
    parser.add_argument("--no-cache", action="store_true", help="compile a guest anew, and do not keep it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_isolation_option(parser)
    return parser
