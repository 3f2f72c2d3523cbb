"""Runs where nothing of the extra `fuzz` is installed."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.pytest_plugin import fuzz_options

pytest_plugins = ["pytester"]

PASSES = """\
- id: passes
  clause: compute.repeatable
  why: because a host may get this wrong
  steps:
  - compute: {context: {raw: 1}}
    fails: {}
"""
NOTHING_GENERATED = "nothing can be generated: hypothesis and onnx are not installed"


Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run the suite in this process."""
    options = ("--pyargs", "wasi_nn_conformance", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    return lambda *others: pytester.runpytest_inprocess(*options, *others)


@pytest.fixture
def mortal(adapter_file: Callable[..., Path], tmp_path: Path) -> Path:
    return adapter_file(f"mortal {tmp_path / 'starts'}", encodings=["openvino"])


@pytest.fixture
def without_fuzz(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be nothing of the extra `fuzz`."""
    monkeypatch.setattr(fuzz_options, "find_spec", lambda _name: None)


@pytest.mark.usefixtures("without_fuzz")
def test_a_run_without_the_extra_fuzz_says_so_and_gives_its_verdicts(run: Run, mortal: Path) -> None:
    result = run(f"--impl={mortal}", "--case=handle/*")
    said = result.stdout.str()
    assert (NOTHING_GENERATED in said, "pip install 'wasi-nn-conformance[fuzz]'" in said) == (True, True)
    assert re.search(r"all \d+ cases: .*\b\d+ unsupported", said)


@pytest.mark.usefixtures("without_fuzz")
def test_a_run_of_own_vectors_misses_no_extra(run: Run, write: Callable[[str, str], Path], mortal: Path) -> None:
    result = run(f"--impl={mortal}", f"--vectors={write('area.yaml', PASSES)}")
    assert (result.ret, NOTHING_GENERATED in result.stdout.str()) == (0, False)


@pytest.mark.usefixtures("without_fuzz")
@pytest.mark.parametrize(
    "option", ["--case=fuzz/shapes*", "--fuzz-only=shapes", "--fuzz-examples=1", "--fuzz-profile=nightly"]
)
def test_who_asks_for_generating_without_the_extra_fuzz_is_told(run: Run, mortal: Path, option: str) -> None:
    result = run(f"--impl={mortal}", option)
    assert (result.ret, NOTHING_GENERATED in result.stderr.str()) == (4, True)


def test_a_run_tells_once_which_library_would_make_cases_possible(
    run: Run, adapter_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    impl = adapter_file(f"mortal {tmp_path / 'starts'}")
    result = run(f"--impl={impl}", "--abi=witx", "--case=regressions/shapes/*")
    told = (
        r"(\d+) cases unsupported \[witx, onnx\]: the model of this vector is written in onnx with the library onnx, "
    )
    [number] = re.findall(told, result.stdout.str())
    assert re.search(rf"all \d+ cases: .*\b{number} unsupported\b", result.stdout.str(), re.MULTILINE)
