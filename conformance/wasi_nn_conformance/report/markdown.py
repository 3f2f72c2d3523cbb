"""`summary.md`: a run as Markdown, for the page of a CI job."""

import re
from collections.abc import Iterator, Sequence

from wasi_nn_conformance.verdict import Verdict

from .grid import Data, choices, clauses, is_conspicuous, result, worst_first
from .markup import visible

_SHOWN = 10  # cases of one clause; the page of a job holds no more than 1 MiB
_WORDS = 240  # characters of a diagnosis


def summary_md(report: Data) -> str:
    """Write the summary of a report."""
    impl, totals = report["impl"], report["totals"]
    lines = [
        f"## wasi-nn conformance of {escaped(impl['name'])}: {result(totals)}",
        "",
        f"{escaped(impl['version'])}, suite {escaped(report['suite']['version'])}, {totals['cases']} cases",
        "",
        *table(["verdict", "cases"], [[v.value, str(totals[v.value])] for v in Verdict if totals[v.value]]),
        *_findings(report),
        *_choices(report),
    ]
    return "\n".join(lines) + "\n"


def _findings(report: Data) -> Iterator[str]:
    loud = [case for case in report["cases"] if is_conspicuous(case)]
    if not loud:
        return
    yield from ("", "### Findings")
    for clause in clauses(report):
        cases = worst_first([case for case in loud if case["clause"] == clause])
        if cases:
            told = report["clauses"].get(clause, {"level": "", "text": ""})
            yield from ("", f"**{escaped(clause)}** ({told['level']}): {escaped(told['text'])}", "")
            yield from table(["verdict", "case", "got and wanted"], [_row(case) for case in cases[:_SHOWN]])
            if left := len(cases) - _SHOWN:
                yield from (["", f"and {left} more in report.html"] if left > 0 else [])


def _row(case: Data) -> list[str]:
    words = case["diagnosis"]
    told = escaped(words if len(words) <= _WORDS else words[:_WORDS] + " ...")
    because = f" *Expected because {escaped(case['expected']['because'])}*" if case["expected"] else ""
    return [case["verdict"], escaped(case["id"]), told + because]


def _choices(report: Data) -> Iterator[str]:
    made = choices(report)
    if made:
        yield from ("", "### Choices", "", "What the host does where the specification leaves the choice to it.", "")
        rows = [
            [escaped(clause), escaped(f"{abi} {encoding}"), escaped(" | ".join(chosen))]
            for clause, cells in made.items()
            for (abi, encoding), chosen in cells.items()
        ]
        yield from table(["clause", "ABI and encoding", "choice"], rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Write a table of cells that are Markdown already."""
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def escaped(text: str) -> str:
    """Write text that is no Markdown so that it shows as it is, on one line."""
    one_line = " ".join(visible(text).split())
    entities = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return re.sub(r"([\\`*_\[\]{}|~$#!])", r"\\\1", entities.replace("&#64;", "\0")).replace("\0", "&#64;")
