"""What a run shows on the terminal: some cases of each cause, lines for those asked for, and what is known."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from wasi_nn_conformance.pytest_plugin import reporting
from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.examination import Examination

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.usefixtures("decided")

VECTOR = """
- id: {}
  clause: compute.repeatable
  why: because a host may get this wrong
  abi: [witx]
  steps:
  - compute: {{context: {{raw: 1}}}}
    fails: {{}}
"""
KNOWN = Expected(Verdict.FAIL, "it never asked", "ask first", "https://example.org/1")
SEVEN = ["fail"] * 7

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the id of a vector say its verdict."""
    examine = Examination.examine

    def decided(examination: Examination, case: Any) -> CaseResult:
        verdict = Verdict(case.vector.id.partition("/")[2])
        known = KNOWN if verdict is Verdict.XFAIL else None
        by = "0/fail[witx]" if verdict is Verdict.BLOCKED else None
        judged = replace(examine(examination, case), verdict=verdict, expected=known, blocked_by=by)
        return replace(judged, diagnosis="" if verdict is Verdict.PASS else f"{verdict} it is\nindeed")

    monkeypatch.setattr(Examination, "examine", decided)


@pytest.fixture
def run(pytester: pytest.Pytester, write: Callable[[str, str], Path], adapter_file: Callable[..., Path]) -> Run:
    """Run a case of each of these verdicts."""

    def run(verdicts: list[str], *options: str) -> pytest.RunResult:
        text = "".join(VECTOR.format(f"{number}/{verdict}") for number, verdict in enumerate(verdicts))
        words = ["-p", "no:hypothesispytest", "-p", "no:cacheprovider", "--pyargs", "wasi_nn_conformance"]
        words += [f"--impl={adapter_file('errors')}", f"--vectors={write('area.yaml', text)}"]
        return pytester.runpytest_inprocess(*words, *options)

    return run


def paragraphs(result: pytest.RunResult) -> int:
    return sum(line.startswith("FAIL: ") for line in result.outlines)


@pytest.mark.parametrize(
    ("options", "shown"), [([], 3), (["--all-failures"], 7), (["--case=*"], 7), (["--tb=no"], 0)], ids=str
)
def test_some_cases_of_a_cause_are_shown(run: Run, options: list[str], shown: int) -> None:
    result = run(SEVEN, *options)
    assert (paragraphs(result), result.ret) == (shown, 1)
    assert "likely causes: 1" in result.stdout.str()


def test_who_is_left_out_is_counted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")  # where pytest repeats whole paragraphs
    said = run(SEVEN).outlines
    assert "and 4 more of this cause: --all-failures shows each" in said
    listed = said[next(n for n, line in enumerate(said) if "short test summary" in line) + 1 :]
    assert [line.partition("[witx]")[2] for line in listed[:4]] == [" - fail it is indeed"] * 3 + [""]
    assert listed[3:] == ["     and 4 more of this cause", listed[-1]]
    assert re.match("=+ 7 failed in ", listed[-1])


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("-rd", ["DEVIATES"]),
        ("-rb", ["BLOCKED"]),
        ("-ru", ["UNSUPPORTED"]),
        ("-rx", ["XFAIL"]),
        ("-ra", ["FAIL", "XFAIL", "DEVIATES", "BLOCKED"]),
        ("-rA", ["FAIL", "XFAIL", "DEVIATES", "BLOCKED", "PASSED"]),
        ("-rN", []),
    ],
)
def test_letters_list_cases(run: Run, letters: str, words: list[str]) -> None:
    said = run(["pass", "unsupported", "blocked", "deviates", "xfail", "fail"], letters).stdout.str()
    listed = said.partition("short test summary info")[2]
    assert sorted(re.findall(r"^([A-Z]+) \S+::", listed, re.MULTILINE)) == sorted(words)


def test_what_is_known_is_told_with_its_fix_and_its_link(run: Run) -> None:
    said = run(["xfail"], "-rx").stdout.str()
    assert "0/xfail[witx] - it never asked; fix: ask first; https://example.org/1" in said


def test_what_is_not_offered_has_no_letter(run: Run) -> None:
    said = run(["pass", "unsupported", "unsupported", "deviates"]).stdout.str()
    assert re.search(r"area\.yaml \.d +\[100%\]$", said, re.MULTILINE)
    assert "2 cases unsupported [witx]: unsupported it is" in said


def test_other_tests_are_shown_as_pytest_does(run: Run, pytester: pytest.Pytester) -> None:
    other = pytester.makepyfile("def test_other(): assert 1 == 2")
    said = run(["fail", "pass"], str(other)).stdout.str()
    assert len(re.findall("=+ FAILURES =+", said)) == 1
    assert re.search(r"^FAILED test_other.*::test_other - assert 1 == 2$", said, re.MULTILINE)
    assert re.search(r"=+ 2 failed, 1 passed in ", said)


def test_a_run_ends_as_its_cases_were_judged_in_the_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def settled(case_results: Any, _clauses: Any) -> list[CaseResult]:
        return [
            replace(each, verdict=Verdict.PASS if each.verdict is Verdict.FAIL else Verdict.FAIL)
            for each in case_results
        ]

    monkeypatch.setattr(reporting, "settled", settled)
    right, wrong = run(["fail", "fail"]), run(["pass"])
    assert (right.ret, "2 passed in" in right.outlines[-1]) == (0, True)
    assert (wrong.ret, "1 failed in" in wrong.outlines[-1]) == (1, True)
