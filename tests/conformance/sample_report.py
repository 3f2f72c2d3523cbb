"""Reports of a few cases, as tests of all their forms need them."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from wasi_nn_conformance.report.data import Environment, Impl, Report, Run, report
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.clause import Clause, Level
from wasi_nn_conformance.vectors.source import Source

IMPL = Impl("miniature", "1.2", ("run", "{probe}"))
ENVIRONMENT = Environment("riscv64", "Plan9", "4.0", ("rvv", "zfh"), {"python": "3.14.0", "pytest": "9.9"}, None)
RUN = Run("2026-01-02T03:04:05+00:00", 12.5, True, False, 3, 3, ENVIRONMENT)
SOURCE = Source("0.2.0-rc-2024-10-28", "wasi-nn.witx", (88, 91))
CLAUSES = {
    "a.one": Clause("a.one", Level.MUST, "A host does what it is asked.", ("witx:compute",), (SOURCE,)),
    "b.open": Clause("b.open", Level.DEFINED, "A host may."),
}


def case_result(verdict: str, **changes: Any) -> CaseResult:
    base = CaseResult(
        *("v[witx]", "v", "a.one", Level.MUST, "witx", None, Verdict(verdict)), "", None, 0.5, ("> x", "< y")
    )
    return replace(base, **{key: Level(value) if key == "level" else value for key, value in changes.items()})


def made(
    *case_results: CaseResult,
    impl: Impl = IMPL,
    run: Run | None = RUN,
    clauses: Mapping[str, Clause] = CLAUSES,
    replay: Sequence[str] = ("pytest", "suite"),
    **parts: Any,
) -> Report:
    return replace(report(impl, run, case_results, clauses, replay), **parts)
