#!/usr/bin/env python3
"""Writes docs/findings.md from the reports that `tox -e runtimes` left: `findings.py REPORTS`, the folder of them.

A finding is what the known failures give one reason for, so the page speaks only of what somebody has looked at: a
report with a finding that no known failure tells of stops it. Each finding is run again alone, and the lines that show
it are kept in docs/findings/.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from history import Finding, History, UnexplainedError, history, is_of_the_engine, preferences
from programs import ONNXRUNTIME, Program, ProgramError, programs
from reproduction import Reproduction, ReproductionError, reproduction
from wasi_nn_conformance.report.json_report import ReportError, read_report
from wasi_nn_conformance.results.causes import said
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.cache_folder import cache_folder
from wasi_nn_conformance.vectors.clause import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wasi_nn_conformance.report.data import Report

_DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = _DOCS / "findings.md"
LINES = _DOCS / "findings"
_TITLES = {"wasmtime": "Wasmtime with OpenVINO", "wasmtime-onnx": "Wasmtime with ONNX Runtime"}
_HEAD = """# Findings about runtimes

Written by `runtimes/findings.py` from the reports of `tox -e runtimes`; do not edit. What is said of each finding
stands in the file of known failures beside the runtime's adapter.

A finding is one thing that is wrong, in however many cases and clauses it shows. The clause says in this suite's words
what a host owes, and how binding that is ([verdicts.md](verdicts.md#levels)): `must` is what the specification says or
what follows from it, as the links show; `defined` is left to the implementation, which still has to answer. What a host
may do otherwise than a clause prefers is no finding; it stands at the end of each runtime.

What may be a hole in a runtime is told to its maintainers before it comes into that file
([SECURITY.md](../SECURITY.md)).

Each can be seen without this suite: the command, run in a checkout, gives a file of requests to a small guest
([protocol.md](protocol.md)), which makes the calls and prints a line for each answer. In words, `>` is a request and
`<` the answer. The backend's library has to be found: for OpenVINO `LD_LIBRARY_PATH` leads to the folder of
`libopenvino_c.so`.
"""


def main(arguments: Sequence[str]) -> int:
    """Write the page and the files of lines: 0 if all was explained and came again, else 1."""
    parser = argparse.ArgumentParser(description="Write docs/findings.md from the reports of `tox -e runtimes`.")
    parser.add_argument("reports", metavar="DIR", type=Path, nargs="?", default=cache_folder() / "runtimes")
    options = parser.parse_args(arguments)
    try:
        told = _histories(options.reports)
        shutil.rmtree(LINES, ignore_errors=True)
        sections = [section(each, checked) for each, checked in told]
    except (ReportError, UnexplainedError, ReproductionError, ProgramError) as error:
        sys.stderr.write(f"findings.py: {error}\n")
        return 1
    PAGE.write_text("\n".join([_HEAD, *sections]), "utf-8")
    return 0


def _histories(reports: Path) -> list[tuple[History, Mapping[str, Program]]]:
    """Return what there are reports of, by adapter, and of each the programs by the versions that they tell."""
    by_adapter: dict[str, dict[Program, Report]] = {}
    for program in programs().values():
        path = reports / program.name / "report.json"
        if path.exists():
            by_adapter.setdefault(program.adapter, {})[program] = read_report(path)
    told: list[tuple[History, Mapping[str, Program]]] = []
    for adapter, read in by_adapter.items():
        over_all = history(adapter, list(read.values()))
        told.append((over_all, dict(zip(over_all.versions, read, strict=True))))
    if not told:
        raise ReportError(f"{reports}: there is no report of a runtime; `tox -e runtimes` makes them")
    return told


def section(over_all: History, checked: Mapping[str, Program]) -> str:
    """Return what the page says of one runtime."""
    shown = {}
    for finding in over_all.findings:
        shown[finding.expected] = reproduction(over_all.smallest(finding), checked[finding.versions[-1]], LINES)
    parts = [f"## {_TITLES[over_all.adapter]}", _runs(over_all, checked), _matrix(over_all)]
    for number, finding in enumerate(over_all.findings, 1):
        parts.append("\n".join(paragraph(number, finding, over_all, shown[finding.expected])))
    return "\n\n".join([*parts, _accepted(over_all)]) + "\n"


def _runs(over_all: History, checked: Mapping[str, Program]) -> str:
    lines = [
        "| release | calls itself | pass | deviates | blocked | fail as known | findings below |",
        "|---" * 7 + "|",
    ]
    for version, report in over_all.reports.items():
        totals = report.totals
        numbers = [totals[verdict] for verdict in (Verdict.PASS, Verdict.DEVIATES, Verdict.BLOCKED, Verdict.XFAIL)]
        has = sum(version in finding.causes for finding in over_all.findings)
        cells = [checked[version].name, version, *map(str, numbers), str(has)]
        lines.append(f"| {' | '.join(cells)} |")
    return f"Checked with {_engine(over_all)}.\n\n" + "\n".join(lines)


def _engine(over_all: History) -> str:
    if over_all.adapter == "wasmtime-onnx":
        return f"ONNX Runtime {ONNXRUNTIME}"
    run = over_all.reports[over_all.versions[-1]].run
    return f"OpenVINO {run.environment.versions['openvino']}" if run else "an unknown engine"


def _matrix(over_all: History) -> str:
    """Return in which version each finding appears, and in which it is gone."""
    versions = over_all.versions
    lines = [f"| finding | {' | '.join(versions)} |", "|---" * (len(versions) + 1) + "|"]
    for number, finding in enumerate(over_all.findings, 1):
        marks = ["x" if version in finding.causes else "" for version in versions]
        lines.append(f"| {number}. {finding.expected.because} | {' | '.join(marks)} |")
    return "\n".join(lines)


def paragraph(number: int, finding: Finding, over_all: History, shown: Reproduction) -> Iterator[str]:
    """Return what the page says of one finding, in lines."""
    case = over_all.smallest(finding)
    broken = over_all.clauses(finding)
    yield f"### {number}. {finding.expected.because}"
    yield ""
    yield " ".join(_summary(finding, over_all))
    yield ""
    for name, clause in broken:
        links = ", ".join(f"[{url.rpartition('/')[2]}]({url})" for url in clause.source)
        yield f"* `{name}` ({clause.level}): {clause.text}{f' {links}' if links else ''}"
    yield ""
    seen = f"{len(finding.cases)} cases" if finding.cases[1:] else "one case"
    yield f"Seen in {seen} of {finding.versions[-1]}; `{case.id}` shows it: {said(case)}."
    yield ""
    yield f"```console\n$ {shown.command}\n```"
    yield ""
    yield f"```text\n{shown.conversation}\n```"


def _summary(finding: Finding, over_all: History) -> Iterator[str]:
    yield extent(finding, over_all)
    if is_of_the_engine(finding):
        yield "The engine does it; the runtime hands it on."
    if not {clause.level for _, clause in over_all.clauses(finding)} & {Level.MUST, Level.DEFINED}:
        yield "The clause is a recommendation: nothing obliges a host."
    if finding.expected.fix:
        yield f"What would mend it: {finding.expected.fix}."
    if finding.expected.link:
        yield f"Discussed at {finding.expected.link}."


def extent(finding: Finding, over_all: History) -> str:
    """Say in which versions a finding is."""
    there, versions = finding.versions, over_all.versions
    if there == versions:
        return (
            f"In all versions that were checked, {versions[0]} to {versions[-1]}."
            if len(versions) > 1
            else f"In {versions[0]}."
        )
    first, last = versions.index(there[0]), versions.index(there[-1])
    if there == versions[:1]:
        return f"In {there[0]} alone, the oldest that was checked; gone in {versions[1]}."
    if there == versions[first : last + 1]:
        since = f"Since {there[0]} (not in {versions[first - 1]})" if first else f"From {there[0]} on"
        until = f", up to {there[-1]}; gone in {versions[last + 1]}" if last + 1 < len(versions) else ""
        return f"{since}{until}."
    return f"In {', '.join(there)}."


def _accepted(over_all: History) -> str:
    newest = over_all.versions[-1]
    lines = [
        f"### No findings: what {newest} does otherwise than preferred",
        "",
        "The clauses accept all of these answers.",
        "",
        "| answer | rather | cases | clauses |",
        "|---|---|---|---|",
    ]
    for each in preferences(over_all.reports[newest]):
        clauses = ", ".join(f"`{name}`" for name in each.clauses)
        lines.append(f"| {each.got} | {each.rather.removeprefix('rather ')} | {each.cases} | {clauses} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
