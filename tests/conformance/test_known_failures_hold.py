"""Known failures that are written from one run hold in the next ones, whatever the host prints then."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.commands.known_failures import main
from wasi_nn_conformance.report.json_report import read_report
from wasi_nn_conformance.results.known_failures import read_known_failures

pytest_plugins = ["pytester"]

HEAD = """
  why: because a host may get this wrong
  abi: [witx]
  encoding: [onnx]
  model: neg-f32
"""
VECTORS = f"""
- id: length/short
  clause: input.data-length{HEAD}  steps: [{{set_input: {{x: {{data: 12 bytes}}}}, fails: {{}}}}]
- id: length/long
  clause: input.data-length{HEAD}  steps: [{{set_input: {{x: {{data: 32 bytes}}}}, fails: {{}}}}]
- id: index
  clause: input.unknown-index{HEAD}  steps: [{{set_input: {{input: {{raw: 7}}, tensor: zeros}}, fails: {{}}}}]
- id: values
  clause: values.arithmetic{HEAD}  steps: [infer: {{x: [1, 2, 3, 4]}}]
- id: right
  clause: input.bound-by-index{HEAD}  steps: [set_input: {{x: [1, 2, 3, 4]}}]
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, write: Callable[[str, str], Path], adapter_file: Callable[..., Path]) -> Run:
    """Run some cases on a host that never prints the same twice."""
    impl = adapter_file("noisy_host.py", encodings=["onnx"], limits={"hello_seconds": 60})
    vectors = write("area.yaml", VECTORS)
    return lambda *options: pytester.runpytest_inprocess(
        *("--pyargs", "wasi_nn_conformance", "-p", "no:hypothesispytest", "-p", "no:cacheprovider"),
        *(f"--impl={impl}", f"--vectors={vectors}", *options),
    )


def test_they_hold_twice_and_from_another_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(f"--report={tmp_path / 'first'}").ret == 1
    file = tmp_path / "noisy.known-failures.toml"
    assert main([str(tmp_path / "first"), f"--output={file}"]) == 0
    found = read_report(tmp_path / "first")
    entries = read_known_failures(file, "1.0").entries
    assert len(entries) == len(found.causes)
    (tmp_path / "elsewhere").mkdir()
    for folder in (tmp_path, tmp_path / "elsewhere"):
        monkeypatch.chdir(folder)
        assert run(f"--known-failures={file}", f"--report={tmp_path / 'again'}").ret == 0
        again = read_report(tmp_path / "again")
        assert again.totals.xfail == found.totals.findings > 0
        assert len(again.causes) == len(found.causes)
