"""A run on the terminal: its progress, the likely causes of what failed, single cases, and the summary.

pytest shows other tests that run beside the suite in its own way. Cases are counted in its last line as they were
judged in the end, which for some only the whole run shows.
"""

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from wasi_nn_conformance.report.paragraph import paragraph, shown_causes
from wasi_nn_conformance.report.terminal import searches_summary, summary
from wasi_nn_conformance.report.visible import visible
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.causes import Cause, found_alike, steps
from wasi_nn_conformance.results.verdict import Verdict

from .reporting import Reporting

# What pytest calls a verdict, its letter and its word. What a host does not offer has none: it would drown the rest.
_STATUS = {
    Verdict.PASS: ("passed", ".", "PASSED"),
    Verdict.DEVIATES: ("deviates", "d", "DEVIATES"),
    Verdict.XFAIL: ("xfailed", "x", "XFAIL"),
    Verdict.XPASS: ("failed", "X", "XPASS"),
    Verdict.FAIL: ("failed", "F", "FAIL"),
    Verdict.CRASH: ("failed", "C", "CRASH"),
    Verdict.HANG: ("failed", "H", "HANG"),
    Verdict.UNSUPPORTED: ("unsupported", "", "UNSUPPORTED"),
    Verdict.BLOCKED: ("blocked", "b", "BLOCKED"),
    Verdict.ERROR: ("error", "E", "ERROR"),
}
# Which cases a letter of `-r` lists; those of pytest and two of ours.
_LISTED = {
    "f": (Verdict.FAIL, Verdict.CRASH, Verdict.HANG, Verdict.XPASS),
    "E": (Verdict.ERROR,),
    "X": (Verdict.XPASS,),
    "x": (Verdict.XFAIL,),
    "d": (Verdict.DEVIATES,),
    "b": (Verdict.BLOCKED,),
    "u": (Verdict.UNSUPPORTED,),
    "p": (Verdict.PASS,),
}
_ALL_BUT_PASSED = "fExdb"
_AT_ONCE = 3  # cases of one cause that are shown; the others fail alike
_WORDS = 160  # characters of a line for a case


class Screen:
    """The part of the plugin that shows a run on the terminal."""

    def __init__(self, reporting: Reporting) -> None:
        self.reporting = reporting

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show the verdict where pytest knows only passed and failed."""
        case_result = getattr(report, "wasi_nn", None)
        runs_again = str(report.outcome) == "rerun"  # as pytest-rerunfailures calls it
        if not case_result or report.when != "call" or runs_again:
            return None
        return _STATUS[Verdict(case_result["verdict"])]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None]:
        """Show cases in our way, around what pytest shows of other tests."""
        reporting = self.reporting
        if not reporting.case_results and not reporting.searches:
            return (yield)
        reports = _taken_out(terminalreporter)
        shows = not terminalreporter.config.getoption("no_summary", default=False)
        if shows:
            self._failures(terminalreporter, reports)
        try:
            return (yield)
        finally:
            self.summary(terminalreporter)
            if shows:
                self._short_lines(terminalreporter, {name: report.nodeid for name, report in reports.items()})
            self._count(terminalreporter, reports)

    def summary(self, terminal: Any) -> None:
        """Print the summary by clause."""
        reporting, suite = self.reporting, self.reporting.suite
        terminal.section(f"wasi-nn: {suite.adapter.name}")
        generated = searches_summary(reporting.searches, suite.fuzz_options.seed)
        judged = summary(reporting.case_results, suite.library.clauses) if reporting.case_results else ()
        for line in [*judged, *generated, *filter(None, [suite.fuzz_options.missing]), *reporting.notes]:
            _write(terminal, line)

    def _failures(self, terminal: Any, reports: dict[str, pytest.TestReport]) -> None:
        """Print likely causes, then cases of each, the smallest first; then what is no finding but fails the run."""
        groups = list(self._groups())
        if not groups:
            return
        found, by_id = [cause for cause in self.reporting.causes if not cause.expected], self._by_id
        if found:
            terminal.section(f"likely causes: {len(found)}")
            for line in shown_causes(found, lambda case_id: self.reporting.replay(by_id[case_id])):
                _write(terminal, line)
        if terminal.config.getoption("tbstyle") == "no":
            return
        terminal.section("cases of them" if found else "failures")
        for group in groups:
            shown = group if self._shows_each else group[:_AT_ONCE]
            for case_result in shown:
                terminal.write_sep("_", case_result.id, red=True, bold=True)
                self._one(terminal, case_result, reports.get(case_result.id))
            if len(shown) < len(group):
                terminal.write_line(f"\nand {len(group) - len(shown)} more of this cause: --all-failures shows each")

    def _one(self, terminal: Any, case_result: CaseResult, report: pytest.TestReport | None) -> None:
        if case_result.verdict is Verdict.ERROR and report is not None:
            # What went wrong in the suite itself: pytest shows where.
            report.toterminal(terminal.config.get_terminal_writer())
            return
        clause = self.reporting.suite.library.clauses[case_result.clause]
        folder = terminal.config.getoption("--report")
        told = paragraph(clause, case_result, self.reporting.replay(case_result), folder)
        _write(terminal, told + self.reporting.shrunk(case_result))

    def _groups(self) -> Iterator[list[CaseResult]]:
        """Return the cases that fail the run, those of one cause together and the smallest first."""
        by_id = self._by_id
        for cause in self.reporting.causes:
            if not cause.expected:
                yield _smallest_first(cause, [by_id[name] for name in cause.cases])
        left = (each for each in self.reporting.case_results if each.verdict in (Verdict.XPASS, Verdict.ERROR))
        yield from found_alike(left, list(self.reporting.suite.library.clauses))

    def _short_lines(self, terminal: Any, names: dict[str, str]) -> None:
        """Print a line for each case that `-r` asks for; failures of one cause up to a number.

        `names` are those that pytest knows cases by, so that what is printed can be given back to it.
        """
        asked = _asked(terminal.config.option.reportchars)
        lines: list[str] = []
        if failing := {verdict for letter in asked if letter in "fE" for verdict in _LISTED[letter]}:
            for group in self._groups():
                of_it = [each for each in group if each.verdict in failing]
                shown = of_it if self._shows_each else of_it[:_AT_ONCE]
                lines += [_line(each, names) for each in shown]
                if len(shown) < len(of_it):
                    lines.append(f"     and {len(of_it) - len(shown)} more of this cause")
        for letter in asked:
            listed = [] if letter in "fE" or (letter == "X" and "f" in asked) else _LISTED.get(letter, ())
            lines += [_line(each, names) for each in self.reporting.case_results if each.verdict in listed]
        if lines:
            terminal.section("short test summary info")
            for line in lines:
                _write(terminal, line)

    def _count(self, terminal: Any, reports: dict[str, pytest.TestReport]) -> None:
        """Let pytest count the cases as they were judged in the end, and what searches found as cases."""
        counted: dict[str, list[pytest.TestReport]] = {}
        for case_result in sorted(self.reporting.case_results, key=lambda each: each.verdict.severity):
            category = _STATUS[case_result.verdict][0]
            counted.setdefault(category, []).append(reports.get(case_result.id) or _report_of(case_result))
        if searched := [reports[name] for name in self.reporting.searched if name in reports]:
            counted["search" if len(searched) == 1 else "searches"] = searched
        for category, of_it in counted.items():
            terminal._add_stats(category, of_it)  # noqa: SLF001 only this renews the colour and the known categories

    @property
    def _by_id(self) -> dict[str, CaseResult]:
        return {case_result.id: case_result for case_result in self.reporting.case_results}

    @property
    def _shows_each(self) -> bool:
        config = self.reporting.suite.config
        return bool(config.getoption("--all-failures") or config.getoption("--case"))


def _write(terminal: Any, text: str) -> None:
    terminal.write_line(visible(text))  # what a host says must not steer the terminal


def _smallest_first(cause: Cause, case_results: list[CaseResult]) -> list[CaseResult]:
    """Order the cases of a cause: the one that stands for it, the others of its clause, those that it shows in too."""
    return sorted(
        case_results, key=lambda each: (each.id != cause.case, each.clause != cause.clause, steps(each), each.id)
    )


def _taken_out(terminal: Any) -> dict[str, pytest.TestReport]:
    """Take the reports of cases and searches out of what pytest counts; return the last of each by id."""
    found: dict[str, pytest.TestReport] = {}
    for category, reports in list(terminal.stats.items()):
        kept = []
        for report in reports:
            case_result, searched = getattr(report, "wasi_nn", None), getattr(report, "wasi_nn_search", None)
            if category == "rerun":
                kept.append(report)
            elif case_result:
                found[case_result["id"]] = report
            elif searched:
                found[report.nodeid] = report
                found |= {fault["id"]: report for fault in (searched["fault"],) if fault}
            else:
                kept.append(report)
        terminal.stats[category] = kept
        if not kept:
            del terminal.stats[category]
    return found


def _report_of(case_result: CaseResult) -> pytest.TestReport:
    """Return a report for a result that no item of pytest has."""
    outcome = "failed" if _STATUS[case_result.verdict][0] == "failed" else "passed"
    place = (case_result.place.partition(":")[0], None, case_result.id)
    return pytest.TestReport(case_result.id, place, {}, outcome, None, "call")  # type: ignore[arg-type]


def _asked(letters: str) -> str:
    """Read what `-r` was given: `a` is all but what passed, `A` all, and `N` forgets what came before."""
    asked = ""
    for letter in letters:
        wider = {"a": _ALL_BUT_PASSED, "A": f"{_ALL_BUT_PASSED}p", "N": "", "F": "f"}.get(letter)
        asked = asked + letter if wider is None else asked + wider if wider else ""
    return "".join(dict.fromkeys(asked))


def _line(case_result: CaseResult, names: dict[str, str]) -> str:
    expected, said = case_result.expected, case_result.diagnosis
    if expected is not None and case_result.verdict is Verdict.XFAIL:
        said = "; ".join(filter(None, [expected.because, expected.fix and f"fix: {expected.fix}", expected.link]))
    said = " ".join(said.split())
    said = said if len(said) <= _WORDS or expected else f"{said[:_WORDS]} ..."
    return f"{_STATUS[case_result.verdict][2]} {names.get(case_result.id, case_result.id)}" + (
        f" - {said}" if said else ""
    )
