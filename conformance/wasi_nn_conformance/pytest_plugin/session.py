"""One run of the suite: its parts, each made when it is first asked for."""

import contextlib
import shlex
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import pytest

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.models import ModelError
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.known_failures import KnownFailures, known_failures_path, read_known_failures
from wasi_nn_conformance.results.settlement import blocked
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import Adapter, AdapterError, read_adapter
from wasi_nn_conformance.run.examination import Conclusion, Examination
from wasi_nn_conformance.run.host_pool import Host, Pair, pair_of
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.run.lookahead import Lookahead, processors
from wasi_nn_conformance.vectors.case import Case

from .course import Course
from .fuzz_options import FuzzOptions
from .selection import Selection
from .xdist import give_up, is_worker, seed_told

if TYPE_CHECKING:
    from pathlib import Path


class Suite:
    """One run on the host that `--impl` names."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.impl: str = config.getoption("--impl")
        self.selection = Selection.of(config)
        self.fuzz_options = FuzzOptions.of(config, seed_told(config))
        self.course = Course()
        self.handshake_done = False
        self.asked: frozenset[str] = frozenset()
        """The ids of the cases of this run."""
        self.conclusion = Conclusion()
        self.broken: set[tuple[Pair, str]] = set()
        """The clauses that written vectors have found broken, with where."""

    @cached_property
    def adapter(self) -> Adapter:
        """The adapter that `--impl` names. Raises `pytest.UsageError`."""
        try:
            return read_adapter(self.impl)
        except AdapterError as error:
            raise pytest.UsageError(str(error)) from None

    @cached_property
    def library(self) -> Library:
        """The vectors that the options ask for, or all, with clauses and models."""
        return Library(self.config.getoption("--vectors") or (), nightly=self.config.getoption("--nightly"))

    def check_vectors(self) -> None:
        """Raise `pytest.UsageError` for a folder of `--vectors` that has none."""
        for path in self.config.getoption("--vectors") or ():
            if not Library([path]).files():
                raise pytest.UsageError(f"--vectors={path}: no file of this folder holds vectors (*.yaml)")

    @cached_property
    def host(self) -> Host:
        """The host under test."""
        return Host(self.adapter, self.library, fresh=self.config.getoption("--fresh"))

    @cached_property
    def examination(self) -> Examination:
        """What judges the cases of the run."""
        return Examination(self.host)

    def judged(self, case: Case) -> CaseResult:
        """Return what a case comes to, with what is known of the host, as far as this can be told before the end.

        A case is blocked as soon as a simpler one that fails is known to, or has its turn in this run.
        """
        case_result = self.examination.examine(case)
        if self.known_failures:
            case_result = self.known_failures.applied(case_result)
        if case_result.verdict.is_finding or case_result.verdict is Verdict.XFAIL:
            self.broken.add((pair_of(case), case_result.clause))
        by = case_result.blocked_by
        if by is None or not case_result.own_clause:
            return case_result
        is_known = self.known_failures and self.known_failures.told(self.examination.simpler(by))
        return blocked(case_result, by, self.library.clauses) if by in self.asked or is_known else case_result

    def look_ahead(self, cases: Sequence[Case | None]) -> None:
        """Serve cases ahead of their turn, which they have in this order; None stands for what else asks the host."""
        at_once = self.adapter.limits.at_once or processors()
        if at_once > 1:
            self.examination.lookahead = Lookahead(self.host, cases, at_once)

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

    @property
    def replay(self) -> list[str]:
        """The command that runs these vectors on this host again; `--case ID` after it picks one."""
        arguments = [f"--vectors={path}" for path in self.config.getoption("--vectors") or ()]
        arguments += ["--nightly"] if self.config.getoption("--nightly") else []
        known_failures = self.config.getoption("--known-failures")
        arguments += [f"--known-failures={known_failures}"] if known_failures else []
        if program := self.config.getoption("--program"):
            return [*shlex.split(program), self.impl, *arguments]
        where = (["--pyargs"] if self.config.option.pyargs else []) + list(self.config.args)
        return ["pytest", *where, *arguments, f"--impl={self.impl}"]

    def handshake(self) -> None:
        """Do the handshake with the host, once, and read what is known of it."""
        if self.handshake_done or self.config.option.collectonly:
            return
        self.handshake_done = True
        try:
            self.host.check()
            self.known_failures  # noqa: B018 the file must be readable before the first verdict
        except (AdapterError, InputError, ModelError) as error:
            self.give_up(str(error))

    def survey(self, pairs: Iterable[Pair]) -> None:
        """Find out which of the encodings that are wanted can be used. A host that can use none is out of order."""
        try:
            complaint = self.examination.survey.take(pairs)
        except (AdapterError, ModelError) as error:
            self.give_up(str(error))
        if complaint:
            self.give_up(complaint)

    def end_lookahead(self) -> None:
        """Let no case be served ahead any more."""
        if "examination" in self.__dict__ and self.examination.lookahead:
            self.examination.lookahead.close()

    def conclude(self) -> None:
        """Find out what only the whole run shows, while the host is still there."""
        if "examination" in self.__dict__:
            self.conclusion = self.examination.conclude()

    def give_up(self, message: str) -> NoReturn:
        """End a run that has given no verdict yet."""
        if is_worker(self.config):
            give_up(self.config, message)
        raise pytest.UsageError(message) from None

    def unmatched(self, case_results: Sequence[CaseResult], judged: int) -> list[str]:
        """Return what is known of the host by patterns that no case of a run of everything bears out.

        `judged` of the results are those of written vectors.
        """
        own_vectors = self.config.getoption("--vectors")
        if self.known_failures is None or own_vectors or self.fuzz_options.only or judged < self.available:
            return []
        path = self.known_failures.path
        return [f"{path}: nothing matches {pattern}" for pattern in self.known_failures.unmatched(case_results)]

    @cached_property
    def available(self) -> int:
        """How many cases there are, of vectors that can be read. A run that only generates asks for none."""
        if self.fuzz_options.only:
            return 0
        number = 0
        for path in self.library.files():
            with contextlib.suppress(InputError):  # told of when they were collected
                number += sum(1 for vector in self.library.vectors(path) for _ in self.library.cases(vector))
        return number
