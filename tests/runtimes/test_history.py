"""What is wrong with a runtime over its releases: when it appeared, and when it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from sample_report import CLAUSES, case_result, made

import findings
from history import History, Preference, UnexplainedError, history, preferences
from reproduction import Reproduction
from wasi_nn_conformance.report.data import Impl
from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation, diagnosis
from wasi_nn_conformance.vectors.clause import Clause, Level

if TYPE_CHECKING:
    from wasi_nn_conformance.report.data import Report

DIES = Expected(Verdict.CRASH, "it dies of a name", "look at the name")
FORGETS = Expected(Verdict.FAIL, "it forgets", "remember", "https://example.org/7")
ROUNDS = Expected(Verdict.FAIL, "OpenVINO rounds")
SUCCEEDS = Violation("outcome", "compute", got="success", wanted="an error", step=2)
ALL = CLAUSES | {"a.should": Clause("a.should", Level.SHOULD, "A host had better.")}
SPECIFICATION = "https://github.com/WebAssembly/wasi-nn/blob/0.2.0-rc-2024-10-28"
PARAGRAPH = f"""
### 1. it forgets

In 1.0. What would mend it: remember. Discussed at https://example.org/7.

* `a.one` (must): A host does what it is asked. [wasi-nn.witx#L88-L91]({SPECIFICATION}/wasi-nn.witx#L88-L91)
* `b.open` (defined): A host may.

Seen in 2 cases of 1.0; `a[witx]` shows it: success; wanted an error.

```console
$ wasmtime run probe.wasm < a.jsonl
```

```text
> compute(c)
< ok
```
"""


def known(name: str, expected: Expected, requests: int = 1, **changes: Any) -> CaseResult:
    violation = Violation("crash", "load") if expected.outcome is Verdict.CRASH else SUCCEEDS
    told = {"expected": expected, "violations": (violation,), "diagnosis": diagnosis([violation])}
    said = ("> x", "< y") * requests
    return case_result("xfail", **{"id": f"{name}[witx]", "transcript": said, **told, **changes})


def release(number: str, *cases: CaseResult) -> Report:
    return made(*cases, clauses=ALL, impl=Impl("wasmtime", f"wasmtime {number} (c59270b)", ("run", "{probe}")))


def over_all(*reports: Report) -> History:
    return history("wasmtime", reports)


def extents(told: History) -> dict[str, str]:
    return {finding.expected.because: findings.extent(finding, told) for finding in told.findings}


def test_a_finding_appears_and_goes() -> None:
    told = over_all(
        release("47.0.3", known("a", DIES)),
        release("48.0.2", known("a", DIES), known("b", FORGETS)),
        release("49.0.3", known("b", FORGETS)),
    )
    assert extents(told) == {
        "it dies of a name": "From 47.0.3 on, up to 48.0.2; gone in 49.0.3.",
        "it forgets": "Since 48.0.2 (not in 47.0.3).",
    }


def test_a_finding_of_the_oldest_version_alone() -> None:
    told = over_all(release("36.0.9", known("a", DIES)), release("42.0.1"))
    assert extents(told) == {"it dies of a name": "In 36.0.9 alone, the oldest that was checked; gone in 42.0.1."}


def test_a_finding_of_all_versions_and_one_that_comes_and_goes() -> None:
    told = over_all(
        release("1.0", known("a", DIES), known("b", FORGETS)),
        release("2.0", known("a", DIES)),
        release("3.0", known("a", DIES), known("b", FORGETS)),
    )
    assert extents(told) == {
        "it dies of a name": "In all versions that were checked, 1.0 to 3.0.",
        "it forgets": "In 1.0, 3.0.",
    }


def test_deaths_come_first_and_what_the_engine_does_last() -> None:
    (a, b, c) = over_all(
        release("1.0", known("a", ROUNDS), known("b", ROUNDS), known("c", FORGETS), known("d", DIES))
    ).findings
    assert (a.expected, b.expected, c.expected) == (DIES, FORGETS, ROUNDS)


def test_the_smallest_case_of_the_newest_version_shows_it() -> None:
    told = over_all(
        release("1.0", known("a", FORGETS, 1)), release("2.0", known("b", FORGETS, 3), known("c", FORGETS, 2))
    )
    assert told.smallest(told.findings[0]).id == "c[witx]"


def test_the_clause_of_most_cases_is_shown_without_registered_graphs() -> None:
    by_name = ('> {"call":"load_by_name"}', "< y")
    told = over_all(
        release(
            "1.0",
            known("a", FORGETS, 1, clause="b.open"),
            known("b", FORGETS, transcript=by_name),
            known("c", FORGETS, 3),
        )
    )
    assert told.smallest(told.findings[0]).id == "c[witx]"


def test_nobody_is_accused_of_what_nobody_has_looked_at() -> None:
    new = case_result("fail", id="a[witx]", violations=(SUCCEEDS,))
    with pytest.raises(UnexplainedError, match=r"^wasmtime 2\.0: a\[witx\]: success; wanted an error$"):
        over_all(release("1.0", known("a", DIES)), release("2.0", new))


def test_what_deviates_is_no_finding() -> None:
    told = replace(SUCCEEDS, kind="preference", wanted="rather busy")
    report = release("1.0", *(case_result("deviates", id=f"{name}[witx]", violations=(told,)) for name in "ab"))
    assert over_all(report).findings == ()
    assert preferences(report) == [Preference("success", "rather busy", 2, ("a.one",))]


def test_a_question_that_is_answered_in_two_ways_is_no_preference() -> None:
    assert preferences(made(case_result("deviates", violations=(), diagnosis="in two ways"))) == []


def test_a_paragraph_has_all_that_an_issue_needs() -> None:
    told = over_all(release("1.0", known("a", FORGETS), known("b", FORGETS, clause="b.open", level="defined")))
    shown = Reproduction("wasmtime run probe.wasm < a.jsonl", "> compute(c)\n< ok")
    assert "\n".join(findings.paragraph(1, told.findings[0], told, shown)) == PARAGRAPH.strip()


def test_a_recommendation_is_called_one() -> None:
    told = over_all(release("1.0", known("a", FORGETS, level="should", clause="a.should")))
    assert "The clause is a recommendation: nothing obliges a host." in "\n".join(
        findings.paragraph(1, told.findings[0], told, Reproduction("", ""))
    )
