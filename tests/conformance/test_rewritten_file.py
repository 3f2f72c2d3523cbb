"""`wasi-nn known-failures --keep`: what somebody wrote of known failures stays, with the cases of a later run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sample_report import RUN, case_result, made

from wasi_nn_conformance.commands.known_failures import main
from wasi_nn_conformance.report.json_report import text
from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.known_failures import read_known_failures
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation

PANICS = """[[known]]
cases = ["area/panics[witx]", "area/x/*[witx]"]
outcome = "crash"
kind = "crash"
said = "*src/a.rs:*"
because = "the host panics where an error belongs"
fix = "give an error"
link = "https://example.org/1"
"""
SUCCEEDS = """[[known]]
cases = ["area/length[witx]"]
outcome = "fail"
kind = "outcome"
got = "success"
because = "nobody looks at lengths"   # 7 of them
"""
FILE = f"# What is wrong.\n\n{PANICS}\n# Lengths.\n\n{SUCCEEDS}"
PANIC = Violation("crash", call="load", subject="exit code 101", wanted="success", printed="panicked at src/a.rs:1:2")
SUCCESS = Violation("outcome", call="load", got="success", wanted="an error")


def panics(name: str, **changes: Any) -> CaseResult:
    return case_result("crash", id=f"{name}[witx]", violations=(PANIC,), **changes)


def succeeds(name: str, clause: str = "a.length") -> CaseResult:
    return case_result("fail", id=f"{name}[witx]", clause=clause, violations=(SUCCESS,))


def passes(name: str) -> CaseResult:
    return case_result("pass", id=f"{name}[witx]")


BEFORE = (panics("area/panics"), panics("area/x/one"), panics("area/x/two"), succeeds("area/length"))

Written = Callable[..., tuple[str, str]]


@pytest.fixture
def written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Written:
    """Write the file again with these cases; return it and what is said beside it."""

    def written(*cases: CaseResult, file: str = FILE, **parts: Any) -> tuple[str, str]:
        path = tmp_path / "mine.known-failures.toml"
        path.write_text(file, "utf-8")
        (tmp_path / "report.json").write_text(text(made(*cases, **parts)), "utf-8")
        assert main([str(tmp_path), f"--keep={path}"]) == 0
        out, err = capsys.readouterr()
        return out, err

    return written


def test_what_still_holds_is_not_touched(written: Written) -> None:
    assert written(*BEFORE, passes("area/other")) == (FILE, "")


def test_a_report_made_with_the_file_says_the_same(written: Written) -> None:
    known = Expected(Verdict.CRASH, "the host panics where an error belongs")
    told = structs.replace(BEFORE[0], verdict=Verdict.XFAIL, expected=known)
    assert written(told, *BEFORE[1:]) == (FILE, "")


def test_a_new_case_of_a_known_panic_joins_its_entry(written: Written) -> None:
    new, _ = written(*BEFORE, panics("area/new"))
    cases = 'cases = [\n    "area/new[witx]",\n    "area/panics[witx]",\n    "area/x/*[witx]",\n]'
    entry = PANICS.replace('cases = ["area/panics[witx]", "area/x/*[witx]"]', cases)
    assert new == FILE.replace(PANICS, entry)


@pytest.mark.parametrize(
    ("clause", "joins"), [("a.length", True), ("b.other", False)], ids=["of the same cause", "of another clause"]
)
def test_a_new_success_joins_an_entry_if_it_has_the_likely_cause_of_its_cases(
    written: Written, clause: str, *, joins: bool
) -> None:
    new, _ = written(*BEFORE, succeeds("area/new", clause))
    assert new.count("nobody looks at lengths") == 1
    assert ("not examined yet: b.other" in new) is not joins
    assert new.count('"area/new[witx]"') == 1


def test_a_case_that_does_better_is_in_no_entry(written: Written) -> None:
    better = structs.replace(
        passes("area/panics"), verdict=Verdict.XPASS, expected=Expected(Verdict.CRASH, "it panics")
    )
    new, said = written(better, *BEFORE[1:])
    assert ("area/panics" in new, "area/x/*" in new, said) == (False, True, "")


def test_an_entry_that_no_case_shows_is_told_and_left_out_but_not_what_stands_behind_it(written: Written) -> None:
    new, said = written(passes("area/panics"), succeeds("area/length"))
    assert new == f"# What is wrong.\n\n\n# Lengths.\n\n{SUCCEEDS}"
    assert said == "wasi-nn known-failures: no case shows any more: the host panics where an error belongs\n"


@pytest.mark.parametrize("restricted", ['versions = "<1"', 'cpu = ["avx512_bf16"]'])
def test_what_is_said_of_other_hosts_and_processors_stays(written: Written, restricted: str) -> None:
    file = f"{PANICS}{restricted}\n"
    assert written(passes("area/panics"), file=file) == (file, "")


def test_what_is_said_of_generated_conversations_stays(written: Written) -> None:
    file = PANICS.replace('"area/panics[witx]", "area/x/*[witx]"', '"fuzz/*"')
    assert written(passes("area/panics"), file=file) == (file, "")


def test_a_run_of_some_cases_takes_no_other_away(written: Written) -> None:
    some = structs.replace(RUN, complete=False)
    assert written(BEFORE[0], run=some) == (FILE, "")


def test_a_file_that_is_not_written_line_by_line_is_written_again(written: Written, tmp_path: Path) -> None:
    file = (
        'known = [{cases = ["area/panics[witx]"], outcome = "crash", kind = "crash", because = "it panics at once"},'
        ' {cases = ["area/length[witx]"], outcome = "fail", kind = "outcome", because = "lengths are not compared"}]\n'
    )
    new, _ = written(BEFORE[0], BEFORE[3], file=file)
    (tmp_path / "new.toml").write_text(new, "utf-8")
    entries = read_known_failures(tmp_path / "new.toml", "1.2").entries
    assert [(entry.cases, entry.because) for entry in entries] == [
        (("area/panics[witx]",), "it panics at once"),
        (("area/length[witx]",), "lengths are not compared"),
    ]


def test_a_file_with_a_mistake_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text("[[known]]\n", "utf-8")
    (tmp_path / "report.json").write_text(text(made(*BEFORE)), "utf-8")
    assert main([str(tmp_path), f"--keep={tmp_path / 'mine.toml'}"]) == 2
    assert "mine.toml:1: " in capsys.readouterr().err
