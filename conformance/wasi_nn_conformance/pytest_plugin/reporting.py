"""What a run comes to: the records of its cases, also those of other processes, and the files made of them."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wasi_nn_conformance.fuzz.finding import FOLDER, write
from wasi_nn_conformance.fuzz.strategies.kinds import KINDS
from wasi_nn_conformance.report.data import Fuzz, GeneratedVector, Impl, Report, Search, report
from wasi_nn_conformance.report.folder import write_folder
from wasi_nn_conformance.report.terminal import searches_summary, summary
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.choices import compared
from wasi_nn_conformance.results.verdict import Verdict

from .search_items import SearchItem
from .xdist import is_worker, selected_told, tell_selected, tell_version, version_told

if TYPE_CHECKING:
    from .session import Suite

_STATUS = {
    Verdict.DEVIATES: ("deviates", "d", "DEVIATES"),
    Verdict.XFAIL: ("xfailed", "x", "XFAIL"),
    Verdict.XPASS: ("failed", "X", "XPASS"),
    Verdict.FAIL: ("failed", "F", "FAIL"),
    Verdict.CRASH: ("failed", "C", "CRASH"),
    Verdict.HANG: ("failed", "H", "HANG"),
    Verdict.UNSUPPORTED: ("unsupported", "u", "UNSUPPORTED"),
    Verdict.ERROR: ("error", "E", "ERROR"),
}
_PROPERTIES = ("clause", "level", "abi", "encoding", "verdict", "diagnosis", "choice")

_OF_SEARCHES = ("kind", "abi", "encoding", "examples", "calls")


class Gathering:
    """The part of the plugin that takes up records. A record travels as `wasi_nn` of a test's report: plain data."""

    def __init__(self, suite: "Suite") -> None:
        self.suite = suite
        self.versions: dict[str, None] = {}
        self.judged: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Let the report of a case carry its record, and its properties for JUnit."""
        case_result = getattr(item, "case_result", None) if call.when == "call" else None
        data = case_result.json() if isinstance(case_result, CaseResult) else None
        if data is not None:
            item.user_properties += [(name, data[name]) for name in _PROPERTIES if data[name]]
        searched = item.data() if isinstance(item, SearchItem) and call.when == "call" else None
        if searched is not None and searched["search"]:
            item.user_properties += [("seed", self.suite.fuzz_options.seed)]
            item.user_properties += [(name, searched["search"][name]) for name in _OF_SEARCHES]
        result = yield
        if data is not None:
            result.wasi_nn = data
        if searched is not None:
            result.wasi_nn_search = searched
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the records."""
        if case_result := getattr(report, "wasi_nn", None):
            self._take_up(case_result)
            self.judged.add(case_result["id"])
        if searched := getattr(report, "wasi_nn_search", None):
            self.suite.searches += [msgspec.convert(searched["search"], Search)] if searched["search"] else []
            self.suite.findings += searched["findings"]
            for case_result in (*(found["record"] for found in searched["findings"]), searched["fault"]):
                if case_result:
                    self._take_up(case_result)

    def _take_up(self, case_result: Any) -> None:
        self.suite.case_results.append(msgspec.convert(case_result, CaseResult))

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show the verdict where pytest knows only passed and failed."""
        case_result = getattr(report, "wasi_nn", None)
        return _STATUS.get(Verdict(case_result["verdict"])) if case_result and report.when == "call" else None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary by clause."""
        if not self.suite.case_results and not self.suite.searches:
            return
        terminalreporter.section(f"wasi-nn: {self.suite.adapter.name}")
        generated = searches_summary(self.suite.searches, self.suite.fuzz_options.seed)
        judged = summary(self.suite.case_results, self.suite.library.clauses) if self.suite.case_results else ()
        for line in [*judged, *generated, *self.suite.complaints]:
            terminalreporter.write_line(line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Make the report's folder before the first case, so that no run is for nothing."""
        folder = self._folder
        if folder is not None and not session.config.option.collectonly:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise pytest.UsageError(f"--report={folder}: cannot be made a folder: {error.strerror}") from None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear what a worker has to say at its end."""
        self.suite.selected = max(self.suite.selected, selected_told(node))
        try:
            version = version_told(node)
        except pytest.UsageError:
            self.suite.case_results.clear()  # no verdicts where one of the hosts is out of order
            raise
        if version is not None:
            self.versions[version] = None

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Compare the answers of the whole run, and write the report."""
        self.suite.course.end(session, exitstatus)
        if is_worker(session.config):
            tell_selected(session.config, self.suite.selected)
            if self.suite.has_host:
                tell_version(session.config, self.suite.host.version)
            return
        self.suite.case_results = list(compared(self.suite.case_results))
        if self._folder is not None and (self.suite.case_results or self.suite.searches):
            try:
                write_folder(self._folder, self._report())
                for found in self.suite.findings:
                    write(self._folder / FOLDER, found)
            except OSError as error:
                message = f"--report={self._folder}: cannot be written: {error.strerror}"
                pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)

    @property
    def _folder(self) -> Path | None:
        """The folder to write to, which is the business of the process that the user started."""
        folder: Path | None = self.suite.config.getoption("--report")
        return None if self.suite.impl is None or is_worker(self.suite.config) else folder

    def _report(self) -> Report:
        suite, adapter = self.suite, self.suite.adapter
        version = " | ".join(self.versions) or suite.host.version
        impl = Impl(adapter.name, version, tuple(adapter.command))
        run = suite.course.run(len(self.judged), suite.selected, suite.available)
        made = report(impl, run, suite.case_results, suite.library.clauses, suite.replay)
        return msgspec.structs.replace(made, fuzz=self._drawn()) if suite.searches else made

    def _drawn(self) -> Fuzz:
        """Tell of the searches in one order, also if workers brought them in another."""
        suite, kinds = self.suite, list(KINDS)
        files = Path(self._folder or "") / FOLDER
        found = sorted(suite.findings, key=lambda each: str(each["record"]["id"]))
        reasons = {because for search in suite.searches for because in search.known}
        entries = suite.known_failures.entries if suite.known_failures else ()
        return Fuzz(
            seed=suite.fuzz_options.seed,
            examples=suite.fuzz_options.examples,
            searches=tuple(sorted(suite.searches, key=lambda s: (kinds.index(s.kind), s.abi, s.encoding))),
            vectors={each["record"]["id"]: GeneratedVector(str(files / each["name"]), each["text"]) for each in found},
            known=tuple(dict.fromkeys(entry.expected for entry in entries if entry.because in reasons)),
        )
