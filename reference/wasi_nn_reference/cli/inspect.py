"""`wasi-nn inspect`: tells what is in a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_cli.parser import Parser
from wasi_nn_reference.backends.engines import Isolation
from wasi_nn_reference.cli.host_options import add_isolation_option
from wasi_nn_reference.cli.refusal import FAILED, told
from wasi_nn_reference.inspection import has_model, inspect
from wasi_nn_reference.serve.site import routes_in

if TYPE_CHECKING:
    import argparse

    from wasi_nn_reference.inspection import ModelReport
    from wasi_nn_reference.serve.inspection import FolderReport
    from wasi_nn_reference.wasmtime_host.guest_report import GuestReport


@told
def main(arguments: list[str]) -> int:
    """Print the report of one file or folder."""
    options = parser().parse_args(arguments)
    isolation, use_cache = Isolation(options.isolation), not options.no_cache
    status = 0
    report: GuestReport | ModelReport | FolderReport
    if options.path.is_dir() and not has_model(options.path) and routes_in(options.path).all:
        # A model or a guest needs nothing of it.
        from wasi_nn_reference.serve.inspection import inspect_folder  # noqa: PLC0415

        report = inspect_folder(options.path, isolation, use_cache=use_cache)
        status = 0 if report.is_complete else FAILED
    else:
        report = inspect(options.path, isolation, use_cache=use_cache)
    text = json.dumps(report.as_json(), indent=2) if options.json else "\n".join(report.lines())
    sys.stdout.write(text + "\n")
    return status


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn inspect",
        description="Tell what a WebAssembly file imports, what a model takes and gives, or what `wasi-nn serve` makes"
        " of a folder, and whether it runs here.",
    )
    parser.add_argument(
        "path",
        metavar="FILE|DIR",
        type=Path,
        help="a .wasm or .wat file, a model's file, its folder, or a folder of workers",
    )
    parser.add_argument("--no-cache", action="store_true", help="compile a guest anew, and do not keep it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_isolation_option(parser)
    return parser
