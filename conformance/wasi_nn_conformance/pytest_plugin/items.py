"""The cases of a run as items of pytest: a folder of files of vectors, and verdicts as outcomes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.report.paragraph import paragraph, replay_line
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.run.adapter import AdapterError
from wasi_nn_conformance.vectors.case import Case

from .arguments import SEARCHES, VECTORS
from .session import Suite
from .xdist import give_up


class SuiteDirectory(pytest.Directory):
    """The folder of this package, whose items are the vectors' cases."""

    def __init__(self, *, suite: Suite, is_again: bool, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.suite, self._is_again = suite, is_again

    def collect(self) -> Iterable[pytest.Collector]:
        """Return a collector for each file of vectors, and one for what is generated; nothing if found before."""
        if self._is_again:
            return
        for path in () if self.suite.fuzz_options.only else self.suite.library.files():
            yield VectorFile.from_parent(self, path=path, nodeid=f"{VECTORS}/{path.name}", suite=self.suite)
        if self.suite.fuzz_options.examples:
            from .search_items import SearchesCollector  # noqa: PLC0415  loads Hypothesis, which a run may do without

            yield SearchesCollector.from_parent(self, name=SEARCHES, nodeid=SEARCHES, suite=self.suite)


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
            if self.suite.selection.takes(case)
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
            self.case_result = case_result = self.suite.judged(self.case)
        except AdapterError as error:
            give_up(self.config, str(error))
        except pytest.fail.Exception as ended:
            # Another plugin, such as pytest-timeout, ends the case from outside: that is no verdict on the host.
            self.case_result = self._unjudged(f"ended from outside: {ended.msg}")
            raise
        except Exception as error:
            # A fault of the suite: pytest shows where, and the report must not lose the case.
            self.case_result = self._unjudged(f"the suite failed: {error!r}")
            raise
        verdict = case_result.verdict
        if verdict in (Verdict.UNSUPPORTED, Verdict.BLOCKED):
            pytest.skip(case_result.diagnosis)
        if verdict.fails_the_run:
            raise _Finding(case_result.diagnosis)

    def _unjudged(self, why: str) -> CaseResult:
        return CaseResult.of(
            self.case, [Judgement(Verdict.ERROR, (Violation("unjudged", got=why, call="suite"),))], 0.0, ()
        )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Write the paragraph of a case that failed, or that was ended from outside."""
        if isinstance(excinfo.value, _Finding | pytest.fail.Exception) and self.case_result is not None:
            clause = self.case.others.get(self.case_result.clause, self.case.clause)
            return paragraph(clause, self.case_result, replay_line(self.suite.replay, [self.case.id]))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the vector stands."""
        return self.path, (self.case.vector.line or 1) - 1, self.case.id
