"""A report as data: one run of the suite on one host. Its form is `schema/report.schema.json`."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from wasi_nn_conformance import __version__
from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.causes import Cause, likely_causes
from wasi_nn_conformance.results.observation import Observation
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.session.wire import PROTOCOL
from wasi_nn_conformance.vectors.clause import Clause, Level

SCHEMA: Final = 3

Natural: TypeAlias = Annotated[int, Meta(ge=0)]
Seconds: TypeAlias = Annotated[float, Meta(ge=0)]


class _Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a report."""


class Suite(_Part, frozen=True):
    """The suite that made the report."""

    name: Literal["wasi-nn-conformance"]
    version: str
    protocol: Annotated[int, Meta(description="the version of the probe protocol")]


class Impl(_Part, frozen=True):
    """The host under test."""

    name: str
    version: Annotated[str, Meta(description="the host's own word")]
    command: Annotated[
        tuple[str, ...],
        Meta(description="the adapter's command, with placeholders for the probe and the registered graphs"),
    ]


class Commit(_Part, frozen=True):
    """The commit of a checkout that the suite ran from."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{40,64}$")]
    dirty: Annotated[bool, Meta(description="files under version control were changed since")]


class Environment(_Part, frozen=True):
    """What the run stood on. Nothing of it names a folder or a user."""

    machine: Annotated[str, Meta(description="the kind of processor, like x86_64")]
    system: Annotated[str, Meta(description="the operating system, like Linux")]
    release: Annotated[str, Meta(description="the version of the operating system's kernel")]
    cpu: Annotated[tuple[str, ...], Meta(description="what the processor can do, as Linux calls it")]
    versions: Annotated[
        dict[str, str], Meta(description="the versions of Python, of what the suite uses and of engines beside it")
    ]
    commit: Commit | None


class Run(_Part, frozen=True):
    """When, how far and on what the suite was run."""

    started: Annotated[str, Meta(description="UTC, as ISO 8601 writes it")]
    seconds: Seconds
    complete: Annotated[bool, Meta(description="every case that is available was asked for, and none was left out")]
    stopped: Annotated[bool, Meta(description="something ended the run before its last case: -x, a signal, an error")]
    selected: Annotated[Natural, Meta(description="how many cases the options asked for, generated ones aside")]
    available: Annotated[Natural, Meta(description="how many cases these vectors have")]
    environment: Environment


class ReportedClause(_Part, frozen=True):
    """A clause of the cases."""

    level: Level
    text: Annotated[str, Meta(description="what a host owes")]
    source: Annotated[tuple[str, ...], Meta(description="the lines of the specification that say it, as addresses")]


class Totals(_Part, frozen=True, rename={"passed": "pass"}):
    """How many cases got each verdict, and how many there are."""

    passed: Natural
    unsupported: Natural
    blocked: Natural
    deviates: Natural
    xfail: Natural
    fail: Natural
    hang: Natural
    crash: Natural
    xpass: Natural
    error: Natural
    cases: Natural

    @classmethod
    def of(cls, case_results: Collection[CaseResult]) -> "Totals":
        """Count verdicts: every total that is shown anywhere is counted here."""
        counted = Counter(case_result.verdict for case_result in case_results)
        numbers = [*(counted[verdict] for verdict in Verdict), len(case_results)]
        return cls(*numbers)

    def __getitem__(self, verdict: Verdict) -> int:
        number: int = getattr(self, "passed" if verdict is Verdict.PASS else verdict.value)
        return number

    @property
    def findings(self) -> int:
        """The number of cases whose clause the host broke, and nobody expected it."""
        return sum(self[verdict] for verdict in Verdict if verdict.is_finding)

    @property
    def by_verdict(self) -> dict[Verdict, int]:
        """The verdicts that were given, worst last, with their numbers."""
        return {verdict: self[verdict] for verdict in Verdict if self[verdict]}


class Search(_Part, frozen=True):
    """One search among generated conversations."""

    kind: str
    abi: str
    encoding: str
    examples: Annotated[Natural, Meta(description="conversations generated, without those of shrinking")]
    calls: Annotated[Natural, Meta(description="requests to the probe, with those of shrinking")]
    seconds: Seconds
    exercised: Annotated[
        dict[str, Natural],
        Meta(description="conversations that exercised a call, type, rank, operation or misuse, or had a verdict"),
    ]
    known: Annotated[dict[str, Natural], Meta(description="failures that are known, by the `because` of their entry")]
    findings: Annotated[tuple[str, ...], Meta(description="ids of cases")]


class GeneratedVector(_Part, frozen=True):
    """The vector that a finding was shrunk to."""

    file: Annotated[str, Meta(description="the file, as --report was given")]
    text: Annotated[str, Meta(description="the vector as YAML")]


class Fuzz(_Part, frozen=True):
    """What was generated; its findings stand among the cases."""

    seed: Annotated[Natural, Meta(description="the same seed and number of examples generate the same")]
    examples: Annotated[
        Natural,
        Meta(description="conversations of each kind that were asked for, for all ABIs and encodings together"),
    ]
    searches: tuple[Search, ...]
    vectors: Annotated[
        dict[str, GeneratedVector], Meta(description="what findings were shrunk to, by the ids of their cases")
    ] = {}
    known: Annotated[tuple[Expected, ...], Meta(description="the known failures that the searches met")] = ()


class Report(_Part, frozen=True):
    """One run of the suite on one host. `run` is null where a report of schema 1 was read."""

    schema: Annotated[Literal[3], Meta(description="the version of this form")]
    suite: Suite
    impl: Impl
    run: Run | None
    replay: Annotated[
        tuple[str, ...], Meta(description="the command of the run; `--case ID` after it runs one case alone")
    ]
    clauses: Annotated[dict[str, ReportedClause], Meta(description="the clauses of the cases, by id")]
    causes: Annotated[tuple[Cause, ...], Meta(description="the likely causes of the findings, known ones last")]
    cases: tuple[CaseResult, ...]
    totals: Totals
    fuzz: Annotated[Fuzz | None, Meta(description="null if nothing was generated")]
    observations: Annotated[
        tuple[Observation, ...],
        Meta(description="how processes of the host changed while they served: a hint at what grows, and no verdict"),
    ] = ()

    @property
    def is_incomplete(self) -> bool:
        """Return whether the run is known to be less than whole."""
        return self.run is not None and not self.run.complete


def report(
    impl: Impl,
    run: Run | None,
    case_results: Collection[CaseResult],
    clauses: Mapping[str, Clause],
    replay: Sequence[str],
) -> Report:
    """Return the report of a run on `impl` that drew nothing, made by the command `replay`."""
    used = {case_result.clause for case_result in case_results}
    return Report(
        schema=SCHEMA,
        suite=Suite("wasi-nn-conformance", __version__, PROTOCOL),
        impl=impl,
        run=run,
        replay=tuple(replay),
        clauses={
            name: ReportedClause(
                clause.level, " ".join(clause.text.split()), tuple(each.url for each in clause.sources)
            )
            for name, clause in clauses.items()
            if name in used
        },
        causes=tuple(likely_causes(case_results, list(clauses))),
        cases=tuple(sorted(case_results, key=lambda case_result: case_result.id)),
        totals=Totals.of(case_results),
        fuzz=None,
    )
