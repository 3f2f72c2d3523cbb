"""The rooms of the suite: which may import which, that no import goes in a circle, and how long a module may be."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from import_graph import Floors, Package, floor_of, goes_downward, room
from wasi_nn_conformance.paths import PACKAGE

SUITE = Package(PACKAGE)
# From the ground up; rooms of one floor know nothing of each other. A room is a package or a module by itself.
FLOORS: Floors = (
    ("", "paths", "cpu"),
    ("abi",),
    ("formats",),
    ("models",),
    ("vectors",),
    ("session",),
    ("dialects", "results"),
    ("run",),
    ("fuzz", "export", "report", "impls"),
    ("pytest_plugin",),
    ("commands",),
    ("__main__",),
)
LONGEST = 300  # lines


def test_every_room_has_a_floor() -> None:
    assert {room(name) for name in SUITE.modules} == set(floor_of(FLOORS))


@pytest.mark.parametrize(("importer", "name"), SUITE.arrows)
def test_an_import_goes_downward(importer: str, name: str) -> None:
    assert goes_downward(importer, name, FLOORS, {})


def test_an_import_upward_is_found() -> None:
    assert not goes_downward("vectors.vector", "run.library", FLOORS, {})


def test_no_import_goes_in_a_circle() -> None:
    TopologicalSorter(SUITE.imports).prepare()


def test_a_circle_is_found() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({**SUITE.imports, "paths": {"run.library"}}).prepare()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import wasi_nn_conformance.paths", {"paths"}),
        ("from wasi_nn_conformance import paths, __version__", {"paths", ""}),
        ("from wasi_nn_conformance.run.library import Library", {"run.library"}),
        ("from . import compare", {"run.compare"}),
        ("from .library import Library", {"run.library"}),
        ("from ..vectors.case import Case", {"vectors.case"}),
        ("def f():\n    from .judge import judge", {"run.judge"}),
        ("if TYPE_CHECKING:\n    from .adapter import Adapter", {"run.adapter"}),
        ("import wasmtime\nfrom numpy import array", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(text: str, names: set[str]) -> None:
    assert set(SUITE.imported(ast.parse(text), "run.host_pool", is_package=False)) == names


@pytest.mark.parametrize("name", SUITE.modules)
def test_a_module_is_short(name: str) -> None:
    assert len(SUITE.modules[name].read_text("utf-8").splitlines()) <= LONGEST
