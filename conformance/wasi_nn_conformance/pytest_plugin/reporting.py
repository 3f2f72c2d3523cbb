"""What a run comes to: the records of its cases, also those of other processes, and the files made of them."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wasi_nn_conformance.fuzz.finding import FOLDER, write
from wasi_nn_conformance.fuzz.strategies.kinds import KINDS
from wasi_nn_conformance.report.folder import write_folder
from wasi_nn_conformance.report.json_report import report
from wasi_nn_conformance.report.terminal import searches_summary, summary
from wasi_nn_conformance.results.case_result import Record
from wasi_nn_conformance.results.choices import compared
from wasi_nn_conformance.results.verdict import Verdict

from .search_items import SearchItem
from .xdist import is_worker, tell_version, version_told

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

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Let the report of a case carry its record, and its properties for JUnit."""
        record = getattr(item, "record", None) if call.when == "call" else None
        data = record.json() if isinstance(record, Record) else None
        if data is not None:
            item.user_properties += [(name, data[name]) for name in _PROPERTIES if data[name]]
        searched = item.data() if isinstance(item, SearchItem) and call.when == "call" else None
        if searched is not None and searched["search"]:
            item.user_properties += [("seed", self.suite.drawing.seed)]
            item.user_properties += [(name, searched["search"][name]) for name in _OF_SEARCHES]
        result = yield
        if data is not None:
            result.wasi_nn = data
        if searched is not None:
            result.wasi_nn_search = searched
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the records."""
        if record := getattr(report, "wasi_nn", None):
            self.suite.records.append(record)
        if searched := getattr(report, "wasi_nn_search", None):
            self.suite.searches += [searched["search"]] if searched["search"] else []
            self.suite.findings += searched["findings"]
            self.suite.records += [found["record"] for found in searched["findings"]]
            self.suite.records += [searched["fault"]] if searched["fault"] else []

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show the verdict where pytest knows only passed and failed."""
        record = getattr(report, "wasi_nn", None)
        return _STATUS.get(Verdict(record["verdict"])) if record and report.when == "call" else None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary by clause."""
        if not self.suite.records and not self.suite.searches:
            return
        terminalreporter.section(f"wasi-nn: {self.suite.adapter.name}")
        drawn = searches_summary(self.suite.searches, self.suite.drawing.seed)
        judged = summary(self.suite.records, self.suite.library.clauses) if self.suite.records else ()
        for line in [*judged, *drawn, *self.suite.vain]:
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
        try:
            version = version_told(node)
        except pytest.UsageError:
            self.suite.records.clear()  # no verdicts where one of the hosts is out of order
            raise
        if version is not None:
            self.versions[version] = None

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare the answers of the whole run, and write the report."""
        if is_worker(session.config):
            if self.suite.has_host:
                tell_version(session.config, self.suite.host.version)
            return
        self.suite.records = list(compared(self.suite.records))
        if self._folder is not None and (self.suite.records or self.suite.searches):
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

    def _report(self) -> dict[str, Any]:
        adapter = self.suite.adapter
        version = " | ".join(self.versions) or self.suite.host.version
        impl = {"name": adapter.name, "version": version, "command": list(adapter.command)}
        data = report(impl, self.suite.records, self.suite.library.clauses, self.suite.replay)
        return data | ({"fuzz": self._drawn()} if self.suite.searches else {})

    def _drawn(self) -> dict[str, Any]:
        """Tell of the searches in one order, also if workers brought them in another."""
        drawing, kinds = self.suite.drawing, list(KINDS)
        order = sorted(self.suite.searches, key=lambda s: (kinds.index(s["kind"]), s["abi"], s["encoding"]))
        files = Path(self._folder or "") / FOLDER
        vectors = {
            found["record"]["id"]: {"file": str(files / found["name"]), "text": found["text"]}
            for found in self.suite.findings
        }
        return {
            "seed": drawing.seed,
            "examples": drawing.examples,
            "searches": order,
            "vectors": dict(sorted(vectors.items())),
        }
