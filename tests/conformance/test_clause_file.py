import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.models import Model
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.run.library import ENCODINGS, Library
from wasi_nn_conformance.vectors.clause import Clause, read_clauses
from wasi_nn_conformance.vectors.coverage import Coverage, coverage
from wasi_nn_conformance.vectors.declaration import Declaration, read_declarations
from wasi_nn_conformance.vectors.source import FILES, RELEASES, Source, read_source
from wasi_nn_conformance.vectors.step import Block, nodes_of
from wasi_nn_conformance.vectors.vector import Vector

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
    for tag in RELEASES:
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
        if entry.clause.observed is None
    }
    assert {clause: told for clause, told in families.items() if told[0] != told[1]} == {}


def test_no_clause_names_what_its_vectors_never_meet(
    committed: list[Coverage], declarations: Mapping[str, Declaration]
) -> None:
    never = [
        (entry.clause.id, name)
        for entry in committed
        for name in entry.clause.about
        if entry.clause.observed is None and entry.abis.isdisjoint(declarations[name].places)
    ]
    assert never == []


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from strings(list(value.values()))
    elif isinstance(value, Sequence):
        for item in value:
            yield from strings(item)


def said(vector: Vector, models: Mapping[str, Model]) -> set[str]:
    """Return the words of a vector's steps, its models' element types, encodings, and `success` where it may be."""
    found = set(vector.encodings or ENCODINGS) if vector.models else set()
    for node in nodes_of(vector.steps):
        if isinstance(node, Block):
            found |= set(strings(node.prefer))
        else:
            found |= set(strings((node.arguments, node.expectation.only, node.expectation.prefer)))
            found |= {"success"} if "ok" in node.expectation.accept else set()
    for name in (*vector.models, *vector.graphs.values()):
        model = vector.own_models.get(name) or models[name]
        found |= {port.type.element.value for port in (*model.inputs, *model.outputs)}
    return found


def test_no_clause_names_a_case_that_its_vectors_never_use(
    committed: list[Coverage], declarations: Mapping[str, Declaration], models: Mapping[str, Model]
) -> None:
    unused = []
    for entry in committed:
        for name in entry.clause.about:
            case = declarations[name]
            vectors = {vector.id: vector for vector in (*entry.shows, *entry.breaks)}.values()
            word = re.sub(r"^fp(?=\d)", "f", case.parts[-1].lower().replace("-", "_"))
            unused += [
                (entry.clause.id, name, abi)
                for abi in entry.abis & case.places.keys()
                if case.kind == "case" and not any(word in said(v, models) for v in vectors if abi in v.abis)
            ]
    assert unused == []
