from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.clause import Clause, read_clauses
from wasi_nn_conformance.vectors.coverage import Coverage, coverage
from wasi_nn_conformance.vectors.declaration import Declaration, read_declarations
from wasi_nn_conformance.vectors.source import FILES, TAGS, Source, read_source

UPSTREAM = "https://github.com/WebAssembly/wasi-nn/blob"
NEWEST = f"{UPSTREAM}/0.2.0-rc-2024-10-28"
CLAUSE = f"""\
- id: a.b
  level: must
  text: A host does what it is asked.
  about: [witx:load, wit:tensor-type.FP16]
  source:
    - {NEWEST}/wasi-nn.witx#L61-L66
"""


@pytest.fixture(scope="module")
def declarations() -> Mapping[str, Declaration]:
    return read_declarations(VECTORS / "declarations.yaml")


@pytest.fixture
def read(write: Callable[[str, str], Path], declarations: Mapping[str, Declaration]) -> Callable[[str], Clause]:
    return lambda text: read_clauses(write("clauses.yaml", text), declarations)["a.b"]


@pytest.fixture(scope="module")
def committed() -> list[Coverage]:
    library = Library()
    return coverage(library.clauses, [vector for path in library.files() for vector in library.vectors(path)])


def test_a_clause_knows_what_it_is_about_and_where_it_stands(read: Callable[[str], Clause]) -> None:
    clause = read(CLAUSE + "  reading: the name alone says it\n")
    assert clause.about == ("witx:load", "wit:tensor-type.FP16")
    assert clause.sources == (Source("0.2.0-rc-2024-10-28", "wasi-nn.witx", (61, 66)),)
    assert clause.reading == "the name alone says it"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("witx:lod", "; did you mean 'witx:load'?"),
        ("wit:tensor-type.fp32", "; did you mean 'wit:tensor-type.FP32'?"),
        ("witx:set_input.tensr", "; did you mean 'witx:set_input.tensor'?"),
        ("wit:qqq", ""),
    ],
)
def test_a_name_that_nothing_declares_is_refused_with_its_line(
    read: Callable[[str], Clause], name: str, meant: str
) -> None:
    with pytest.raises(InputError) as error:
        read(CLAUSE.replace("[witx:load, ", f"\n    - witx:load\n    - {name}\n    #"))
    assert str(error.value).endswith(f"clauses.yaml:6: a.b: nothing declares {name!r}{meant}")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        (f"{UPSTREAM}/main/wasi-nn.witx#L61", "'main' is no tag that is known here: 0.2.0-rc-2024-06-25, "),
        (f"{UPSTREAM}/0.2.0-rc-2024-10-29/wasi-nn.witx", "'0.2.0-rc-2024-10-29' is no tag that is known here: "),
        (f"{NEWEST}/wit/nn.wit#L61", "'wit/nn.wit' is no file that is known here: wasi-nn.witx, wit/wasi-nn.wit"),
        (f"{NEWEST}/wasi-nn.witx#L66-L61", "has no lines from a first to a later last one"),
        (f"{NEWEST}/wasi-nn.witx#L61-L61", "has no lines from a first to a later last one"),
        (f"{NEWEST}/wasi-nn.witx#L0", "has no lines from a first to a later last one"),
        (f"{NEWEST}/wasi-nn.witx#L67-L70", "wasi-nn.witx, 67-70 declares nothing that the clause is about"),
        (f"{NEWEST}/wit/wasi-nn.wit#L29", "wit/wasi-nn.wit 2024-10-28, 29 declares nothing that the clause is about"),
    ],
)
def test_a_source_that_cannot_be_is_refused_with_its_line(
    read: Callable[[str], Clause], url: str, complaint: str
) -> None:
    with pytest.raises(InputError) as error:
        read(CLAUSE + f"    - {url}\n")
    assert "clauses.yaml:7: a.b: " in str(error.value)
    assert complaint in str(error.value)


@pytest.mark.parametrize("url", ["http://github.com/", f"{NEWEST}/wasi-nn.witx#61", f"{NEWEST}/wasi-nn.witx#L61-66"])
def test_a_source_of_another_form_breaks_the_schema(read: Callable[[str], Clause], url: str) -> None:
    with pytest.raises(InputError, match=r"clauses\.yaml:7: \[0\]\.source\[1\]: .* does not match"):
        read(CLAUSE + f"    - {url}\n")


@pytest.mark.parametrize("key", ["about", "source"])
def test_a_clause_without_it_is_refused(read: Callable[[str], Clause], key: str) -> None:
    with pytest.raises(InputError, match=rf"clauses\.yaml:1: \[0\]: '{key}' is a required property"):
        read(CLAUSE.replace(f"{key}:", "choices: any error\n  #" if key == "about" else "choices: >"))


@pytest.mark.parametrize("lines", [None, (61, 61), (61, 66)])
@pytest.mark.parametrize("file", FILES.values())
def test_an_address_is_read_as_it_is_written(file: str, lines: tuple[int, int] | None) -> None:
    for tag in TAGS.values():
        source = Source(tag, file, lines)
        assert read_source(source.url) == source


def test_lines_touch_where_they_share_one() -> None:
    here = Source("t", "f", (5, 7))
    others = [Source("t", "f", lines) for lines in ((1, 4), (1, 5), (6, 6), (7, 9), (8, 9), None)]
    assert [here.touches(other) for other in others] == [False, True, True, True, False, True]
    assert not here.touches(Source("t", "g", (5, 7)))
    assert not here.touches(Source("u", "f", (5, 7)))


def test_every_clause_is_about_what_the_abis_of_its_vectors_declare(committed: list[Coverage]) -> None:
    families = {
        entry.clause.id: (
            {name.partition(":")[0] for name in entry.clause.about},
            {abi.partition("-")[0] for abi in entry.abis},
        )
        for entry in committed
    }
    assert {clause: told for clause, told in families.items() if told[0] != told[1]} == {}


def test_no_clause_names_what_its_vectors_never_meet(
    committed: list[Coverage], declarations: Mapping[str, Declaration]
) -> None:
    never = [
        (entry.clause.id, name)
        for entry in committed
        for name in entry.clause.about
        if entry.abis.isdisjoint(declarations[name].places)
    ]
    assert never == []
