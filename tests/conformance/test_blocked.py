"""A host that forgets the first of two inputs, checked as its author does: one finding, and what it blocks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytester"]

FINDING = "input/two-inputs-first-last[witx-openvino]"
LEANING = ["input/order-of-calls/c-b-a[witx-openvino]", "input/names/dots[witx-openvino]"]
SOUND = "values/renamed[witx-openvino]"
KNOWN = f"""
[[known]]
cases = ["{FINDING}"]
outcome = "fail"
kind = "outcome"
because = "set_input forgets what was set before"
"""

Run = Callable[..., tuple[pytest.RunResult, dict[str, Any]]]


@pytest.fixture
def run(pytester: pytest.Pytester, adapter_file: Callable[..., Path], tmp_path: Path) -> Run:
    """Run cases on that host; give what pytest says, and the cases of the report by id."""
    impl = adapter_file("numpy_host.py forgetful")

    def run(ids: list[str], *options: str) -> tuple[pytest.RunResult, dict[str, Any]]:
        words = ["--pyargs", "wasi_nn_conformance", "-p", "no:hypothesispytest", "-p", "no:cacheprovider"]
        words += [f"--impl={impl}", "--fuzz-examples=0", f"--report={tmp_path / 'out'}", *options]
        result = pytester.runpytest_inprocess(*words, *(f"--case={name}" for name in ids))
        report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
        return result, {case["id"]: case for case in report["cases"]}

    return run


def told(cases: dict[str, Any]) -> dict[str, tuple[str, str, str | None]]:
    return {name: (case["verdict"], case["clause"], case["blocked_by"]) for name, case in cases.items()}


WANTED = {
    FINDING: ("fail", "compute.all-inputs-are-used", None),
    LEANING[0]: ("blocked", "input.bound-by-index", FINDING),
    LEANING[1]: ("blocked", "input.any-name", FINDING),
    SOUND: ("pass", "values.bits-pass-through", None),
}


def test_one_finding_and_what_it_blocks_over_two_workers(run: Run) -> None:
    result, cases = run(list(WANTED), "-n2")
    assert (result.ret, told(cases)) == (1, WANTED)
    assert cases[LEANING[1]]["diagnosis"].startswith(f"blocked by {FINDING}: error invalid_argument; wanted success")


def test_a_case_alone_accuses_what_it_fails_of(run: Run) -> None:
    result, cases = run(LEANING[1:])
    assert (result.ret, told(cases)) == (1, {LEANING[1]: ("fail", "compute.all-inputs-are-used", None)})
    assert "Met while testing input.any-name" in result.stdout.str()


def test_what_a_known_failure_blocks_needs_no_entry_nor_the_known_case(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(KNOWN, "utf-8")
    result, cases = run([LEANING[1], SOUND], f"--known-failures={tmp_path / 'mine.toml'}")
    assert (result.ret, told(cases)) == (0, {name: WANTED[name] for name in (LEANING[1], SOUND)})
