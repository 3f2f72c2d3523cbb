"""`summary.md`: a run as Markdown, for the page of a CI job."""

import re
from collections.abc import Iterator, Sequence

from wasi_nn_conformance.results.verdict import Verdict

from .causes import Group, found_alike, known_alike, without_place
from .grid import Data, choices, result
from .markup import visible
from .paragraph import replay_of

_ROWS = 100  # of a table; the page of a job holds no more than 1 MiB
_NAMED = 3  # cases of a row
_WORDS = 240  # characters of a diagnosis


def summary_md(report: Data) -> str:
    """Write the summary of a report."""
    impl, totals = report["impl"], report["totals"]
    lines = [
        f"## wasi-nn conformance of {escaped(impl['name'])}: {result(report)}",
        "",
        f"{escaped(impl['version'])}, suite {escaped(report['suite']['version'])}, {totals['cases']} cases",
        "",
        *table(["verdict", "cases"], [[v.value, str(totals[v.value])] for v in Verdict if totals[v.value]]),
        *_findings(report),
        *_known(report),
        *_choices(report),
    ]
    return "\n".join(lines) + "\n"


def _findings(report: Data) -> Iterator[str]:
    groups = found_alike(report)
    if groups:
        yield from ("", "### Findings", "", "Cases that failed alike stand in one row.", "")
        rows = [_row(report, group) for group in groups[:_ROWS]]
        yield from table(["cases", "verdict", "clause", "got and wanted", "for example"], rows)
        yield from _left(groups, "other findings")


def _row(report: Data, group: Group) -> list[str]:
    first = group[0]
    told = report["clauses"].get(first["clause"], {"level": "", "text": ""})
    clause = f"**{escaped(first['clause'])}** ({told['level']}): {escaped(told['text'])}"
    words = _cut(without_place(first["diagnosis"]))
    alike = " (or other numbers)" if len({without_place(case["diagnosis"]) for case in group}) > 1 else ""
    replay = escaped(replay_of(report, first))
    return [str(len(group)), first["verdict"], clause, words + alike, f"{_named(group)}<br><code>{replay}</code>"]


def _known(report: Data) -> Iterator[str]:
    groups = known_alike(report)
    if groups:
        yield from ("", "### Known", "", "Findings that the known failures tells of.", "")
        rows = [
            [str(len(group)), told["outcome"], _cut(told["because"]), _named(group)]
            for group in groups[:_ROWS]
            for told in [group[0]["expected"]]
        ]
        yield from table(["cases", "verdict", "because", "for example"], rows)
        yield from _left(groups, "other reasons")


def _named(group: Group) -> str:
    more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
    return ", ".join(escaped(case["id"]) for case in group[:_NAMED]) + more


def _cut(words: str) -> str:
    return escaped(words if len(words) <= _WORDS else words[:_WORDS] + " ...")


def _left(groups: Sequence[Group], what: str) -> Iterator[str]:
    if len(groups) > _ROWS:
        yield from ("", f"and {len(groups) - _ROWS} {what} in report.html")


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
