"""`summary.md`: a run as Markdown, for the page of a CI job."""

import re
from collections.abc import Iterator, Sequence

from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.causes import Cause, Group, found_alike, known_alike, said

from .data import Report, Run
from .grid import choices, clauses, extent, result
from .paragraph import replay_of
from .visible import is_web_address, visible

_ROWS = 100  # of a table; the page of a job holds no more than 1 MiB
_NAMED = 3  # cases of a row
_WORDS = 240  # characters of a diagnosis


def summary_md(report: Report) -> str:
    """Write the summary of a report."""
    impl, totals = report.impl, report.totals
    lines = [
        f"## wasi-nn conformance of {escaped(impl.name)}: {result(report)}",
        "",
        f"{escaped(impl.version)}, suite {escaped(report.suite.version)}, {totals.cases} cases",
        *_extent(report.run),
        "",
        *table(["verdict", "cases"], [[verdict, str(number)] for verdict, number in totals.by_verdict.items()]),
        *_causes(report),
        *_findings(report),
        *_known(report),
        *_choices(report),
        *_observations(report),
    ]
    return "\n".join(lines) + "\n"


def _observations(report: Report) -> Iterator[str]:
    if report.observations:
        yield from ("", "### What its processes came to", "")
        yield from (f"* {escaped(each.words)}" for each in report.observations)


def _extent(run: Run | None) -> Iterator[str]:
    if run and not run.complete:
        yield from ("", f"**{extent(run)}**")


def _causes(report: Report) -> Iterator[str]:
    causes = [cause for cause in report.causes if not cause.expected]
    if causes:
        yield from ("", f"### Likely causes ({len(causes)})", "")
        yield from ("What one fault of the host brings about stands in one row, under whatever clauses it shows.", "")
        by_id = {case.id: case for case in report.cases}
        rows = [_cause(report, cause, by_id[cause.case]) for cause in causes[:_ROWS]]
        yield from table(["cases", "verdict", "clause", "got and wanted", "the smallest case"], rows)
        yield from _left(causes, "other causes")


def _cause(report: Report, cause: Cause, smallest: CaseResult) -> list[str]:
    others = ", ".join(escaped(name) for name in cause.touches)
    clause = f"**{escaped(cause.clause)}** ({cause.level})" + (f"<br>shows under {others} too" if others else "")
    where = escaped(", ".join((*cause.abis, *cause.encodings)))
    number = f"{len(cause.cases)}" + (f"<br>blocks {len(cause.blocked)}" if cause.blocked else "")
    case = f"{escaped(cause.case)}<br><code>{escaped(replay_of(report, smallest))}</code>"
    return [number, cause.verdict, clause, f"{_cut(cause.diagnosis)}<br>{where}", case]


def _findings(report: Report) -> Iterator[str]:
    groups = found_alike(report.cases, clauses(report))
    if groups:
        yield from ("", "### Findings by clause", "", "Cases that failed alike stand in one row.", "")
        rows = [_row(report, group) for group in groups[:_ROWS]]
        yield from table(["cases", "verdict", "clause", "got and wanted", "for example"], rows)
        yield from _left(groups, "other findings")


def _row(report: Report, group: Group) -> list[str]:
    first = group[0]
    told = report.clauses.get(first.clause)
    clause = f"**{escaped(first.clause)}**" + (f" ({told.level}): {escaped(told.text)}" if told else "")
    words = _cut(said(first))
    alike = " (or alike)" if len({said(case) for case in group}) > 1 else ""
    replay = escaped(replay_of(report, first))
    return [str(len(group)), first.verdict, clause, words + alike, f"{_named(group)}<br><code>{replay}</code>"]


def _known(report: Report) -> Iterator[str]:
    groups = known_alike(report.cases)
    if groups:
        yield from ("", "### Known", "", "Findings that stand in the file of known failures.", "")
        rows = [
            [str(len(group)), expected.outcome, _reason(expected), _named(group)] for expected, group in groups[:_ROWS]
        ]
        yield from table(["cases", "verdict", "because", "for example"], rows)
        yield from _left(groups, "other reasons")


def _reason(expected: Expected) -> str:
    """Return what is wrong with the host, what would mend it, and where it is discussed."""
    told = [_cut(expected.because)]
    told += [f"Fix: {_cut(expected.fix)}"] if expected.fix else []
    told += [linked(expected.link)] if expected.link else []
    return "<br>".join(told)


def _named(group: Group) -> str:
    more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
    return ", ".join(escaped(case.id) for case in group[:_NAMED]) + more


def _cut(words: str) -> str:
    return escaped(words if len(words) <= _WORDS else words[:_WORDS] + " ...")


def _left(groups: Sequence[object], what: str) -> Iterator[str]:
    if len(groups) > _ROWS:
        yield from ("", f"and {len(groups) - _ROWS} {what} in report.html")


def _choices(report: Report) -> Iterator[str]:
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


def linked(address: str) -> str:
    """Write an address as a link where it is one of the web; what else somebody wrote as a link stays text."""
    shown = visible(address)
    return f"<{shown.replace('|', '%7C')}>" if is_web_address(shown) else escaped(address)
