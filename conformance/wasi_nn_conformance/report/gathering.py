"""What a run comes to: the records of its cases, also those of other processes, and the files made of them."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from wasi_nn_conformance.choice import compared
from wasi_nn_conformance.record import Record
from wasi_nn_conformance.verdict import Verdict

from .file import report
from .folder import write_folder
from .summary import summary

if TYPE_CHECKING:
    from pathlib import Path

    from wasi_nn_conformance.plugin import Suite

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


class Gathering:
    """The part of the plugin that takes up records. A record travels as `wasi_nn` of a test's report: plain data."""

    def __init__(self, suite: "Suite") -> None:
        self.suite = suite

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Let the report of a case carry its record, and its properties for JUnit."""
        record = getattr(item, "record", None) if call.when == "call" else None
        data = record.json() if isinstance(record, Record) else None
        if data is not None:
            item.user_properties += [(name, data[name]) for name in _PROPERTIES if data[name]]
        result = yield
        if data is not None:
            result.wasi_nn = data
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the records."""
        if record := getattr(report, "wasi_nn", None):
            self.suite.records.append(record)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show the verdict where pytest knows only passed and failed."""
        record = getattr(report, "wasi_nn", None)
        return _STATUS.get(Verdict(record["verdict"])) if record and report.when == "call" else None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary by clause."""
        if not self.suite.records:
            return
        terminalreporter.section(f"wasi-nn: {self.suite.adapter.name}")
        for line in [*summary(self.suite.records, self.suite.library.clauses), *self.suite.vain]:
            terminalreporter.write_line(line)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, but not in a worker of pytest-xdist."""
        self.suite.records = list(compared(self.suite.records))
        folder: Path | None = self.suite.config.getoption("--report")
        if folder is not None and self.suite.records and not hasattr(session.config, "workerinput"):
            write_folder(folder, self._report())

    def _report(self) -> dict[str, Any]:
        adapter = self.suite.adapter
        impl = {"name": adapter.name, "version": self.suite.host.version, "command": list(adapter.command)}
        return report(impl, self.suite.records, self.suite.library.clauses, self.suite.replay)
