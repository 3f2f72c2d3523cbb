"""A small part of the measure: some hosts with one fault, with several and with none, on some of the cases."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from accuracy import Diagnosis, Figures, diagnosed, is_same
from attribution import can_be_together, compounds, examined_or_redrawn, likenesses, singles
from attribution_page import BEGIN, END, document, table
from checkup import Checkup, CheckupError, UnusableError
from mutant import faults_named, mutants
from zygote import Zygote, zygote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a zygote waits for processes as Linux lets it")


@pytest.fixture(scope="module")
def forks() -> Iterator[Zygote]:
    with zygote() as one:
        yield one


@pytest.fixture
def checkup(forks: Zygote, tmp_path: Path) -> Checkup:
    return Checkup(forks, tmp_path)


def test_faults_are_accused_and_nothing_else(checkup: Checkup) -> None:
    faults = faults_named("witx/size-not-written+host/unknown-input-ignored+registry/any-name")
    asked = ["output/larger-buffer", "input/unknown-index/beyond=0", "load-by-name/unknown/other-word"]
    selected = [f"--case={name}[witx-openvino]" for name in asked]
    report = checkup.run([fault.id for fault in faults], "witx", ["openvino"], *selected)
    found = diagnosed("host", faults, report.cases, report.causes)
    assert sorted(found.failing.values()) == ["input.unknown-index", "load-by-name.unknown", "output.size"]
    assert (found.missed, found.wrong, len(found.rows)) == ([], {}, 3)
    again = checkup.replayed(report, report.cases)
    assert len(again) == len(report.cases) == 3
    assert all(is_same(case, again[case.id]) for case in report.cases)


def test_an_error_that_can_be_asked_once_is_told_from_one_that_is_not_given(checkup: Checkup) -> None:
    [fault] = faults_named("wit/error-read-once")
    asked = ["load-by-name/unknown/other-word", "compute/nothing-set/model=neg-f32"]
    selected = [f"--case={name}[wit-2024-10-28-openvino]" for name in asked]
    report = checkup.run([fault.id], "wit-2024-10-28", ["openvino"], *selected)
    found = diagnosed("host", [fault], report.cases, report.causes)
    assert (set(found.failing.values()), found.wrong, len(found.rows)) == ({"error.getters"}, {}, 1)


def test_a_run_that_judges_nothing_is_no_report(checkup: Checkup) -> None:
    with pytest.raises(CheckupError, match="ends with"):
        checkup.run(["healthy"], "witx", ["openvino"], "--case=no/such")


def test_a_set_that_leaves_nothing_to_judge_is_drawn_again(checkup: Checkup, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compounds(1, seed=1)[0]

    def run(_self: Checkup, faults: list[str], *_more: object) -> SimpleNamespace:
        if faults == first.ids:
            raise UnusableError
        return SimpleNamespace(cases=(), causes=())

    monkeypatch.setattr(Checkup, "run", run)
    patient, _ = examined_or_redrawn(first, checkup, replays=False)
    assert (patient.abi, len(patient.faults), patient.ids == first.ids) == (first.abi, 8, False)


def test_one_fault_by_which_nothing_can_be_loaded_is_told(checkup: Checkup) -> None:
    with pytest.raises(UnusableError, match="no encoding can be used"):
        checkup.run(["memory/big-endian-read"], "witx", ["openvino"])


def test_sets_are_the_same_each_time_and_can_be_put_in_together() -> None:
    sets = compounds(4, seed=1)
    assert [each.ids for each in sets] == [each.ids for each in compounds(4, seed=1)]
    assert [each.ids for each in sets] != [each.ids for each in compounds(4, seed=2)]
    for each in sets:
        assert len(each.faults) == 8
        assert can_be_together(each.faults)
        assert all(each.abi in fault.abis for fault in each.faults)


def test_faults_of_one_line_cannot_be_together() -> None:
    assert not can_be_together(faults_named("memory/no-bound+memory/end-wraps"))


def test_faults_that_make_no_python_cannot_be_together() -> None:
    assert not can_be_together(faults_named("backends/inputs-kept+backends/f16-denormals-flushed"))


def test_each_mutant_is_measured_alone() -> None:
    assert [each.name for each in singles(seed=1)] == list(mutants())


def test_likenesses_can_be_put_in() -> None:
    assert all(can_be_together(each.faults) for each in likenesses())


def test_the_page_shows_the_measures_and_what_is_wrong() -> None:
    fault = mutants()["witx/size-in-elements"]
    found = Diagnosis("host", [fault], {"a": "output.size", "b": "input.copied"}, {fault.id}, rows=["output.size"])
    found.replays["a"] = False
    figures = {"single": Figures.of([found])}
    page = document(f"before {BEGIN}old{END} after", 3, figures, {"single": [found]}, ["`mute`"])
    assert page.startswith("before ")
    assert page.endswith(" after")
    assert table(figures)[-1] in page
    assert "50.0% (1 of 2), wanted ≥ 97 %" in page
    assert "* host: input.copied (1)" in page
    assert "* host: `a`" in page
    assert "nothing can be loaded: `mute`." in page
    assert "one in 3" in page
