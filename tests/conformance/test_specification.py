import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from abis import ABIS, MIDDLE, NEWEST, OLDEST, WITX

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.clause import Clause, Level
from wasi_nn_conformance.vectors.coverage import Coverage, anchor, coverage
from wasi_nn_conformance.vectors.declaration import Declaration, read_declarations
from wasi_nn_conformance.vectors.source import Source
from wasi_nn_conformance.vectors.specification import DeclarationCoverage, declaration_coverage, page
from wasi_nn_conformance.vectors.vector import Vector

DOCS = Path(__file__).resolve().parents[2] / "docs"

EVERYWHERE = "- load: {model: neg-f32, as: g}"
CORE_ALONE = "- raw: {function: compute, arguments: [1]}\n  fails: {}"
ONE_BY_ONE = "- set_named: {context: c, name: x, tensor: t}"


@pytest.fixture(scope="module")
def library() -> Library:
    return Library()


@pytest.fixture(scope="module")
def entries(library: Library) -> list[Coverage]:
    return coverage(library.clauses, [vector for path in library.files() for vector in library.vectors(path)])


@pytest.fixture(scope="module")
def found(library: Library, entries: list[Coverage]) -> list[DeclarationCoverage]:
    return declaration_coverage(library.declarations, entries)


def declared(name: str, *abis: str, unchecked: str | None = None) -> dict[str, Declaration]:
    places = {abi: Source("0.2.0-rc-2024-10-28", "wasi-nn.witx", (1, 2)) for abi in abis}
    return {name: Declaration(name, "function", places, unchecked=unchecked)}


@pytest.fixture
def covered(vectors: Callable[..., list[Vector]]) -> Callable[..., DeclarationCoverage]:
    """Return the coverage of a declaration in these ABIs, about which a clause with a vector of these steps is."""

    def covered(steps: str, *abis: str, unchecked: str | None = None) -> DeclarationCoverage:
        clauses = {"test.clause": Clause("test.clause", Level.MUST, "text", ("wit:x",))}
        return declaration_coverage(declared("wit:x", *abis, unchecked=unchecked), coverage(clauses, vectors(steps)))[0]

    return covered


@pytest.mark.parametrize(
    ("steps", "uncovered"), [(EVERYWHERE, []), (ONE_BY_ONE, [WITX, NEWEST]), (CORE_ALONE, [OLDEST, MIDDLE, NEWEST])]
)
def test_a_clause_covers_where_its_vectors_run(
    covered: Callable[..., DeclarationCoverage], steps: str, uncovered: list[str]
) -> None:
    assert covered(steps, *ABIS).uncovered == uncovered


def test_a_tag_that_has_no_such_declaration_is_not_uncovered(covered: Callable[..., DeclarationCoverage]) -> None:
    assert covered(ONE_BY_ONE, OLDEST, MIDDLE).uncovered == []


@pytest.mark.parametrize(
    ("steps", "unchecked", "gap"),
    [
        (EVERYWHERE, None, None),
        (CORE_ALONE, None, "no clause covers it on wit-2024-10-28"),
        (CORE_ALONE, "there is a reason for it", None),
        (EVERYWHERE, "there is a reason for it", "clauses cover it, though declarations.yaml says why none does"),
    ],
)
def test_what_is_not_covered_needs_a_reason_and_only_that(
    covered: Callable[..., DeclarationCoverage], steps: str, unchecked: str | None, gap: str | None
) -> None:
    assert covered(steps, NEWEST, unchecked=unchecked).gap == gap


def uncovered_rows(text: str) -> list[str]:
    part = text.partition("## What no clause covers\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(.*?)`", part, re.MULTILINE)


def test_a_declaration_that_no_clause_names_comes_first(library: Library, entries: list[Coverage]) -> None:
    invented = declared("witx:dream", WITX)
    before = page(declaration_coverage(library.declarations, entries))
    after = page(declaration_coverage(library.declarations | invented, entries))
    assert uncovered_rows(after) == [*uncovered_rows(before), "witx:dream"]
    assert "| `witx:dream` | witx | **not said** |" in after


def test_a_clause_that_is_taken_away_uncovers_what_it_alone_was_about(
    library: Library, entries: list[Coverage]
) -> None:
    left = [entry for entry in entries if entry.clause.id != "load.autodetect"]
    rows = uncovered_rows(page(declaration_coverage(library.declarations, left)))
    assert {"witx:graph_encoding.autodetect", "wit:graph-encoding.autodetect"} <= set(rows)


@pytest.mark.parametrize(
    ("levels", "open_"),
    [
        ([Level.DEFINED, Level.DEFINED], [NEWEST]),
        ([Level.DEFINED, Level.MUST], []),
        ([Level.SHOULD], []),
        ([], []),
    ],
)
def test_a_declaration_is_open_if_each_clause_about_it_is(levels: list[Level], open_: list[str]) -> None:
    clauses = [Clause("a.b", level, "text") for level in levels]
    assert DeclarationCoverage(declared("wit:x", NEWEST)["wit:x"], {NEWEST: clauses}).left_open == open_


def test_what_is_open_stands_on_the_page_with_its_clauses(found: list[DeclarationCoverage]) -> None:
    part = page(found).partition("## What is left to the implementation\n")[2].partition("\n## ")[0]
    assert "| `witx:graph_encoding.autodetect` | witx | [load.autodetect](coverage.md#loadautodetect-defined) " in part
    assert re.findall(r"^\| `(.*?)`", part, re.MULTILINE) == [r.declaration.name for r in found if r.left_open]


def test_the_page_lists_every_declaration_once(library: Library, found: list[DeclarationCoverage]) -> None:
    for family, title in (("witx", "## witx"), ("wit", "## WIT")):
        part = page(found).partition(f"\n{title}\n")[2].partition("\n## ")[0]
        names = [name.partition(":")[2] for name in library.declarations if name.startswith(f"{family}:")]
        assert re.findall(r"^\| `(.*?)` \|", part, re.MULTILINE) == names


def test_the_page_counts_what_it_lists(found: list[DeclarationCoverage]) -> None:
    rows = re.findall(r"^\| (\S+) \| (\d+) \| (\d+) \| (\d+) \|$", page(found), re.MULTILINE)
    for abi, declarations, covered, uncovered in rows:
        there = [covered for covered in found if abi in covered.declaration.places]
        missing = [covered for covered in there if not covered.clauses[abi]]
        assert (int(declarations), int(covered), int(uncovered)) == (
            len(there),
            len(there) - len(missing),
            len(missing),
        )
    assert [row[0] for row in rows] == list(ABIS)


@pytest.mark.parametrize(
    "row",
    [
        "| `busy` | 4 | - |  |",
        "| - |  | `timeout` | 2 |",
        "| `too_large` | 7 | `too-large` | 5 |",
        "| `u8` | 3 | `U8` | 4 |",
        "| - |  | `BF16` | 3 |",
        "| `autodetect` | 5 | `autodetect` | 6 |",
        "| `tpu` | 2 | `tpu` | 2 |",
    ],
)
def test_numbers_of_both_families_stand_side_by_side(found: list[DeclarationCoverage], row: str) -> None:
    assert row in page(found).splitlines()


def test_a_clause_tells_the_tags_that_it_does_not_reach(library: Library, found: list[DeclarationCoverage]) -> None:
    covered = next(covered for covered in found if covered.declaration.name == "wit:error-code.timeout")
    row = next(line for line in page(found).splitlines() if line.startswith("| `error-code.timeout` | case "))
    assert covered.uncovered == [MIDDLE, NEWEST]
    assert row.endswith("| [error.constructor](coverage.md#errorconstructor-must) (2024-06-25) |")
    assert "| **[142-143](" in row
    assert library.clauses["error.constructor"].level is Level.MUST


def test_every_link_to_a_clause_finds_its_heading(library: Library) -> None:
    titles = re.findall(r"^### (.*)$", (DOCS / "coverage.md").read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    links = set(re.findall(r"\(coverage\.md#(.*?)\)", (DOCS / "specification.md").read_text("utf-8")))
    observed = {anchor(clause) for clause in library.clauses.values() if clause.observed}
    assert links == anchors - observed


FAKE = """
witx:
  load: {kind: function, at: 61-66}
wit:
  load: {kind: function, at: {2024-10-28: 98-99}}
""".lstrip()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("2024-10-28", "2024-10-29", "4: load: there is no tag '2024-10-29'"),
        ("98-99", "98 to 99", "4: wit.load"),
        ("kind: function, at: 61-66", "kind: method", "2: witx.load: 'at' is a required property"),
        ("61-66", "{2024-10-28: 61-66}", "2: witx.load.at"),
        ("kind: function, at: 61-66", "kind: fun, at: 61", "2: witx.load.kind: 'fun' is not one of"),
    ],
)
def test_a_broken_declaration_is_refused_with_its_line(
    write: Callable[[str, str], Path], old: str, new: str, complaint: str
) -> None:
    with pytest.raises(InputError) as error:
        read_declarations(write("declarations.yaml", FAKE.replace(old, new)))
    assert f"declarations.yaml:{complaint}" in str(error.value)


def test_lines_lie_within_those_of_the_whole(library: Library) -> None:
    declarations: Mapping[str, Declaration] = library.declarations
    for name, declaration in declarations.items():
        whole = declarations.get(name.rpartition(".")[0])
        for abi, place in declaration.places.items():
            assert place.lines is not None
            if whole is not None:
                around = whole.places[abi].lines
                assert around is not None
                assert around[0] <= place.lines[0] <= place.lines[1] <= around[1], name


def test_wholes_do_not_overlap(library: Library) -> None:
    for abi in ABIS:
        wholes = [
            declaration.places[abi]
            for declaration in library.declarations.values()
            if len(declaration.parts) == 1 and abi in declaration.places
        ]
        assert [
            (one.span, other.span) for one in wholes for other in wholes if one is not other and one.touches(other)
        ] == []


def test_cases_are_numbered_from_0(library: Library) -> None:
    numbers: dict[str, list[int | None]] = {}
    for name, declaration in library.declarations.items():
        if declaration.kind == "case":
            numbers.setdefault(name.rpartition(".")[0], []).append(declaration.number)
    assert len(numbers) == 8
    assert {name: list(range(len(found))) for name, found in numbers.items()} == numbers


def test_the_reason_is_of_what_is_not_covered(found: list[DeclarationCoverage]) -> None:
    assert [(covered.declaration.name, covered.gap) for covered in found if covered.gap] == []
    timeout = next(covered for covered in found if covered.declaration.name == "wit:error-code.timeout")
    unexplained = replace(timeout, declaration=replace(timeout.declaration, unchecked=None))
    assert unexplained.gap == "no clause covers it on wit-2024-08-19, wit-2024-10-28"
