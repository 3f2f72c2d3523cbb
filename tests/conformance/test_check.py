import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.commands import check
from wasi_nn_conformance.paths import PACKAGE

HEAD = "  clause: compute.repeatable\n  why: because a host may get this wrong\n"
PASSES = f"- id: passes\n{HEAD}  steps:\n  - compute: {{context: {{raw: 1}}}}\n    fails: {{}}\n"
FAILS = f"- id: fails\n{HEAD}  steps:\n  - compute: {{context: {{raw: 1}}}}\n"

# What a project keeps for tests of its own; each of these alone would end a run.
OF_A_PROJECT = {
    "pytest.ini": "[pytest]\naddopts = --no-such-option\nfilterwarnings = error\n",
    "conftest.py": "raise SystemExit('the conftest file of the project')\n",
    "theirs.py": "import warnings\n\ndef pytest_configure():\n    raise SystemExit('the plugin of the project')\n",
}
VARIABLES = {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "theirs"}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def impl(adapter_file: Callable[..., Path], tmp_path: Path) -> Path:
    """An adapter for a host that answers every call with an error."""
    return adapter_file(f"mortal {tmp_path / 'starts'}")


@pytest.fixture
def vectors(write: Callable[[str, str], Path]) -> str:
    return f"--vectors={write('area.yaml', PASSES + FAILS)}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in OF_A_PROJECT.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Run:
    """Run the suite in that project, as a process."""

    def run(*words: object, module: str = "wasi_nn_cli check", **variables: str) -> subprocess.CompletedProcess[str]:
        given = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(project), **VARIABLES, **variables}
        command = [sys.executable, "-m", *module.split(), *map(str, words)]
        # pytest says more of each failure where it runs in a CI system.
        inherited = {name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER"}}
        return subprocess.run(  # noqa: S603 this Python
            command, cwd=project, env={**inherited, **given}, capture_output=True, text=True, check=False
        )

    return run


def outcomes(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"^(?:all|1 case).*$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["alone", "xdist"])
def test_settings_of_the_project_do_not_reach_the_suite(run: Run, impl: Path, vectors: str, workers: list[str]) -> None:
    done = run(impl, vectors, "--abi=witx", "--case=passes*", *workers)
    assert (done.returncode, outcomes(done), done.stderr) == (0, ["1 case: 1 pass"], "")


def test_nothing_is_written_to_where_the_user_works(run: Run, project: Path) -> None:
    """Hypothesis would, once it has drawn text for a host that answers well."""
    done = run("reference", "--abi=witx", "--encoding=onnx", "--fuzz-only=bytes", "--fuzz-examples=20")
    assert (done.returncode, "bytes: 20 conversations" in done.stdout) == (0, True)
    assert {path.name for path in project.iterdir()} == set(OF_A_PROJECT)


def test_a_finding_is_replayed_by_the_line_that_is_printed(run: Run, impl: Path, vectors: str) -> None:
    done = run(impl, vectors, "--abi=witx")
    (line,) = re.findall(r"^Replay: (.*)$", done.stdout, re.MULTILINE)
    assert (done.returncode, outcomes(done)) == (1, ["all 2 cases: 1 pass, 1 fail"])
    words = shlex.split(line)
    again = run(*words[2:])
    assert (words[:2], again.returncode, outcomes(again)) == (["wasi-nn", "check"], 1, ["1 case: 1 fail"])


@pytest.mark.parametrize(
    "words",
    [
        ["vectors/area.yaml::passes[witx]"],
        ["--", "vectors/area.yaml::passes[witx]"],
        ["--", "-n1", "-p", "xdist", "vectors/area.yaml::passes[witx]"],
    ],
    ids=["before", "behind", "workers"],
)
def test_a_node_id_picks_its_case(run: Run, impl: Path, vectors: str, words: list[str]) -> None:
    done = run(impl, vectors, *words)
    assert (done.returncode, outcomes(done), done.stderr) == (0, ["1 case: 1 pass"], "")


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--cas=passes*", "there is no option --cas; did you mean '--case'?"),
        (
            "--timeout=60",
            "there is no option --timeout; if it is of a plugin of pytest, name that one before it: -- -p PLUGIN",
        ),
    ],
)
def test_an_option_behind_the_dashes_that_nobody_has_is_told(
    run: Run, impl: Path, vectors: str, option: str, told: str
) -> None:
    done = run(impl, vectors, "--", option)
    assert (done.returncode, f"ERROR: {told}" in done.stderr.splitlines()) == (4, True)


def test_an_option_of_a_plugin_that_is_named_is_known(run: Run, impl: Path, vectors: str) -> None:
    done = run(impl, vectors, "--abi=witx", "--case=passes*", "--", "-p", "pytest_timeout", "--timeout=60")
    assert (done.returncode, outcomes(done)) == (0, ["1 case: 1 pass"])


def test_what_failed_last_is_remembered_in_the_users_cache(run: Run, impl: Path, vectors: str) -> None:
    run(impl, vectors, "--abi=witx", module="wasi_nn_conformance")
    done = run(impl, vectors, "--abi=witx", "--lf", module="wasi_nn_conformance")
    assert outcomes(done) == ["1 case: 1 fail"]
    assert "Replay: python -m wasi_nn_conformance " in done.stdout


def test_a_cache_that_cannot_be_written_to_costs_only_lf(run: Run, impl: Path, vectors: str) -> None:
    done = run(impl, vectors, "--abi=witx", "--case=passes*", XDG_CACHE_HOME="/dev/null")
    assert (done.returncode, outcomes(done), done.stderr) == (0, ["1 case: 1 pass"], "")
    done = run(impl, vectors, "--lf", XDG_CACHE_HOME="/dev/null")
    assert (done.returncode, "no cache folder that can be written to" in done.stderr) == (4, True)


def test_python_without_docstrings_and_assertions_gives_the_same_verdicts(run: Run, impl: Path, vectors: str) -> None:
    done = run(impl, vectors, "--abi=witx", PYTHONOPTIMIZE="2")
    assert (done.returncode, outcomes(done)) == (1, ["all 2 cases: 1 pass, 1 fail"])


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return what pytest is called with."""
    for variable in (*VARIABLES, "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "HYPOTHESIS_STORAGE_DIRECTORY"):
        monkeypatch.setenv(variable, "")  # and set back to what they were
    called: list[list[str]] = []
    monkeypatch.setattr(pytest, "main", lambda words: called.append(words) or 0)

    def words(*arguments: str) -> list[str]:
        assert check.main(["reference", *arguments]) == 0
        return called[-1]

    return words


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--case", "a", "--case=b"], ["--case=a", "--case=b"]),
        (["--abi", "witx"], ["--abi=witx"]),
        (["--fresh"], ["--fresh"]),
        (["--report", "out"], ["--report=out"]),
        (["--fuzz-examples", "0", "--fuzz-seed=7"], ["--fuzz-examples=0", "--fuzz-seed=7"]),
        (["-n", "2"], ["-n2"]),
        (["-x", "--lf"], ["-x", "--lf"]),
        (["-vv"], ["-v", "-v"]),
        (["--list"], ["--collect-only", "-q"]),
        (["--junitxml", "j.xml"], ["--junitxml=j.xml"]),
        (["--", "-k", "load", "--durations=3"], ["-k", "load", "--durations=3"]),
    ],
)
def test_options_are_handed_to_pytest(words: Callable[..., list[str]], arguments: list[str], wanted: list[str]) -> None:
    more = [word for word in words(*arguments) if word not in words()]
    assert [word for word in more if word not in ("-p", "xdist")] == [
        word for word in wanted if word not in ("-p", "xdist")
    ]


def test_an_option_that_is_not_given_is_not_handed_on(words: Callable[..., list[str]]) -> None:
    assert [word for word in words() if word.startswith("--")] == [
        f"--rootdir={Path.cwd()}",
        f"--confcutdir={PACKAGE}",
        "--noconftest",
        "--no-header",
        "--program=wasi-nn check",
        "--impl=reference",
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: NAME_OR_PATH"),
        (["reference", "--cas=x"], "there is no option --cas; did you mean '--case'?"),
        (["reference", "--abi=witxs"], "; did you mean 'witx'?"),
        (["reference", "--encoding=openvno"], "; did you mean 'openvino'?"),
        (["reference", "--fuzz-only=shape"], "; did you mean 'shapes'?"),
        (["reference", "-n", "two"], "'two' is no whole number from 0 on"),
        (["reference", "wasmtime"], "one argument too many: wasmtime"),
    ],
)
def test_a_wrong_command_line_ends_with_4(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        check.main(arguments)
    told = capsys.readouterr().err.splitlines()[-1]
    assert (ended.value.code, told.startswith("wasi-nn check: "), told.endswith(complaint)) == (4, True, True)


def test_help_speaks_of_the_suite_and_not_of_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        check.main(["--help"])
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if line.startswith("which ") or line == "what is generated:"] == [
        "which cases run:",
        "what is generated:",
    ]
    assert set(re.findall(r"--[a-z-]+", told)).isdisjoint({"--rootdir", "--confcutdir", "--program", "--impl"})


def test_workers_without_xdist_are_told_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(check, "find_spec", lambda _name: None)
    with pytest.raises(SystemExit) as ended:
        check.main(["reference", "-n2"])
    assert (ended.value.code, "-n needs pytest-xdist" in capsys.readouterr().err) == (4, True)
