"""`wasi-nn replay`: one case, alone, with every request and reply in words, and as files for a debugger."""

import sys
from pathlib import Path

import pytest

from wasi_nn_cli.parser import Parser
from wasi_nn_conformance.export.bundle import occupied
from wasi_nn_conformance.export.dump import COMMAND, dump
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.models import ModelError
from wasi_nn_conformance.pytest_plugin.arguments import item_id
from wasi_nn_conformance.pytest_plugin.selection import Selection
from wasi_nn_conformance.report.paragraph import account
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import AdapterError, read_adapter
from wasi_nn_conformance.run.examination import Examination
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.case import Case

_LISTED = 8  # ids of cases that a complaint has room for


class _NoCaseError(Exception):
    """The id selects no case, or more than one, and what to do."""


def main(arguments: list[str]) -> int:
    """Carry the case out and print it. The exit status is that of `wasi-nn check` with this case alone."""
    options = parser().parse_args(arguments)
    if options.dump is not None and (reason := occupied(options.dump)):
        return _complain(f"--dump={options.dump} {reason}: name a new or an empty folder")
    try:
        library = Library(options.vectors or ())
        case = _the_one(options.case, library)
        adapter = read_adapter(options.impl)
        host = Host(adapter, library, fresh=True, decodes=True)
        try:
            case_result = Examination(host).examine(case)
        finally:
            host.close()
        sys.stdout.write(account(case, case_result, whole=options.raw) + "\n")
        if options.dump is not None and case_result.transcript:
            dump(options.dump, case, case_result, adapter, library)
            sys.stdout.write(f"\nWithout the suite: sh {options.dump / COMMAND}\n")
    except (_NoCaseError, AdapterError, InputError, ModelError) as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{error.filename or options.dump}: {error.strerror}")
    return _exit_status(case_result)


def parser() -> Parser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn replay",
        description="Carry one case out in a process of its own and show what was said, in words and as it went.",
        epilog="Exit status: 0 if the host passed or deviates, 1 for a finding, 4 for a host that cannot be asked or a"
        " wrong command line, 5 for a case that the host does not support.",
        usage_status=int(pytest.ExitCode.USAGE_ERROR),
    )
    parser.add_argument("case", metavar="CASE", help="the id of the case, as reports show it")
    parser.add_argument("--impl", metavar="NAME_OR_PATH", required=True, help="an adapter's name, or its file")
    parser.add_argument(
        "--vectors", metavar="PATH", type=Path, action="append", help="where the vector stands, if not in the suite"
    )
    parser.add_argument("--raw", action="store_true", help="show the lines whole that went to and fro")
    parser.add_argument(
        "--dump",
        metavar="DIR",
        type=Path,
        help="write input lines, module, graphs and command into a new folder, to run them without the suite",
    )
    return parser


def _the_one(written: str, library: Library) -> Case:
    """Return the case of that id; the id of a vector is enough where it makes but one."""
    name = item_id(written)
    for path in library.files():
        # Ids begin with the name of their file, or of its folder: reading all files takes longer than most cases.
        if name.partition("/")[0] in (path.stem, path.parent.name):
            cases = [case for vector in library.vectors(path) for case in library.cases(vector)]
            if alike := [case for case in cases if case.id == name]:
                return alike[0]
    selection = Selection((name,), (), ())
    found = [case for case in library.all_cases() if selection.takes(case)]
    if not found:
        found = [case for case in library.all_cases() if case.vector.id == name]
    if len(found) == 1:
        return found[0]
    if not found:
        raise _NoCaseError((selection.complaint("") or f"{name}: no case has this id").removeprefix("--case="))
    listed = ", ".join(case.id for case in found[:_LISTED])
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    raise _NoCaseError(f"{name}: there are {len(found)} such cases; name one: {listed}{more}")


def _exit_status(case_result: CaseResult) -> int:
    if case_result.verdict is Verdict.UNSUPPORTED:
        return int(pytest.ExitCode.NO_TESTS_COLLECTED)
    failed = case_result.verdict.is_finding or case_result.verdict is Verdict.ERROR
    return int(pytest.ExitCode.TESTS_FAILED if failed else pytest.ExitCode.OK)


def _complain(message: str) -> int:
    sys.stderr.write(f"wasi-nn replay: {message}\n")
    return int(pytest.ExitCode.USAGE_ERROR)
