"""What a run comes to: the results of its cases, also those of other processes, and the files made of them."""

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wasi_nn_conformance.fuzz.finding import FOLDER, write
from wasi_nn_conformance.fuzz.kinds import KINDS
from wasi_nn_conformance.report.data import Fuzz, GeneratedVector, Impl, Report, Search, report
from wasi_nn_conformance.report.folder import write_folder
from wasi_nn_conformance.report.paragraph import replay_line, shown_by
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.causes import Cause, likely_causes
from wasi_nn_conformance.results.choices import compared
from wasi_nn_conformance.results.settlement import settled
from wasi_nn_conformance.results.verdict import Verdict

from .arguments import cases_and_searches
from .conclusions import Conclusions
from .generated import GeneratedItem
from .items import CaseItem
from .session import Suite
from .xdist import conclusion_told, is_worker, tell_conclusion, tell_seed, tell_version, version_told

_PROPERTIES = ("clause", "level", "abi", "encoding", "verdict", "diagnosis", "choice")

_OF_SEARCHES = ("kind", "abi", "encoding", "examples", "calls")


def properties(case_result: CaseResult) -> Iterator[tuple[str, str]]:
    """Return the properties of a case for JUnit; those that it has not are left out."""
    for name in _PROPERTIES:
        if value := getattr(case_result, name):
            yield name, str(value)
    for name in ("because", "fix", "link") if case_result.expected else ():
        if value := getattr(case_result.expected, name):
            yield name, value


class Reporting:
    """The part of the plugin that gathers results. They travel in pytest's report of an item, as plain data.

    An item that another plugin runs again counts once, as it ended last.
    """

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.versions: dict[str, None] = {}
        self.judged: dict[str, CaseResult] = {}
        self.searched: dict[str, dict[str, Any]] = {}
        self.case_results: list[CaseResult] = []
        self.causes: list[Cause] = []
        self.complaints: list[str] = []
        self._failed = 0
        self.conclusions = Conclusions()

    @property
    def notes(self) -> list[str]:
        """What else is to be said of the run, a line each."""
        return [*self.conclusions.notes, *self.complaints]

    @property
    def searches(self) -> list[Search]:
        """The searches that came to their end."""
        return [msgspec.convert(each["search"], Search) for each in self.searched.values() if each["search"]]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What the searches found."""
        return [finding for each in self.searched.values() for finding in each["findings"]]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Let the report of a case carry its result, and its properties for JUnit."""
        case_result = getattr(item, "case_result", None) if call.when == "call" else None
        data = None
        if isinstance(case_result, CaseResult):
            data = case_result.json()
            item.user_properties += properties(case_result)
        searched = item.data() if isinstance(item, GeneratedItem) and call.when == "call" else None
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
        """Keep the result that a report carries."""
        case_result, searched = getattr(report, "wasi_nn", None), getattr(report, "wasi_nn_search", None)
        if case_result:
            self.judged[report.nodeid] = msgspec.convert(case_result, CaseResult)
        if searched:
            self.searched[report.nodeid] = searched
        self._failed += bool(report.failed and (case_result or searched))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Make the report's folder before the first case, so that no run is for nothing."""
        folder = self._folder
        if folder is not None and not session.config.option.collectonly:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise pytest.UsageError(f"--report={folder}: cannot be made a folder: {error.strerror}") from None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count what is asked for. Where there are workers of pytest-xdist this happens in them alone."""
        self.suite.asked = frozenset(item.case.id for item in session.items if isinstance(item, CaseItem))
        self.suite.course.cases = len(self.suite.asked)
        self.suite.course.searches = sum(isinstance(item, GeneratedItem) for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Count what a worker found: each collects everything, and a run that is stopped hears no more of it."""
        self.suite.course.cases, self.suite.course.searches = cases_and_searches(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send a worker what it cannot know."""
        tell_seed(node, self.suite.fuzz_options.seed)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take up what a worker sends at its end."""
        try:
            version = version_told(node)
        except pytest.UsageError:
            self.judged.clear()  # no verdicts where one of the hosts is out of order
            raise
        if version is not None:
            self.versions[version] = None
        if conclusion := conclusion_told(node):
            self.conclusions.take(conclusion)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare the answers of the whole run, hold it against what is known of the host, and write the report."""
        if is_worker(session.config):
            if self.suite.has_host:
                tell_version(session.config, self.suite.host.version)
                tell_conclusion(session.config, msgspec.to_builtins(self.suite.conclusion))
            return
        self.conclusions.take(msgspec.to_builtins(self.suite.conclusion))
        if self.judged:
            self.judged = self.conclusions.corrected(self.judged, self.suite.known_failures)
        self.case_results = list(compared(self._told(settled(self._results(), self.suite.library.clauses))))
        self.causes = likely_causes(self.case_results, list(self.suite.library.clauses)) if self.case_results else []
        session.exitstatus = self._exit_status(session)
        # An interrupt before the first verdict leaves a report, too: an older one would be taken for this run's.
        interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED and not session.testsfailed
        stopped = interrupted and self.suite.course.asks_for_any
        if self._folder is not None and (self.case_results or self.searches or stopped):
            try:
                write_folder(self._folder, self._report())
                for found in self.findings:
                    write(self._folder / FOLDER, found)
            except OSError as error:
                message = f"--report={self._folder}: cannot be written: {error.strerror}"
                pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)

    def _told(self, case_results: Iterable[CaseResult]) -> Iterator[CaseResult]:
        """Return results with what is known of them, also of those that only the whole run has shown to be findings."""
        for each in case_results:
            is_new = each.verdict.is_finding and each.expected is None
            known = self.suite.known_failures if is_new else None
            yield known.applied(each) if known else each

    def _exit_status(self, session: pytest.Session) -> int:
        """Return pytest's exit status, or another where it does not know enough; what made it so is a complaint."""
        status = session.exitstatus
        if session.shouldfail and self.judged and status == pytest.ExitCode.INTERRUPTED:
            status = pytest.ExitCode.TESTS_FAILED  # pytest-xdist makes an interrupt of -x
        if self.case_results:
            status = self._settled(session, status)
            self.complaints = self.suite.unmatched(self.case_results, len(self.judged))
        if self.complaints and status == pytest.ExitCode.OK:
            status = pytest.ExitCode.TESTS_FAILED
        if reasons := self._unjudged():
            self.complaints.append(f"no case was judged: {'; '.join(reasons)}")
            if status == pytest.ExitCode.OK:
                status = pytest.ExitCode.NO_TESTS_COLLECTED
        return status

    def _settled(self, session: pytest.Session, status: int) -> int:
        """Return the exit status that cases deserve as they were judged in the end, not as pytest saw them."""
        fails = any(each.verdict.fails_the_run for each in self.case_results)
        if status == pytest.ExitCode.OK and fails:
            return pytest.ExitCode.TESTS_FAILED
        only_ours = session.testsfailed == self._failed
        return pytest.ExitCode.OK if status == pytest.ExitCode.TESTS_FAILED and only_ours and not fails else status

    def replay(self, case_result: CaseResult) -> str:
        """Return the line for a shell that shows what is wrong with a case."""
        found = next((each for each in self.findings if each["case_result"]["id"] == case_result.id), None)
        if found is None:
            return replay_line(self.suite.replay, shown_by(case_result))
        saved = "" if self._folder else f" (save the vector below as {found['name']}, or run with --report DIR)"
        file = str((self._folder / FOLDER if self._folder else Path()) / found["name"])
        return replay_line(self.suite.replay, shown_by(case_result), file) + saved

    def shrunk(self, case_result: CaseResult) -> str:
        """Return the vector that a generated finding was shrunk to, to stand below it."""
        texts = (each["text"] for each in self.findings if each["case_result"]["id"] == case_result.id)
        return "".join(f"\n\nShrunk to this vector:\n{text}" for text in texts)

    def _unjudged(self) -> list[str]:
        """Return why no case was judged, if none was: to a CI system that would look like a host without a fault."""
        if self.searched or any(each.verdict is not Verdict.UNSUPPORTED for each in self.case_results):
            return []
        return list(dict.fromkeys(each.diagnosis for each in self.case_results))

    def _results(self) -> Iterator[CaseResult]:
        """Return the results of cases, of what searches found, and of searches in which the suite failed."""
        yield from self.judged.values()
        if self.judged:
            yield from self.conclusions.results(self.suite.library.clauses, self.suite.known_failures)
        for each in self.searched.values():
            for found in each["findings"]:
                yield msgspec.convert(found["case_result"], CaseResult)
            if each["fault"]:
                yield msgspec.convert(each["fault"], CaseResult)

    @property
    def _folder(self) -> Path | None:
        """The folder to write to, which is the business of the process that the user started."""
        folder: Path | None = self.suite.config.getoption("--report")
        return None if is_worker(self.suite.config) else folder

    def _report(self) -> Report:
        suite, adapter = self.suite, self.suite.adapter
        version = " | ".join(self.versions) or suite.host.version
        impl = Impl(adapter.name, version, tuple(adapter.command))
        run = suite.course.run(len(self.judged), len(self.searched), suite.available)
        made = report(impl, run, self.case_results, suite.library.clauses, suite.replay)
        fuzz = self._generated() if self.searched else None
        return msgspec.structs.replace(made, fuzz=fuzz, observations=self.conclusions.observations)

    def _generated(self) -> Fuzz:
        """Return what was generated, with the searches in one order, also if workers brought them in another."""
        suite, searches, kinds = self.suite, self.searches, list(KINDS)
        files = Path(self._folder or "") / FOLDER
        found = sorted(self.findings, key=lambda each: str(each["case_result"]["id"]))
        reasons = {because for search in searches for because in search.known}
        entries = suite.known_failures.entries if suite.known_failures else ()
        return Fuzz(
            seed=suite.fuzz_options.seed,
            examples=suite.fuzz_options.examples,
            searches=tuple(sorted(searches, key=lambda s: (kinds.index(s.kind), s.abi, s.encoding))),
            vectors={
                each["case_result"]["id"]: GeneratedVector(str(files / each["name"]), each["text"]) for each in found
            },
            known=tuple(dict.fromkeys(entry.expected for entry in entries if entry.because in reasons)),
        )
