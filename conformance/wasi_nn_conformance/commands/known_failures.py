"""`wasi-nn known-failures`: a file of known failures for a host, from the report of a run: a first, or a later one."""

import sys
from pathlib import Path

from wasi_nn_cli.parser import Parser
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.report.data import Report
from wasi_nn_conformance.report.json_report import ReportError, read_report
from wasi_nn_conformance.results.first_file import first_file
from wasi_nn_conformance.results.rewritten_file import rewritten

_FAILED = 2


def main(arguments: list[str]) -> int:
    """Print the known failures, or write them to a file. Exit status 2 for a report that cannot be used."""
    options = parser().parse_args(arguments)
    try:
        report = read_report(options.report)
        cases = report.cases
        if any(case.verdict.is_finding and not case.violations for case in cases):
            return _complain(
                f"{options.report}: it has no fields of what is wrong, as reports of schema 1 have none;"
                " run the suite again"
            )
        text = first_file(cases) if options.keep is None else _rewritten(options.keep, report)
        if options.output is None:
            # An empty line first, because `>>` puts it behind other entries.
            sys.stdout.write(f"\n{text}" if text and options.keep is None else text)
        else:
            with options.output.open("x", encoding="utf-8") as file:
                file.write(text)
    except (ReportError, InputError) as error:
        return _complain(str(error))
    except FileExistsError:
        return _complain(f"{options.output} exists already: what somebody wrote there is not overwritten")
    except OSError as error:
        return _complain(f"{options.output}: cannot be written: {error.strerror}")
    return 0


def _rewritten(path: Path, report: Report) -> str:
    """Return the text of the file at `path` with the cases of the report, and tell what is left out."""
    cpu = None if report.run is None else set(report.run.environment.cpu)
    is_whole = report.run is not None and report.run.complete and not report.run.stopped
    written = rewritten(path, report.impl.version, cpu, report.cases, is_whole=is_whole)
    for because in written.gone:
        sys.stderr.write(f"wasi-nn known-failures: no case shows any more: {because}\n")
    return written.text


def parser() -> Parser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn known-failures",
        description="Write what a run has found as a file of known failures, for the CI of a host that has some."
        " Put it beside the adapter as NAME.known-failures.toml, and say in each `because` what is wrong; with `--keep`"
        " that stays when the file is written again.",
    )
    parser.add_argument("report", metavar="REPORT", type=Path, help="a report.json that `--report` wrote")
    parser.add_argument(
        "--keep",
        metavar="FILE",
        type=Path,
        help="write this file again: its entries stay as they are, with the cases that fail so now",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write into this file, which must not exist yet")
    return parser


def _complain(message: str) -> int:
    sys.stderr.write(f"wasi-nn known-failures: {message}\n")
    return _FAILED
