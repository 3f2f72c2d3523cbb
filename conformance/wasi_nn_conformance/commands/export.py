"""`wasi-nn export`: writes the suite as files that need nothing but standard input and output to be replayed."""

import sys
from pathlib import Path

from wasi_nn_cli.parser import Parser
from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.export.bundle import Export, occupied, summary
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.models import ENCODINGS, ModelError
from wasi_nn_conformance.run.library import Library


def main(arguments: list[str]) -> int:
    """Write the export. Exit status: 0, or 2 if the folder or the vectors cannot be used."""
    options = parser().parse_args(arguments)
    if reason := occupied(options.folder):
        sys.stderr.write(f"wasi-nn: {options.folder} {reason}: name a new or an empty folder\n")
        return 2
    abis = [abi for abi in TAGS if abi in (options.abi or TAGS)]
    try:
        index = Export(options.folder, Library(), abis, options.encoding or tuple(ENCODINGS)).write()
    except (InputError, ModelError) as error:
        sys.stderr.write(f"wasi-nn: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"wasi-nn: {error.filename or options.folder}: {error.strerror}\n")
        return 2
    sys.stdout.write(summary(index, abis) + "\n")
    return 0


def parser() -> Parser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn export",
        description="Write each case as the probe's input lines with the accepted replies; docs/export.md tells more.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="a new or an empty folder")
    parser.add_argument("--abi", action="append", choices=tuple(TAGS), help="only this ABI; may be repeated")
    parser.add_argument(
        "--encoding", action="append", choices=tuple(ENCODINGS), help="only this encoding; may be repeated"
    )
    return parser
