"""The pytest plugin: options, collection of cases from vectors, verdicts as outcomes, and the reports."""

import contextlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.models import ENCODINGS, ModelError
from wasi_nn_conformance.paths import PACKAGE
from wasi_nn_conformance.report.paragraph import paragraph, replay_line
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.known_failures import KnownFailures, known_failures_path, read_known_failures
from wasi_nn_conformance.results.pattern import matches
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import Adapter, AdapterError, read_adapter
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.case import Case

from .course import Course
from .fuzz_options import FuzzOptions, add_options
from .reporting import Gathering
from .search_items import SearchesCollector, SearchItem
from .xdist import give_up, is_worker

if TYPE_CHECKING:
    from wasi_nn_conformance.report.data import Search


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    group = parser.getgroup("wasi-nn", "wasi-nn conformance")
    group.addoption("--impl", metavar="NAME_OR_PATH", help="the host under test: an adapter's name, or its file")
    group.addoption("--report", metavar="DIR", type=Path, help="write the report in all its forms here")
    group.addoption("--fresh", action="store_true", help="start a new process of the host for each vector")
    group.addoption("--case", metavar="ID", action="append", help="run only this case; * and ? match, may be repeated")
    group.addoption("--abi", action="append", choices=tuple(DIALECTS), help="run only this ABI; may be repeated")
    group.addoption(
        "--encoding", action="append", choices=tuple(ENCODINGS), help="run only this encoding; may be repeated"
    )
    group.addoption(
        "--vectors",
        metavar="PATH",
        type=Path,
        action="append",
        help="run these vectors (file or folder) instead",
    )
    group.addoption(
        "--known-failures",
        metavar="PATH",
        type=Path,
        help="known findings; by default NAME.known-failures.toml beside the adapter, if it is there",
    )
    add_options(group)


def pytest_configure(config: pytest.Config) -> None:
    """Take up the run if `--impl` asks for one."""
    config.stash[_SUITE] = suite = Suite(config)
    if suite.impl is not None:
        suite.adapter  # noqa: B018 an adapter that cannot be read ends the run before anything is collected
    config.option.fuzz_seed = suite.fuzz_options.seed  # workers are told the options, and draw from the same seed
    config.pluginmanager.register(suite, "wasi-nn-suite")
    config.pluginmanager.register(Gathering(suite), "wasi-nn-gathering")


_SUITE = pytest.StashKey["Suite"]()


class Suite:
    """One run: what is collected and seen during it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.impl: str | None = config.getoption("--impl")
        self.fuzz_options = FuzzOptions.of(config)
        self.case_results: list[CaseResult] = []
        self.searches: list[Search] = []
        self.findings: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        self.course = Course()
        self.selected = 0
        self.handshake_done = False

    @cached_property
    def adapter(self) -> Adapter:
        """The adapter that `--impl` names. Raises `pytest.UsageError`."""
        if self.impl is None:
            raise pytest.UsageError("the suite needs a host: add --impl=NAME_OR_PATH (for example --impl=reference)")
        try:
            return read_adapter(self.impl)
        except AdapterError as error:
            raise pytest.UsageError(str(error)) from None

    @cached_property
    def library(self) -> Library:
        """The vectors that the options ask for, or all, with clauses and models."""
        return Library(self.config.getoption("--vectors") or ())

    @cached_property
    def host(self) -> Host:
        """The host under test."""
        return Host(self.adapter, self.library, fresh=self.config.getoption("--fresh"))

    @property
    def has_host(self) -> bool:
        """Return whether the host has been asked for."""
        return "host" in self.__dict__

    @cached_property
    def known_failures(self) -> KnownFailures | None:
        """What is known to be wrong with this version of the host. Raises `InputError`."""
        given: Path | None = self.config.getoption("--known-failures")
        path = given or known_failures_path(self.adapter.path)
        return read_known_failures(path, self.host.version) if given or path.is_file() else None

    def unmatched(self) -> list[str]:
        """Return what is known of the host by patterns that no case of a run of everything bears out."""
        own_vectors = self.config.getoption("--vectors")
        judged = len(self.case_results) - len(self.findings)
        if self.known_failures is None or own_vectors or self.fuzz_options.only or judged < self.available:
            return []
        path = self.known_failures.path
        return [f"{path}: nothing matches {pattern}" for pattern in self.known_failures.unmatched(self.case_results)]

    @cached_property
    def available(self) -> int:
        """How many cases there are, of vectors that can be read. A run that only draws asks for none."""
        if self.fuzz_options.only:
            return 0
        number = 0
        for path in self.library.files():
            with contextlib.suppress(InputError):  # told of when they were collected
                number += sum(1 for vector in self.library.vectors(path) for _ in self.library.cases(vector))
        return number

    @property
    def replay(self) -> list[str]:
        """The command that runs these vectors on this host again; `--case ID` after it picks one."""
        arguments = (["--pyargs"] if self.config.option.pyargs else []) + list(self.config.args)
        arguments += [f"--vectors={path}" for path in self.config.getoption("--vectors") or ()]
        expectations = self.config.getoption("--known-failures")
        arguments += [f"--known-failures={expectations}"] if expectations else []
        return ["pytest", *arguments, f"--impl={self.impl}"]

    def selects(self, case: Case) -> bool:
        """Return whether the options ask for this case."""
        abis, encodings = (self.config.getoption(name) for name in ("--abi", "--encoding"))
        return (
            (not abis or case.abi in abis)
            and (not encodings or case.encoding is None or case.encoding in encodings)
            and self.asks_for(case.id)
        )

    def asks_for(self, item_id: str) -> bool:
        """Return whether `--case`, if it is given, names this case or search."""
        ids = self.config.getoption("--case")
        return not ids or any(matches(pattern, item_id) for pattern in ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Collect the vectors where pytest finds this package."""
        if path == PACKAGE:
            return SuiteDirectory.from_parent(parent, path=path, suite=self)
        return None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Ask for a host before the first case would."""
        if any(isinstance(item, CaseItem | SearchItem) for item in items):
            self.adapter  # noqa: B018

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the cases that are asked for."""
        self.selected = sum(isinstance(item, CaseItem) for item in session.items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Shake hands before vectors are read: a host that cannot be asked is told of at once.

        With workers of pytest-xdist it is they who ask, and only if they have something to run.
        """
        if self.impl is not None and not is_worker(self.config) and self.config.getoption("dist", "no") == "no":
            self.handshake()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Shake hands with the host before any verdict is given, if that was not done before collection."""
        if any(isinstance(item, CaseItem | SearchItem) for item in session.items):
            self.handshake()

    def handshake(self) -> None:
        """Shake hands with the host, once, and read what is expected of it."""
        if self.handshake_done or self.config.option.collectonly:
            return
        self.handshake_done = True
        try:
            self.host.check()
            self.known_failures  # noqa: B018
        except (AdapterError, InputError, ModelError) as error:
            if is_worker(self.config):
                give_up(self.config, str(error))
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hold the run against what is known of the host, and end the host's processes."""
        if self.case_results and not is_worker(session.config):
            self.complaints = self.unmatched()
            if self.complaints and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self.has_host:
            self.host.close()


class SuiteDirectory(pytest.Directory):
    """The folder of this package, whose items are the vectors' cases."""

    def __init__(self, *, suite: Suite, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.suite = suite

    def collect(self) -> Iterable[pytest.Collector]:
        """Return a collector for each file of vectors, and one for what is drawn."""
        for path in () if self.suite.fuzz_options.only else self.suite.library.files():
            yield VectorFile.from_parent(self, path=path, nodeid=f"vectors/{path.name}", suite=self.suite)
        if self.suite.impl is not None:
            yield SearchesCollector.from_parent(self, name="fuzz", nodeid="fuzz", suite=self.suite)


class VectorFile(pytest.File):
    """A file of vectors."""

    def __init__(self, *, suite: Suite, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.suite = suite

    def collect(self) -> Iterable[pytest.Item]:
        """Return the cases of the file. What is wrong in it is told with its line."""
        try:
            library = self.suite.library
            cases = [case for vector in library.vectors(self.path) for case in library.cases(vector)]
        except InputError as error:
            raise self.CollectError(str(error)) from None
        # As text, so that pytest parts it at the brackets as it does when --lf reads it back.
        return [
            CaseItem.from_parent(self, name=case.id, nodeid=f"{self.nodeid}::{case.id}", case=case, suite=self.suite)
            for case in cases
            if self.suite.selects(case)
        ]


class _Finding(Exception):  # noqa: N818
    """A case that failed: carries it out of the item."""


class CaseItem(pytest.Item):
    """One case: a vector on one ABI and encoding."""

    def __init__(self, *, case: Case, suite: Suite, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.case, self.suite = case, suite
        self.case_result: CaseResult | None = None

    def runtest(self) -> None:
        """Carry out the case."""
        try:
            case_result = self.suite.host.run(self.case)
            self.case_result = case_result = (
                self.suite.known_failures.applied(case_result) if self.suite.known_failures else case_result
            )
        except AdapterError as error:
            give_up(self.config, str(error))
        except Exception as error:
            # A fault of the suite: pytest shows where, and the report must not lose the case.
            fault = Judgement(Verdict.ERROR, got=f"the suite failed: {error!r}", where="suite")
            self.case_result = CaseResult.of(self.case, [fault], 0.0, ())
            raise
        verdict = case_result.verdict
        if verdict is Verdict.UNSUPPORTED:
            pytest.skip(case_result.diagnosis)
        if verdict.is_finding or verdict in (Verdict.XPASS, Verdict.ERROR):
            raise _Finding(case_result.diagnosis)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Write the paragraph of a failed case."""
        if isinstance(excinfo.value, _Finding) and self.case_result is not None:
            return paragraph(self.case, self.case_result, replay_line(self.suite.replay, self.case.id))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the vector stands."""
        return self.path, (self.case.vector.line or 1) - 1, self.case.id
