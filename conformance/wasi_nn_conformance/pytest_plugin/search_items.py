"""The searches of a run as items of pytest: one for each kind, ABI and encoding."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis.statistics import describe_statistics

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.fuzz.finding import FOLDER, Finding
from wasi_nn_conformance.fuzz.kinds import kind_of
from wasi_nn_conformance.fuzz.search import GENERATED, Result, Search, SuiteFaultError
from wasi_nn_conformance.fuzz.strategies import errors, octets, sequences
from wasi_nn_conformance.fuzz.strategies.misuse import REGISTERED
from wasi_nn_conformance.fuzz.target import FuzzTarget
from wasi_nn_conformance.models import ENCODINGS
from wasi_nn_conformance.report.paragraph import paragraph, shell_line
from wasi_nn_conformance.run.adapter import AdapterError
from wasi_nn_conformance.run.host_pool import Pair

from .generated import GeneratedItem
from .session import Suite
from .xdist import give_up

_MODELS = dict.fromkeys((*errors.MODELS, *sequences.MODELS, *octets.MODELS))  # that conversations are drawn with


class SearchesCollector(pytest.Collector):
    """The searches that the options ask for."""

    def __init__(self, *, suite: Suite, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.suite = suite

    def collect(self) -> Iterable[pytest.Item]:
        """Return an item for each kind, ABI and encoding; the conversations of a kind are divided among them."""
        suite = self.suite
        targets = list(self._targets()) if suite.fuzz_options.examples else []
        for kind in suite.fuzz_options.kinds:
            for index, target in enumerate(targets):
                share, rest = divmod(suite.fuzz_options.examples, len(targets))
                name = f"fuzz/{kind}[{target.name}]"
                if suite.selection.takes_item(name, target.abi, target.encoding) and share + (index < rest):
                    yield SearchItem.from_parent(
                        self,
                        name=name,
                        nodeid=f"{self.nodeid}::{name}",
                        suite=suite,
                        kind=kind,
                        target=target,
                        examples=share + (index < rest),
                    )

    def _targets(self) -> Iterator[FuzzTarget]:
        adapter, selection = self.suite.adapter, self.suite.selection
        for abi in adapter.abis:
            for encoding in adapter.encodings:
                wanted = abi in (selection.abis or DIALECTS) and encoding in (selection.encodings or ENCODINGS)
                if abi in DIALECTS and wanted:
                    yield FuzzTarget(abi, encoding, self.suite.library, encoding in adapter.graphs)


class _Failed(Exception):  # noqa: N818
    """A search found something: carries it out of the item."""


class SearchItem(GeneratedItem):
    """One search."""

    def __init__(self, *, suite: Suite, kind: str, target: FuzzTarget, examples: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.suite, self.kind, self.target, self.examples = suite, kind, target, examples
        self.seed = suite.fuzz_options.seed_of(self.name)
        self.result: Result | None = None
        self.fault: SuiteFaultError | None = None
        self.hypothesis_statistics = ""  # printed by Hypothesis' plugin if it is asked for

    def runtest(self) -> None:
        """Search."""
        suite = self.suite
        try:
            self.target = self._within_what_the_host_has()
            kind, judges = kind_of(self.kind), suite.examination
            known, written = suite.known_failures, suite.asked
            search = Search(self.kind, kind, self.target, judges, known, written)
            self.result = search.run(self.examples, self.seed)
        except AdapterError as error:
            give_up(self.config, str(error))
        except SuiteFaultError as fault:
            self.fault = fault
            raise
        self.hypothesis_statistics = "\n".join(
            [f"{self.nodeid}:", *(describe_statistics(cast("Any", statistics)) for statistics in search.statistics)]
        )
        if self.result.findings:
            raise _Failed

    def _within_what_the_host_has(self) -> FuzzTarget:
        """Return the target without what is known to fail, which would end each conversation."""
        pair, survey = self.pair, self.suite.examination.survey
        models = survey.models_lacking(pair, self.target.sayable(_MODELS))
        most = {limit.what: limit.most for limit in survey.limits(pair)}
        return replace(
            self.target,
            registers=self.target.registers and models.isdisjoint(REGISTERED.values()),
            lacks=models,
            no_types=survey.types_lacking(pair) & self.target.types,
            inputs=1 if "sub-f32" in models else sys.maxsize,
            graphs=most.get("graphs", sys.maxsize),
            contexts=most.get("contexts", sys.maxsize),
            broken=frozenset(clause for where, clause in self.suite.broken if where == pair),
        )

    @property
    def pair(self) -> Pair:
        """The ABI and the encoding that it draws for."""
        return self.target.abi, self.target.encoding

    def data(self) -> dict[str, Any] | None:
        """Return what the report keeps of the search, as plain data, once it is done."""
        if self.fault is not None:
            return {"search": None, "findings": [], "fault": self.fault.case_result.json()}
        if self.result is None:
            return None
        search = {"kind": self.kind, "abi": self.target.abi, "encoding": self.target.encoding, **self.result.json()}
        return {"search": search, "findings": [finding.json() for finding in self.result.findings], "fault": None}

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Write a paragraph for each finding."""
        if isinstance(excinfo.value, _Failed) and self.result is not None:
            return "\n\n".join(self._told(finding) for finding in self.result.findings)
        if isinstance(excinfo.value, SuiteFaultError):
            case_result = excinfo.value.case_result
            lines = [
                f"ERROR of the suite, not of the host: {case_result.diagnosis}",
                "Conversation:",
                *case_result.transcript,
            ]
            return "\n".join([*lines, f"Replay: {shell_line(self._command())}"])
        return super().repr_failure(excinfo, style)

    def _told(self, finding: Finding) -> str:
        case = self.target.case(finding.fields, Path(finding.name))
        report: Path | None = self.config.getoption("--report")
        folder = report / FOLDER if report else Path()
        command = [*self.suite.replay, f"--vectors={folder / finding.name}"]
        saved = "" if report else f" (save the vector below as {finding.name}, or run with --report DIR)"
        clause = case.others.get(finding.case_result.clause, case.clause)
        told = paragraph(clause, finding.case_result, shell_line(command) + saved)
        return f"{told}\n\nShrunk to this vector:\n{finding.text}"

    def _command(self) -> list[str]:
        fuzz_options = self.suite.fuzz_options
        options = [
            f"--fuzz-only={self.kind}",
            f"--fuzz-examples={fuzz_options.examples}",
            f"--fuzz-seed={fuzz_options.seed}",
        ]
        return [*self.suite.replay, *options, f"--case={self.name}"]

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what the item is called."""
        return GENERATED, None, self.name
