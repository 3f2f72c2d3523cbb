import fnmatch
import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.formats.schema import schema

pytest_plugins = ["pytester"]

HEAD = "  clause: compute.repeatable\n  why: because a host may get this wrong\n"
PASSES = f"- id: passes\n{HEAD}  steps:\n  - compute: {{context: {{raw: 1}}}}\n    fails: {{}}\n"
DEVIATES = PASSES.replace("passes", "deviates").replace("fails: {}", "fails: {prefer: busy}")
FAILS = f"- id: fails\n{HEAD}  steps:\n  - compute: {{context: {{raw: 1}}}}\n"
CRASHES = PASSES.replace("passes", "crashes").replace("raw: 1", "raw: 13")  # the context that a mortal one dies of
BROKEN = f"- id: broken\n{HEAD}  steps:\n  - output: {{context: {{raw: 1}}, output: {{raw: 0}}}}\n"
MODEL = f"- id: model\n{HEAD}  steps:\n  - load: {{model: add-f32, as: g}}\n"

QUICK = ("-p", "no:hypothesispytest")  # its summary imports all of Hypothesis, anew in each run

Run = Callable[..., pytest.RunResult]
Adapters = Callable[..., Path]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run the suite as its users do, in this process."""
    return lambda *options: pytester.runpytest_inprocess(
        "--pyargs", "wasi_nn_conformance", "-p", "no:cacheprovider", *QUICK, *map(str, options)
    )


@pytest.fixture
def area(write: Callable[[str, str], Path]) -> Callable[..., Path]:
    return lambda *vectors: write("area.yaml", "".join(vectors))


@pytest.mark.parametrize(
    ("impl", "complaint"),
    [
        ("nonsense", "ERROR: nonsense: neither an adapter's name nor the path of a file; known: iwasm"),
        (
            "refernce",
            "known: iwasm, reference, wasmedge, wasmtime, wasmtime-34, wasmtime-onnx; did you mean 'reference'?",
        ),
        ("/bin/false", "ERROR: /bin/false: an adapter is a .toml file"),
    ],
)
def test_no_adapter_ends_the_run_with_4(run: Run, impl: str, complaint: str) -> None:
    result = run(f"--impl={impl}")
    assert (result.ret, complaint in result.stderr.str()) == (4, True)


def test_a_missing_impl_ends_the_run_with_4(run: Run, area: Callable[..., Path]) -> None:
    result = run("--vectors", area(PASSES))
    assert (result.ret, "add --impl=NAME_OR_PATH" in result.stderr.str()) == (4, True)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["/bin/false", "{probe}"], "the host ended with exit code 1 before the probe answered `hello`"),
        (["/bin/sh", "-c", "cat", "{probe}"], "the host gave no sign of the probe within 0.2 s; it printed: "),
        (
            ["/bin/sh", "-c", "sleep 1000", "{probe}"],
            "the host gave no sign of the probe within 0.2 s; it printed noth",
        ),
        (["/bin/sh", "-c", r"printf '\377\376\n'; exit 3", "{probe}"], "the host ended with exit code 3"),
        (["/no/such/program", "{probe}"], "/no/such/program cannot be started: No such file or directory"),
        (
            ["/bin/sh", "-c", """read x; echo '@@{"abi":"witx","probe":"1","protocol":1}'; read x""", "{probe}"],
            "the probe speaks protocol 1, this suite 2",
        ),
    ],
    ids=["false", "cat", "sleep", "garbage", "missing", "protocol"],
)
def test_no_handshake_ends_the_run_with_4_and_no_verdict(
    run: Run, area: Callable[..., Path], adapter_file: Adapters, command: list[str], complaint: str
) -> None:
    impl = adapter_file("silent", command=command, limits={"hello_seconds": 0.2})
    result = run(f"--impl={impl}", "--vectors", area(PASSES))
    assert (result.ret, complaint in result.stderr.str(), "1 case" in result.stdout.str()) == (4, True, False)


def test_no_version_ends_the_run_with_4_and_no_verdict(
    run: Run, area: Callable[..., Path], adapter_file: Adapters, tmp_path: Path
) -> None:
    impl = adapter_file(f"mortal {tmp_path / 'starts'}", version=["/bin/false"])
    result = run(f"--impl={impl}", "--vectors", area(PASSES), f"--report={tmp_path / 'out'}")
    assert result.ret == 4
    assert "miniature: `/bin/false` ended with exit code 1 and gave no version" in result.stderr.str()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (PASSES + "  stepz: 1\n", "area.yaml:7: unknown key 'stepz'"),
        (PASSES + "  id: again\n", "area.yaml:7: the key 'id' is given twice (first in line 1)"),
        (PASSES + PASSES, "area.yaml:7: passes: this id is given twice"),
        (PASSES.replace("raw: 1", "raw: x"), "area.yaml:5: compute.context"),
        (PASSES.replace("compute.repeatable", "a.b"), "area.yaml:1: passes: there is no clause 'a.b' in clauses.yaml"),
        (MODEL.replace("add-f32", "add-f33"), "area.yaml:1: model: there is no model 'add-f33' in models.yaml"),
        (MODEL.replace("add-f32", "no"), "area.yaml:5: 'no' is a boolean to readers of YAML 1.1"),
    ],
    ids=["unknown key", "duplicate key", "duplicate id", "wrong type", "missing clause", "missing model", "no"],
)
def test_a_bad_vector_file_ends_the_run_with_2_and_its_line(
    run: Run, area: Callable[..., Path], adapter_file: Adapters, text: str, complaint: str
) -> None:
    result = run(f"--impl={adapter_file('errors')}", "--vectors", area(text))
    assert (result.ret, complaint in result.stdout.str()) == (2, True)


def test_an_id_in_two_files_ends_the_run_with_2(
    run: Run, area: Callable[..., Path], write: Callable[[str, str], Path], adapter_file: Adapters
) -> None:
    paths = area(PASSES), write("other.yaml", PASSES)
    result = run(f"--impl={adapter_file('errors')}", *(f"--vectors={path}" for path in paths))
    assert (
        result.ret,
        "other.yaml:1: passes: this id is given twice (first in area.yaml:1)" in result.stdout.str(),
    ) == (*(2, True),)


def test_a_missing_vector_file_ends_the_run_with_2(run: Run, adapter_file: Adapters) -> None:
    result = run(f"--impl={adapter_file('errors')}", "--vectors", "/no/such.yaml")
    assert (result.ret, "/no/such.yaml: cannot be read" in result.stdout.str()) == (2, True)


def test_a_report_folder_that_cannot_be_made_ends_the_run_with_4(
    run: Run, area: Callable[..., Path], adapter_file: Adapters
) -> None:
    result = run(f"--impl={adapter_file('errors')}", "--vectors", area(PASSES), "--report", "/dev/null")
    assert (result.ret, "--report=/dev/null: cannot be made a folder" in result.stderr.str()) == (4, True)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], ["passes[witx]", "model[witx-openvino]", "model[witx-onnx]"]),
        (["--case", "model*"], ["model[witx-openvino]", "model[witx-onnx]"]),
        (["--case", "model[witx-onnx]"], ["model[witx-onnx]"]),
        (["--case", "model", "--case", "pass?s[*]"], ["passes[witx]"]),
        (["--encoding", "onnx"], ["passes[witx]", "model[witx-onnx]"]),
        (["--abi", "witx", "--encoding", "openvino"], ["passes[witx]", "model[witx-openvino]"]),
        (["-k", "onnx"], ["model[witx-onnx]"]),
    ],
    ids=" ".join,
)
def test_cases_are_selected_without_any_host(
    run: Run, area: Callable[..., Path], adapter_file: Adapters, options: list[str], ids: list[str]
) -> None:
    impl = adapter_file("silent", command=["/no/such/program", "{probe}"])
    result = run(f"--impl={impl}", "--vectors", area(PASSES, MODEL), "--collect-only", "-q", "--abi=witx", *options)
    assert re.findall(r"area\.yaml::(.*)", result.stdout.str()) == ids


@pytest.fixture
def mortal(adapter_file: Adapters, tmp_path: Path) -> Path:
    """An adapter for a host that loads anything and answers errors, dies of context 13 and has no onnx."""
    return adapter_file(f"mortal {tmp_path / 'starts'}", encodings=["openvino"])


@pytest.fixture
def findings(
    run: Run, area: Callable[..., Path], mortal: Path, tmp_path: Path
) -> tuple[pytest.RunResult, dict[str, Any]]:
    """A run with every verdict but hang, and its report."""
    vectors = area(PASSES, DEVIATES, FAILS, CRASHES, BROKEN, MODEL)
    options = ("--vectors", vectors, "--abi=witx", "--report", tmp_path / "out", "-rA")
    result = run(f"--impl={mortal}", *options)
    return result, json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))


def test_a_run_with_findings(findings: tuple[pytest.RunResult, Mapping[str, Any]]) -> None:
    result, report = findings
    schema("report").validate(report)
    assert {case["id"]: case["verdict"] for case in report["cases"]} == {
        "passes[witx]": "pass",
        "deviates[witx]": "deviates",
        "fails[witx]": "fail",
        "crashes[witx]": "crash",
        "broken[witx]": "error",
        "model[witx-onnx]": "unsupported",
        "model[witx-openvino]": "pass",
    }
    assert result.ret == 1


SAID = [
    "*area.yaml .dFCE. *",
    "compute.repeatable (must): *",
    "Where it stands: https://github.com/WebAssembly/wasi-nn/blob/0.2.0-rc-2024-10-28/wasi-nn.witx#L88-L91",
    "FAIL: error invalid_argument; wanted success; step 1 (compute), line 17",
    "Vector: area.yaml:13",
    "Replay: pytest --pyargs wasi_nn_conformance * --case 'fails[[]witx[]]'",
    "  > compute(1)",
    '        {"call":"compute","context":1}',
    "  < error invalid_argument (1)",
    '        @@{"errno":1,*',
    "CRASH: the host died: signal SIGABRT*step 1 (compute)*",
    "ERROR of the suite, not of the host: *",
    "must:",
    "all 7 cases: 2 pass, 1 unsupported, 1 deviates, 1 fail, 1 crash, 1 error",
    "1 case unsupported [[]witx, onnx[]]: miniature does not serve the encoding onnx",
    "DEVIATES *::deviates[[]witx[]] - error invalid_argument; wanted rather error busy; *",
    "*= 2 failed, 2 passed, 1 error, 1 unsupported, 1 deviates in *",
]


def test_a_run_with_findings_says(findings: tuple[pytest.RunResult, Mapping[str, Any]]) -> None:
    said = findings[0].outlines
    assert [line for line in SAID if not any(fnmatch.fnmatchcase(each, line) for each in said)] == []


def test_the_replay_line_runs_the_case_alone(
    findings: tuple[pytest.RunResult, Mapping[str, Any]], pytester: pytest.Pytester
) -> None:
    line = next(line for line in findings[0].outlines if line.startswith("Replay: ") and "fails" in line)
    program, *arguments = shlex.split(line.removeprefix("Replay: "))
    result = pytester.runpytest_inprocess(*QUICK, *arguments)
    assert (program, result.ret, "1 case: 1 fail" in result.stdout.str()) == ("pytest", 1, True)


def test_a_deviation_does_not_fail_the_run(run: Run, area: Callable[..., Path], mortal: Path) -> None:
    result = run(f"--impl={mortal}", "--vectors", area(PASSES, DEVIATES))
    assert (result.ret, "all 2 cases: 1 pass, 1 deviates" in result.stdout.str()) == (0, True)


def test_x_stops_at_the_first_finding(run: Run, area: Callable[..., Path], mortal: Path) -> None:
    result = run(f"--impl={mortal}", "--vectors", area(FAILS, PASSES), "-x")
    assert (result.ret, "1 case: 1 fail" in result.stdout.str()) == (1, True)


def test_lf_runs_what_failed_last(pytester: pytest.Pytester, area: Callable[..., Path], mortal: Path) -> None:
    options = (*QUICK, "--pyargs", "wasi_nn_conformance", f"--impl={mortal}", f"--vectors={area(PASSES, FAILS)}")
    pytester.runpytest_inprocess(*options)
    assert "1 case: 1 fail" in pytester.runpytest_inprocess(*options, "--lf").stdout.str()


def test_fresh_starts_a_process_for_each_vector(
    run: Run, area: Callable[..., Path], mortal: Path, tmp_path: Path
) -> None:
    run(f"--impl={mortal}", "--vectors", area(PASSES, DEVIATES, FAILS), "--fresh")
    assert len((tmp_path / "starts").read_text("ascii").splitlines()) == 3


@pytest.mark.parametrize(("words", "code"), [("numpy_host.py", 0), ("numpy_host.py wrong", 4)], ids=["right", "wrong"])
def test_a_host_of_numpy_on_committed_vectors(run: Run, adapter_file: Adapters, words: str, code: int) -> None:
    result = run(f"--impl={adapter_file(words)}", "--case", "context/two-graphs*", "--abi=witx")
    verdicts = re.findall(r"all \d+ cases: \d+ (\w+)$", result.stdout.str(), re.MULTILINE)
    assert (result.ret, verdicts) == (code, [] if code else ["pass"])


def test_a_folder_of_other_tests_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass")
    result = pytester.runpytest_inprocess(*QUICK, "-p", "no:cacheprovider")
    assert (result.ret, "wasi-nn:" in result.stdout.str()) == (0, False)
