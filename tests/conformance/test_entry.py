import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.paths import PACKAGE

pytest_plugins = ["pytester"]

HEAD = "  clause: compute.repeatable\n  why: because a host may get this wrong\n"
PASSES = f"- id: passes\n{HEAD}  steps:\n  - compute: {{context: {{raw: 1}}}}\n    fails: {{}}\n"
QUICK = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider")
OWN_OPTIONS = """
def pytest_addoption(parser):
    for name in ("--case", "--report", "--abi", "--vectors", "--program"):
        parser.addoption(name)
"""
OWN_IMPL = "def pytest_addoption(parser):\n    parser.addoption('--impl', choices=('c', 'python'))\n"
NEEDS_HOST = "ERROR: the suite needs a host: add --impl=NAME_OR_PATH"


@pytest.fixture
def given(adapter_file: Callable[..., Path], write: Callable[[str, str], Path], tmp_path: Path) -> list[str]:
    """Options for a host that answers every call with an error, and one vector."""
    impl, vectors = adapter_file(f"mortal {tmp_path / 'starts'}"), write("area.yaml", PASSES)
    return [f"--impl={impl}", f"--vectors={vectors}"]


def test_an_unrelated_project_has_options_of_these_names(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OWN_OPTIONS)
    pytester.makepyfile("def test_one(request): assert request.config.getoption('--case') == 'mine'")
    assert pytester.runpytest_inprocess(*QUICK, "--case=mine", "--report=there").ret == 0


def test_an_unrelated_project_has_an_option_impl(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OWN_IMPL)
    pytester.makepyfile("def test_one(request): assert request.config.getoption('--impl') == 'c'")
    assert pytester.runpytest_inprocess(*QUICK, "--impl=c").ret == 0


def test_a_run_of_other_tests_has_no_option_of_the_suite(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*QUICK, "--fresh")
    assert (result.ret, "unrecognized arguments: --fresh" in result.stderr.str()) == (4, True)


def test_other_tests_load_nothing_but_the_entry() -> None:
    script = (
        "import sys, pytest; before = set(sys.modules); import wasi_nn_conformance.pytest_plugin.entry;"
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith('wasi_nn')))"
        "; print(*sorted({'numpy', 'hypothesis', 'yaml', 'msgspec', 'jsonschema_rs', 'argparse'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 this Python
    package = "wasi_nn_conformance"
    ours = f"{package} {package}.pytest_plugin {package}.pytest_plugin.entry"
    assert done.stdout.splitlines() == [ours, "argparse"]


def test_an_option_of_another_plugin_is_told(pytester: pytest.Pytester, given: list[str]) -> None:
    pytester.makepyfile(reporter="def pytest_addoption(parser):\n    parser.addoption('--report', dest='other')\n")
    pytester.syspathinsert()
    result = pytester.runpytest_inprocess(*QUICK, "-p", "reporter", "--pyargs", "wasi_nn_conformance", *given)
    told = [line for line in result.errlines if "--report" in line and "`wasi-nn check` runs without" in line]
    assert (result.ret, len(told)) == (4, 1)


@pytest.mark.parametrize("form", ["--impl={}", "--impl {}"])
def test_the_host_is_named_in_the_users_ini(pytester: pytest.Pytester, given: list[str], form: str) -> None:
    impl, *rest = given
    pytester.makeini(f"[pytest]\naddopts = {form.format(impl.removeprefix('--impl='))}\n")
    result = pytester.runpytest_inprocess(*QUICK, "--pyargs", "wasi_nn_conformance", "--abi=witx", *rest)
    assert (result.ret, "1 case: 1 pass" in result.outlines) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pyargs", "wasi_nn_conformance"],
        ["--pyargs", "wasi_nn_conformance", "--case=x"],
        [str(PACKAGE.parent)],
        [str(PACKAGE), "-n2"],
        ["around"],
    ],
    ids=["package", "option", "checkout", "workers", "around"],
)
def test_the_suite_without_a_host_ends_with_4(pytester: pytest.Pytester, arguments: list[str]) -> None:
    pytester.mkdir("around").joinpath("checkout").symlink_to(PACKAGE.parent)
    result = pytester.runpytest_inprocess(*QUICK, *arguments)
    assert (result.ret, next(line for line in result.errlines if line).startswith(NEEDS_HOST)) == (4, True)


def test_a_checkout_is_reached_through_a_link(pytester: pytest.Pytester, given: list[str]) -> None:
    link = pytester.path / "link"
    link.symlink_to(PACKAGE.parent)
    result = pytester.runpytest_inprocess(*QUICK, link, *given, "--abi=witx")
    assert (result.ret, "1 case: 1 pass" in result.outlines) == (0, True)


@pytest.mark.parametrize("named", [["--impl=reference"], []], ids=["host", "no host"])
@pytest.mark.parametrize("words", [["checkout"], ["checkout/wasi_nn_conformance"], []], ids=["around", "package", "."])
def test_another_copy_of_the_suite_is_told(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, words: list[str], named: list[str]
) -> None:
    copy = pytester.mkdir("checkout") / "wasi_nn_conformance"
    (copy / "pytest_plugin").mkdir(parents=True)
    (copy / "pytest_plugin" / "entry.py").touch()
    monkeypatch.chdir(pytester.path if words else copy.parent)
    result = pytester.runpytest_inprocess(*QUICK, *words, *named)
    word = words[0] if words else "."
    wanted = f"ERROR: {word} holds another copy of the suite than the one that is installed, {PACKAGE}:"
    assert (result.ret, [line for line in result.errlines if line.startswith(wanted)] != []) == (4, True)


def test_a_folder_of_the_same_name_is_not_the_suite(pytester: pytest.Pytester) -> None:
    pytester.mkdir("wasi_nn_conformance").joinpath("test_mine.py").write_text("def test_one(): pass\n", "ascii")
    result = pytester.runpytest_inprocess(*QUICK, "wasi_nn_conformance")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("more", ["vectors/area.yaml::passes[witx]", PACKAGE.parent], ids=["node id", "path"])
def test_a_checkout_that_is_reached_twice_runs_once(
    pytester: pytest.Pytester, given: list[str], more: str | Path
) -> None:
    link = pytester.path / "link"
    link.symlink_to(PACKAGE.parent)
    result = pytester.runpytest_inprocess(*QUICK, link, more, *given, "--abi=witx")
    assert "1 case: 1 pass" in result.outlines
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("option", "near"), [("--cas=x", "--case"), ("--known-failure", "--known-failures"), ("--fuzz-example=3", "amples")]
)
def test_an_option_that_nobody_has_is_told(pytester: pytest.Pytester, given: list[str], option: str, near: str) -> None:
    result = pytester.runpytest_inprocess(*QUICK, "--pyargs", "wasi_nn_conformance", *given, option)
    (told,) = (line for line in result.errlines if line.startswith("ERROR: "))
    assert (result.ret, told.startswith("ERROR: there is no option --"), told.endswith(f"{near}'?")) == (4, True, True)
