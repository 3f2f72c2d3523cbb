import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.formats.schema import schema

pytest_plugins = ["pytester"]

HEAD = "  clause: compute.repeatable\n  why: because a host may get this wrong\n"
PASSES = "- id: passes/{}\n" + HEAD + "  steps:\n  - compute: {{context: {{raw: 1}}}}\n    fails: {{}}\n"
FAILS = "- id: fails/{}\n" + HEAD + "  steps:\n  - compute: {{context: {{raw: 1}}}}\n"

CRASHES = "- id: crashes/{}\n" + HEAD + "  steps:\n  - compute: {{context: {{raw: 13}}}}\n    fails: {{}}\n"
MINIATURES = Path(__file__).resolve().parents[1] / "miniatures"

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run the suite as its users do."""
    return lambda *options: pytester.runpytest_inprocess(
        *("--pyargs", "wasi_nn_conformance", "-p", "no:hypothesispytest", "--abi=witx", *map(str, options))
    )


@pytest.fixture
def area(write: Callable[[str, str], Path]) -> Path:
    """Eight cases of which four fail."""
    return write("area.yaml", "".join(text.format(number) for number in range(4) for text in (PASSES, FAILS)))


@pytest.fixture
def mortal(adapter_file: Callable[..., Path], tmp_path: Path) -> Path:
    """An adapter for a host that answers errors, dies of context 13 and notes each of its starts."""
    return adapter_file(f"mortal {tmp_path / 'starts'}")


def read(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    schema("report").validate(report)
    return report


@pytest.fixture(params=[("-n2",), ("--dist=load", "--tx=2*popen//chdir={elsewhere}")], ids=["local", "remote"])
def workers(tmp_path: Path, request: pytest.FixtureRequest) -> list[str]:
    """Options for two workers. Those with a folder of their own get all they know through execnet."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    return [option.format(elsewhere=elsewhere) for option in request.param]


def test_two_workers_make_one_run(run: Run, area: Path, mortal: Path, tmp_path: Path, workers: list[str]) -> None:
    result = run(*workers, f"--impl={mortal}", f"--vectors={area}", f"--report={tmp_path / 'out'}")
    report = read(tmp_path / "out")
    ids = [f"{vector}/{number}[witx]" for vector in ("fails", "passes") for number in range(4)]
    assert [case["id"] for case in report["cases"]] == ids
    assert (result.ret, report["impl"]["version"]) == (1, "miniature 1.2")
    assert "all 8 cases: 4 pass, 4 fail" in result.outlines


def test_each_worker_goes_on_with_the_process_of_its_only_handshake(
    run: Run, area: Path, mortal: Path, tmp_path: Path, workers: list[str]
) -> None:
    """No case fails, for the next process after a finding is a new one."""
    result = run(*workers, f"--impl={mortal}", f"--vectors={area}", "--case=passes/*")
    starts = (tmp_path / "starts").read_text("ascii").splitlines()
    assert ("all 4 cases: 4 pass" in result.outlines, len(starts)) == (True, 2)


def test_no_handshake_of_a_worker_ends_the_run_with_4_and_no_verdict(
    run: Run, area: Path, adapter_file: Callable[..., Path], tmp_path: Path
) -> None:
    impl = adapter_file("silent", command=["/bin/false", "{probe}"])
    result = run("-n2", f"--impl={impl}", f"--vectors={area}", f"--report={tmp_path / 'out'}")
    errors = [line for line in result.errlines if line.startswith("ERROR: ")]
    assert (result.ret, len(errors), list((tmp_path / "out").iterdir())) == (4, 1, [])
    assert "the host ended with exit code 1 before the probe answered `hello`" in errors[0]
    assert not any("INTERNALERROR" in line or "all " in line for line in result.outlines)


def test_a_host_that_starts_no_more_ends_the_run_with_4_and_no_verdict(
    run: Run, write: Callable[[str, str], Path], adapter_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Each of the two workers can start it once; then a vector kills it."""
    once, runtime = tmp_path / "once", MINIATURES / "runtime.py"
    once.mkdir()
    script = (
        f"mkdir {once}/a || mkdir {once}/b || exit 3; exec {sys.executable} -I -S {runtime} mortal {tmp_path}/starts"
    )
    impl = adapter_file("silent", command=["/bin/sh", "-c", script, "{probe}"])
    vectors = write("area.yaml", "".join(CRASHES.format(number) for number in range(8)))
    result = run("-n2", f"--impl={impl}", f"--vectors={vectors}", f"--report={tmp_path / 'out'}")
    errors = [line for line in result.errlines if line.startswith("ERROR: ")]
    assert (result.ret, len(errors), list((tmp_path / "out").iterdir())) == (4, 1, [])
    assert "the host ended with exit code 3 before the probe answered `hello`" in errors[0]


def test_x_stops_after_the_first_finding(
    run: Run, write: Callable[[str, str], Path], mortal: Path, tmp_path: Path
) -> None:
    vectors = write("area.yaml", "".join(FAILS.format(number) for number in range(20)))
    result = run("-n2", "-x", f"--impl={mortal}", f"--vectors={vectors}", f"--report={tmp_path / 'out'}")
    assert result.ret == pytest.ExitCode.TESTS_FAILED, "as without workers"
    assert 1 <= read(tmp_path / "out")["totals"]["fail"] < 20


def test_lf_runs_what_failed_last(pytester: pytest.Pytester, run: Run, area: Path, mortal: Path) -> None:
    options = ("-n2", f"--impl={mortal}", f"--vectors={area}", "-o", f"cache_dir={pytester.path / 'cache'}")
    run(*options, "-k", "1 or 2")
    assert "all 2 cases: 2 fail" in run(*options, "--lf").outlines


def test_collect_only_asks_no_host(run: Run, area: Path, adapter_file: Callable[..., Path]) -> None:
    impl = adapter_file("silent", command=["/no/such/program", "{probe}"])
    result = run("-n2", "--collect-only", "-q", f"--impl={impl}", f"--vectors={area}", "-k", "passes")
    assert re.findall(r"area\.yaml::(.*)", result.stdout.str()) == [f"passes/{number}[witx]" for number in range(4)]
