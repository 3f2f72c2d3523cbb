import re
from collections.abc import Callable
from pathlib import Path

import pytest
from test_shared_processes import INFERS

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]
LIBRARY = "Error loading lib: cannot open shared object file"


@pytest.fixture
def run(
    pytester: pytest.Pytester, adapter_file: Callable[..., Path], write: Callable[[str, str], Path]
) -> Callable[..., pytest.RunResult]:
    """Run three vectors on a limited host."""

    def run(limits: str, *options: str) -> pytest.RunResult:
        area = write("area.yaml", "".join(INFERS.format(name=f"v/{n}") for n in range(3)))
        return pytester.runpytest_inprocess(
            *("--pyargs", "wasi_nn_conformance", "-p", "no:hypothesispytest", f"--vectors={area}", "--abi=witx"),
            *("-rs", f"--impl={adapter_file(f'limited_host.py {limits}')}", *options),
        )

    return run


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "over workers"])
@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("no-engine", f"load answered runtime_error; the host printed: {LIBRARY}"),
        ("dies-at-load", f"the host died at load (signal SIGABRT); the host printed: {LIBRARY}"),
    ],
)
def test_a_host_without_an_engine_ends_the_run_with_one_sentence(
    run: Run, limits: str, said: str, workers: tuple[str, ...]
) -> None:
    result = run(limits, *workers)
    assert result.ret == 4
    told = f"miniature: no encoding can be used (openvino, onnx): {said}"
    assert told in result.stdout.str() + result.stderr.str()
    assert "passed" not in result.stdout.str()


def test_an_encoding_without_an_engine_is_unsupported_by_name(run: Run) -> None:
    result = run("only=onnx")
    reason = f"the encoding openvino cannot be used: load answered runtime_error; the host printed: {LIBRARY}"
    result.assert_outcomes(passed=3, skipped=0)
    assert "3 unsupported" in result.stdout.str()
    assert reason in result.stdout.str()
    assert result.ret == 0


def test_only_what_is_asked_for_is_looked_at(run: Run) -> None:
    result = run("only=onnx", "--encoding=openvino")
    assert result.ret == 4
    assert "no encoding can be used (openvino): load answered runtime_error" in result.stderr.str()


def test_wrong_numbers_are_no_matter_of_order(run: Run) -> None:
    result = run("wears-out=0")
    assert result.ret == 1
    assert re.search(r"^all 6 cases: .*fail", result.stdout.str(), re.MULTILINE)
