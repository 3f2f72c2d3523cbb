"""`wasi-nn compare`: runtimes, or versions of one, side by side."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wasi_nn_cli.parser import Parser
from wasi_nn_conformance.report.compare import CaseRow, Comparison, compare
from wasi_nn_conformance.report.json_report import ReportError, read_report
from wasi_nn_conformance.report.markdown import escaped, table
from wasi_nn_conformance.report.terminal import counted
from wasi_nn_conformance.report.visible import visible

_REGRESSED, _UNUSABLE = 1, 2
_NONE = "-"
_WORDS = 100  # characters of what is wrong
_Cells = Sequence[Sequence[str]]


def main(arguments: list[str]) -> int:
    """Print what differs. Exit status 1 for a regression of the last report against the first, 2 for bad input."""
    options = parser().parse_args(arguments)
    if len(options.reports) < 2:
        parser().error("one report has nothing to be compared with; give two or more")
    try:
        found = compare([(path, read_report(path)) for path in options.reports])
    except ReportError as error:
        sys.stderr.write(f"wasi-nn compare: {error}\n")
        return _UNUSABLE
    sys.stdout.write(_json(found) if options.json else _markdown(found) if options.markdown else _text(found))
    return _REGRESSED if found.regressions else 0


def parser() -> Parser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn compare",
        description="Compare reports of the suite, the oldest first. A case that was right in the first and is a"
        " finding in the last is a regression, and makes the exit status 1.",
    )
    parser.add_argument("reports", metavar="REPORT", type=Path, nargs="+", help="a report.json, or its folder")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown")
    form.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _json(found: Comparison) -> str:
    return json.dumps(found.json(), indent=1) + "\n"


def _text(found: Comparison) -> str:
    return "\n".join(_parts(found, visible, "{}", _aligned)).strip("\n") + "\n"


def _markdown(found: Comparison) -> str:
    return "\n".join(_parts(found, escaped, "### {}\n", lambda rows: table(rows[0], rows[1:]))).strip("\n") + "\n"


def _parts(
    found: Comparison, shown: Callable[[str], str], title: str, tabled: Callable[[_Cells], Iterator[str]]
) -> Iterator[str]:
    """Return the lines of all tables, each under its title and with its head; tables of nothing are left out."""
    labels = [shown(each.label) for each in found.reports]
    totals = [
        [label, str(each.totals.cases), counted(each.totals) + (" (incomplete)" if each.incomplete else "")]
        for label, each in zip(labels, found.reports, strict=True)
    ]
    yield from tabled([["host", "cases", "verdicts"], *totals])
    tables = {
        "Regressions": found.regressions,
        "Fixes": found.fixes,
        "Other verdicts": found.changes,
        "Cases that not all reports have": found.missing,
    }
    for name, rows in tables.items():
        if rows:
            yield from ("", title.format(f"{name} ({len(rows)})"))
            yield from tabled([["case", *labels], *(_case(row, shown) for row in rows)])
    if found.causes:
        yield from ("", title.format(f"Likely causes that not all reports have ({len(found.causes)})"))
        causes = [
            [shown(row.clause), *(str(number) if number else _NONE for number in row.cases), shown(_cut(row.diagnosis))]
            for row in found.causes
        ]
        yield from tabled([["clause", *labels, "for example"], *causes])
    if found.choices:
        yield from ("", title.format(f"Choices that differ ({len(found.choices)})"))
        chosen = [
            [*(shown(word) for word in (row.clause, f"{row.abi} {row.encoding}")), *_chosen(row.choices, shown)]
            for row in found.choices
        ]
        yield from tabled([["clause", "on", *labels], *chosen])
    if found.environments:
        yield from ("", title.format(f"What the runs stood on, where it differs ({len(found.environments)})"))
        told = [[shown(row.what), *(shown(value or _NONE) for value in row.values)] for row in found.environments]
        yield from tabled([["what", *labels], *told])
    if not any(tables.values()) and not found.choices:
        yield from ("", "No verdict and no choice differs." if found.environments else "Nothing differs.")


def _cut(words: str) -> str:
    return words if len(words) <= _WORDS else f"{words[:_WORDS]} ..."


def _case(row: CaseRow, shown: Callable[[str], str]) -> list[str]:
    return [shown(row.id), *(verdict or _NONE for verdict in row.verdicts)]


def _chosen(choices: Sequence[Sequence[str]], shown: Callable[[str], str]) -> list[str]:
    return [shown(" | ".join(chosen)) or _NONE for chosen in choices]


def _aligned(rows: _Cells) -> Iterator[str]:
    """Write rows as columns of text, indented."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
