import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.commands import coverage as command
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.clause import Clause, Level
from wasi_nn_conformance.vectors.coverage import Coverage, coverage, families, sides
from wasi_nn_conformance.vectors.vector import Vector

DOCS = Path(__file__).resolve().parents[2] / "docs"

Vectors = Callable[..., list[Vector]]

GOOD = "- load: {model: neg-f32, as: g}\n- context: {graph: g, as: c}"
LOADED = "- load: {model: neg-f32, as: g}\n"
BAD_CONTEXT = "- context: {graph: {raw: 7}}\n  fails: {}"


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        pytest.param(GOOD, {"shows"}, id="all has to succeed"),
        pytest.param(LOADED + BAD_CONTEXT, {"breaks"}, id="misuse alone"),
        pytest.param(f"{GOOD}\n{BAD_CONTEXT}", {"shows", "breaks"}, id="misuse beside proper use of the function"),
        pytest.param("- load: {model: neg-f32}\n  accept: [ok, error]\n  prefer: ok", {"shows"}, id="optional"),
        pytest.param(
            "- load: {model: neg-f32}\n  accept: [ok, error]\n  prefer: busy", {"breaks"}, id="rather an error"
        ),
        pytest.param("- may_fail:\n  - load: {model: neg-f32}\n  prefer: ok", {"shows"}, id="a block that may fail"),
        pytest.param(
            "- fails_by:\n  - load: {builders: []}\n  - compute: {context: c}", {"breaks"}, id="a block that has to"
        ),
        pytest.param(
            f"- fails_by:\n  - load: {{builders: []}}\n  - compute: {{context: c}}\n{LOADED}",
            {"shows", "breaks"},
            id="proper use of one function of a block that has to fail",
        ),
        pytest.param(f"{GOOD}\n- grow: {{pages: 1}}", {"shows", "breaks"}, id="memory grows"),
        pytest.param(f"{GOOD}\n- drop: {{kind: graph, handle: g}}", {"shows", "breaks"}, id="a resource is dropped"),
        pytest.param(
            "- place: {words: [1], at: {end: -4}, as: w}", {"shows", "breaks"}, id="data at the end of memory"
        ),
        pytest.param("- place: {words: [1], as: w}", {"shows"}, id="data anywhere"),
        pytest.param("- raw: {function: compute, arguments: [1]}\n  fails: {}", {"breaks"}, id="a raw call"),
    ],
)
def test_sides_follow_from_the_steps(vectors: Vectors, steps: str, found: set[str]) -> None:
    assert sides(vectors(steps)[0]) == found


@pytest.mark.parametrize(
    ("steps", "tries", "found"),
    [(GOOD, "break", {"shows", "breaks"}), (BAD_CONTEXT, "show", {"shows"}), (BAD_CONTEXT, "break", {"breaks"})],
)
def test_a_vector_says_what_its_steps_do_not_tell(vectors: Vectors, steps: str, tries: str, found: set[str]) -> None:
    assert sides(vectors(steps, tries=tries)[0]) == found


@pytest.mark.parametrize("level", Level)
def test_a_clause_without_vectors_is_a_gap(clause: Callable[[Level], Clause], level: Level) -> None:
    assert Coverage(clause(level)).gaps == ["no vector at all"]


@pytest.mark.parametrize(
    ("level", "steps", "gaps"),
    [
        (Level.MUST, GOOD, ["no vector tries to break it"]),
        (Level.SHOULD, BAD_CONTEXT, ["no vector shows it kept"]),
        (Level.MUST, f"{GOOD}\n{BAD_CONTEXT}", []),
        (Level.MAY, GOOD, []),
        (Level.DEFINED, BAD_CONTEXT, []),
    ],
)
def test_a_clause_that_binds_needs_both_sides(
    vectors: Vectors, clause: Callable[[Level], Clause], level: Level, steps: str, gaps: list[str]
) -> None:
    entry = coverage({"test.clause": clause(level)}, vectors(steps))[0]
    assert entry.gaps == gaps


@pytest.mark.parametrize(
    ("only", "gaps"),
    [("shows", []), ("breaks", ["a vector that shows it, though the clause says `only: breaks`"])],
)
def test_only_excuses_one_side_and_must_be_true(vectors: Vectors, only: str, gaps: list[str]) -> None:
    clause = Clause("test.clause", Level.MUST, "text", only=only, because="there is nothing to be misused")
    assert coverage({"test.clause": clause}, vectors(GOOD))[0].gaps == gaps


def test_gaps_come_first(vectors: Vectors) -> None:
    clauses = {name: Clause(name, Level.MUST, "text") for name in ("test.clause", "a.gap")}
    entries = coverage(clauses, vectors(f"{GOOD}\n{BAD_CONTEXT}"))
    assert [entry.clause.id for entry in entries] == ["a.gap", "test.clause"]


def test_a_matrix_is_one_family(vectors: Vectors) -> None:
    many = vectors("- compute: {context: {raw: $number}}", matrix="{number: [1, 2, 3]}")
    assert families(many) == [("v/0", 3)]


@pytest.mark.parametrize(("option", "name"), [("--markdown", "coverage.md"), ("--specification", "specification.md")])
def test_the_committed_vectors_have_no_gap_and_the_pages_are_what_the_command_writes(option: str, name: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as page:
        assert command.main([option, "--check"]) == 0
    assert (DOCS / name).read_text("utf-8") == page.getvalue(), f"stale: run `wasi-nn coverage {option} > docs/{name}`"


@pytest.fixture
def area(write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the command read this one file of vectors."""

    def area(text: str) -> None:
        path = write("area.yaml", text)
        monkeypatch.setattr(command, "Library", lambda: Library([path]))

    return area


VECTOR = """
- id: v
  clause: compute.repeatable
  why: because a host may get this wrong
  steps: [{compute: {context: c}}]
""".lstrip()


def test_check_exits_with_1_for_gaps(area: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    area(VECTOR)
    assert command.main(["--check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "compute.repeatable: no vector tries to break it" in lines
    assert "compute.new-inputs: no vector at all" in lines


def test_without_check_gaps_are_only_told(area: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    area(VECTOR)
    assert command.main([]) == 0
    assert "no vector at all" in capsys.readouterr().out


def test_a_broken_file_is_one_line_and_exit_2(area: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    area(VECTOR.replace("compute.repeatable", "compute.nothing"))
    assert command.main([]) == 2
    error = capsys.readouterr().err
    assert error.startswith("wasi-nn: ")
    complaint = "there is no clause 'compute.nothing' in clauses.yaml; did you mean 'compute.no-input'?"
    assert error.endswith(f"area.yaml:1: v: {complaint}\n")
