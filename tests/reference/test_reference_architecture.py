"""The rooms of the reference: which may import which, that no import goes in a circle, and how long a module may be."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import wasi_nn_reference
from import_graph import Floors, Package, floor_of, goes_downward, room

REFERENCE = Package(Path(wasi_nn_reference.__file__).parent)
MODULES = REFERENCE.modules
# From the ground up; rooms of one floor know nothing of each other. A room is a package or a module by itself.
FLOORS: Floors = (
    ("console", "errors", "types"),
    ("limits",),
    ("tensor",),
    ("backends",),
    ("named_graphs", "sharing"),
    ("host",),
    ("abi",),
    ("wasmtime_host",),
    ("inspection",),
    ("serve",),
    ("cli",),
    ("__main__",),
)
# Rooms inside of rooms, from the ground up too.
INNER_FLOORS: dict[str, Floors] = {
    "backends": (
        ("arrays", "backend", "formats", "settings"),
        ("kserve", "onnxruntime", "openvino"),
        ("registry",),
        ("detection", "isolated"),
        ("engines",),
    ),
    "abi": (("wit", "witx"),),
}
LONGEST = 300  # lines


def test_every_room_has_a_floor() -> None:
    assert {room(name) for name in MODULES} - {""} == set(floor_of(FLOORS))
    for outer, floors in INNER_FLOORS.items():
        inside = {room(name, outer) for name in MODULES if name.startswith(f"{outer}.")}
        assert inside == set(floor_of(floors))


@pytest.mark.parametrize(("importer", "name"), REFERENCE.arrows)
def test_an_import_goes_downward(importer: str, name: str) -> None:
    assert goes_downward(importer, name, FLOORS, INNER_FLOORS)


def test_no_import_goes_in_a_circle() -> None:
    TopologicalSorter(REFERENCE.imports).prepare()


def test_a_circle_is_found() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({**REFERENCE.imports, "errors": {"host"}}).prepare()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import wasi_nn_reference.host", {"host"}),
        ("from wasi_nn_reference.host import Host", {"host"}),
        ("from wasi_nn_reference.abi.wit import list_u8, imports", {"abi.wit.list_u8", "abi.wit.imports"}),
        ("from wasi_nn_reference import cli", {"cli"}),
        ("def f():\n    from wasi_nn_reference.cli import main", {"cli"}),
        ("if TYPE_CHECKING:\n    from wasi_nn_reference.types import TensorType", {"types"}),
        ("import wasmtime\nfrom numpy import array", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(text: str, names: set[str]) -> None:
    assert set(REFERENCE.imported(ast.parse(text))) == names


RUNTIME = {name for name in MODULES if name.startswith(("wasmtime_host", "abi.wit", "abi.witx"))}


@pytest.mark.parametrize("name", sorted(MODULES.keys() - RUNTIME))
def test_the_runtime_is_known_in_its_own_rooms_only(name: str) -> None:
    assert "wasmtime" not in foreign(name)


@pytest.mark.parametrize("name", [name for name in sorted(MODULES) if not name.startswith("backends.openvino")])
def test_an_engine_is_known_in_its_own_room_only(name: str) -> None:
    assert "openvino" not in foreign(name)


def foreign(name: str) -> set[str]:
    """Return the top-level names that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_only_the_command_line_ends_the_process() -> None:
    assert {name for name, path in MODULES.items() if "os._exit" in path.read_text("utf-8")} == {
        "cli.run",
        "backends.isolated.template",  # whose forks are no host
    }


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_short(name: str) -> None:
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= LONGEST
