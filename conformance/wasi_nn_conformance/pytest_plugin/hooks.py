"""The suite as a plugin of pytest: its options and hooks. `entry` loads it where a run names a host.

PYTEST_DONT_REWRITE: no assertion here is a test's, and whoever imported this module before pytest need not be warned.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from wasi_nn_conformance.paths import PACKAGE
from wasi_nn_conformance.run.host_pool import Pair, pair_of

from .arguments import given_back, unknown
from .generated import GeneratedItem
from .items import CaseItem, SuiteDirectory
from .junit import JUnit
from .options import add_options
from .reporting import Reporting
from .screen import Screen
from .session import Suite
from .termination import Termination
from .xdist import is_worker

_OF_A_PLUGIN = "; if it is of a plugin of pytest, name that one before it: -- -p PLUGIN"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    add = parser.getgroup("wasi-nn", "wasi-nn conformance").addoption
    add("--impl", metavar="NAME_OR_PATH", help="the host under test: an adapter's name, or its file")
    # Begins the command lines that replay a case, where it is not pytest that the user called.
    add("--program", help=argparse.SUPPRESS)
    add_options(lambda title: parser.getgroup(f"wasi-nn: {title}").addoption)


def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    """Take node ids for cases where it is `wasi-nn check` that loads this plugin, not `entry`."""
    args[:] = given_back(args, str(PACKAGE))
    if complaint := unknown(parser, args, _OF_A_PLUGIN):
        raise pytest.UsageError(complaint)


def pytest_configure(config: pytest.Config) -> None:
    """Take up the run that `--impl` asks for."""
    if config.getoption("--impl") is None:
        return
    suite = Suite(config)
    suite.adapter  # noqa: B018 an adapter that cannot be read ends the run before anything is collected
    suite.check_vectors()
    config.pluginmanager.register(Run(suite), "wasi-nn-suite")
    reporting = Reporting(suite)
    config.pluginmanager.register(reporting, "wasi-nn-reporting")
    config.pluginmanager.register(Screen(reporting), "wasi-nn-screen")
    config.pluginmanager.register(JUnit(reporting), "wasi-nn-junit")
    config.pluginmanager.register(Termination(), "wasi-nn-termination")


class Run:
    """The part of the plugin that collects, and that starts and ends the host."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self._path: Path | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Collect the vectors where pytest finds this package, which may be through a link, but at one place only."""
        if path.name != PACKAGE.name or path.resolve() != PACKAGE:
            return None
        self._path = self._path or path
        return SuiteDirectory.from_parent(parent, path=path, suite=self.suite, is_again=path != self._path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Do the handshake before vectors are read: a host that cannot be asked is told of at once.

        With workers of pytest-xdist it is they who ask, and only if they have something to run.
        """
        if not is_worker(self.suite.config) and self.suite.config.getoption("dist", "no") == "no":
            self.suite.handshake()

    def pytest_collection_modifyitems(self, session: pytest.Session) -> None:
        """End a run of names that no case has. A worker ends it later, when it can tell so."""
        if not is_worker(self.suite.config):
            self._check_selection(session)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Do the handshake before any verdict is given, if that was not done before collection."""
        if is_worker(self.suite.config):
            self._check_selection(session)
        if any(isinstance(item, CaseItem | GeneratedItem) for item in session.items):
            self.suite.handshake()
            if not session.config.option.collectonly:
                self.suite.survey(dict.fromkeys(_pairs(session.items)))
                if not is_worker(self.suite.config):  # which of its items come next, and how many, is not for it to say
                    cases = [item.case if isinstance(item, CaseItem) else None for item in session.items]
                    self.suite.look_ahead(cases)

    def _check_selection(self, session: pytest.Session) -> None:
        saw_everything = not session.testsfailed and not self.suite.config.getoption("lf", default=False)
        if saw_everything and (complaint := self.suite.selection.complaint(self.suite.fuzz_options.missing)):
            self.suite.give_up(complaint)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """End the host's processes, also if the report cannot be written; before, ask them what is still to be asked.

        Whoever stops a run does not want to wait.
        """
        if not self.suite.has_host:
            return
        try:
            self.suite.end_lookahead()
            if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
                self.suite.conclude()
        finally:
            self.suite.host.close()


def _pairs(items: Iterable[pytest.Item]) -> Iterator[Pair]:
    """Return the ABI and the encoding of each item that loads models."""
    for item in items:
        if isinstance(item, CaseItem) and item.case.encoding:
            yield pair_of(item.case)
        elif isinstance(item, GeneratedItem):
            yield item.pair
