import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wasi_nn_conformance.pytest_plugin.selection import Selection
from wasi_nn_conformance.run.library import Library

pytest_plugins = ["pytester"]

HEAD = "  clause: compute.repeatable\n  why: because a host may get this wrong\n"
STEPS = "  steps:\n  - compute: {context: {raw: 1}}\n"
VECTORS = f"- id: area/first\n{HEAD}{STEPS}    fails: {{}}\n- id: area/second\n{HEAD}{STEPS}"
MODEL = f"- id: model\n{HEAD}  abi: [witx]\n  steps:\n  - load: {{model: add-f32, as: g}}\n    fails: {{}}\n"
FIRST, SECOND = "vectors/area.yaml::area/first[witx]", "vectors/area.yaml::area/second[witx]"

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(
    pytester: pytest.Pytester,
    adapter_file: Callable[..., Path],
    write: Callable[[str, str], Path],
    tmp_path: Path,
) -> Run:
    """Run two vectors, of which the second finds something, on a host that answers every call with an error."""
    impl, vectors = adapter_file(f"mortal {tmp_path / 'starts'}"), write("area.yaml", VECTORS)
    given = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider", f"--impl={impl}", f"--vectors={vectors}")
    return lambda *options: pytester.runpytest_inprocess(*given, *options)


def suite(run: Run, *options: str) -> pytest.RunResult:
    return run("--pyargs", "wasi_nn_conformance", *options)


FAMILY = f"- id: area/family/of-two\n{HEAD}{STEPS}- id: area/family/of-them-all\n{HEAD}{STEPS}"


@pytest.fixture
def family(write: Callable[[str, str], Path]) -> str:
    return f"--vectors={write('family.yaml', FAMILY)}"


@pytest.mark.parametrize("word", ["area/second[witx]", "area/s*", SECOND])
def test_cases_are_deselected_by_their_ids_as_reports_show_them(run: Run, word: str) -> None:
    result = suite(run, f"--deselect={word}")
    assert (result.ret, result.parseoutcomes().get("passed")) == (0, 1)


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("area/frist[witx]", "no case has this id; did you mean 'area/first[witx]'?"),
        ("area/secnd[witx]", "no case has this id; did you mean 'area/second[witx]'?"),
        ("area/secnd", "no case has this id; did you mean 'area/second'?"),
        ("area/secnd*", "no case has this id; did you mean 'area/second'?"),
        ("area/family/of-tow*", "no case has this id; did you mean 'area/family/of-two'?"),
        ("area/familly*", "no case has this id; did you mean 'area/family/*'?"),
        ("area/familly/*", "no case has this id; did you mean 'area/family/*'?"),
        ("aera*", "no case has this id; did you mean 'area/*'?"),
        ("nothing like it", "no case has this id"),
        ("vectors/area.yaml::area/frist[witx]", "no case has this id; did you mean 'area/first[witx]'?"),
    ],
)
def test_a_pattern_that_matches_nothing_ends_the_run_with_4(
    run: Run, family: str, pattern: str, complaint: str
) -> None:
    result = suite(run, family, "--abi=witx", f"--case={pattern}")
    (told,) = (line for line in result.errlines if line.startswith("ERROR: "))
    assert (result.ret, told) == (4, f"ERROR: --case={pattern.rpartition('::')[2]}: {complaint}")


def test_a_worker_ends_the_run_for_a_pattern_that_matches_nothing(run: Run) -> None:
    result = suite(run, "--abi=witx", "--case=area/frist*", "-n1")
    (told,) = (line for line in result.errlines if line.startswith("ERROR: "))
    assert (result.ret, told) == (4, "ERROR: --case=area/frist*: no case has this id; did you mean 'area/first'?")


def test_the_id_of_a_vector_alone_is_told_with_those_of_its_cases(run: Run) -> None:
    result = suite(run, "--abi=witx", "--case=area/first")
    wanted = "--case=area/first: no case has this id; did you mean 'area/first[*]', which is area/first[witx]?"
    assert (result.ret, f"ERROR: {wanted}" in result.errlines) == (4, True)


def test_a_pattern_of_what_other_options_leave_out_is_told(run: Run) -> None:
    result = suite(run, "--abi=wit-2024-06-25", "--case=area/first[witx]")
    wanted = "--case=area/first[witx]: --abi and --encoding leave out all that it matches"
    assert (result.ret, f"ERROR: {wanted}" in result.errlines) == (4, True)


def test_one_pattern_of_two_matches_nothing(run: Run) -> None:
    result = suite(run, "--abi=witx", "--case=area/first[witx]", "--case=nowhere*")
    assert (result.ret, "ERROR: --case=nowhere*: no case has this id" in result.errlines) == (4, True)


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["alone", "xdist"])
def test_a_run_that_judges_nothing_says_so_and_ends_with_5(
    run: Run, write: Callable[[str, str], Path], adapter_file: Callable[..., Path], tmp_path: Path, workers: list[str]
) -> None:
    impl = adapter_file(f"mortal {tmp_path / 'starts'}", encodings=["openvino"])
    vectors = write("model.yaml", MODEL)
    result = suite(run, f"--impl={impl}", f"--vectors={vectors}", "--case=model*", "--encoding=onnx", *workers)
    told = [line for line in result.outlines if line.startswith("no case was judged")]
    assert (result.ret, told) == (5, ["no case was judged: miniature does not serve the encoding onnx"])


def test_what_takes_minutes_is_read_when_it_is_asked_for() -> None:
    plain, nightly = Library().files(), Library(nightly=True).files()
    assert {path.parent.name for path in set(nightly) - set(plain)} == {"nightly"}
    assert set(plain) < set(nightly)


def test_a_replay_of_a_nightly_case_asks_for_it(run: Run) -> None:
    result = suite(run, "--nightly", "--case", "area/second*")
    result.stdout.fnmatch_lines(["Replay:*--nightly*area/second*"])


def test_a_folder_without_vectors_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = suite(run, f"--vectors={tmp_path / 'empty'}")
    told = f"ERROR: --vectors={tmp_path / 'empty'}: no file of this folder holds vectors (*.yaml)"
    assert (result.ret, told in result.errlines) == (4, True)


def test_node_ids_are_given_back_as_they_were_printed(run: Run) -> None:
    printed = suite(run, "--abi=witx")
    (failed,) = re.findall(r"^FAIL (\S+)", printed.stdout.str(), re.MULTILINE)
    assert failed == SECOND
    assert "1 case: 1 fail" in run(failed).outlines


@pytest.mark.parametrize(
    ("arguments", "verdicts"),
    [
        ([FIRST], "1 case: 1 pass"),
        ([FIRST, SECOND], "all 2 cases: 1 pass, 1 fail"),
        ([f"../{FIRST}"], "1 case: 1 pass"),
        ([f"conformance/{FIRST}"], "1 case: 1 pass"),
        (["--pyargs", "wasi_nn_conformance", FIRST], "1 case: 1 pass"),
        (["--pyargs", "wasi_nn_conformance", "--abi=witx", "--deselect", SECOND], "1 case: 1 pass"),
        ([FIRST, "-n1"], "1 case: 1 pass"),
        (["--pyargs", "wasi_nn_conformance", f"--case={FIRST}"], "1 case: 1 pass"),
    ],
    ids=["one", "two", "another root", "folder", "package", "deselected", "xdist", "case"],
)
def test_node_ids_pick_cases(run: Run, arguments: list[str], verdicts: str) -> None:
    assert verdicts in run(*arguments).outlines


def test_the_node_id_of_a_search_is_given_back(run: Run) -> None:
    result = run("fuzz::fuzz/bytes[witx-onnx]", "--fuzz-only=bytes", "--collect-only", "-q")
    assert [line for line in result.outlines if "::" in line] == ["fuzz::fuzz/bytes[witx-onnx]"]


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("process/keeps-its-size/graphs[witx-onnx]", {"process/keeps-its-size/graphs[witx-onnx]"}),
        ("process/carries-over[witx-onnx]", {"process/keeps-its-size/graphs[witx-onnx]", "load/plain[witx-onnx]"}),
        ("process/capacity[witx-onnx]", {"process/keeps-its-size/graphs[witx-onnx]", "load/plain[witx-onnx]"}),
        ("process/*[witx-onnx]", {"process/keeps-its-size/graphs[witx-onnx]"}),
    ],
)
def test_what_no_single_case_shows_is_shown_by_all_of_its_pair(pattern: str, taken: set[str]) -> None:
    ids = {f"{name}[witx-{encoding}]": encoding for name in ("process/keeps-its-size/graphs", "load/plain")
           for encoding in ("onnx", "openvino")}  # fmt: skip
    options: Any = SimpleNamespace(getoption={"--case": [pattern]}.get)
    selection = Selection.of(options)
    assert {each for each, encoding in ids.items() if selection.takes_item(each, "witx", encoding)} == taken
