"""The rooms of the reference: which may import which, that no import goes in a circle, and how long a module may be."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wasi_nn_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(wasi_nn_reference.__file__).parent
# From the ground up; rooms of one floor know nothing of each other. A room is a package or a module by itself.
FLOORS = (
    ("console", "errors", "types"),
    ("limits",),
    ("tensor",),
    ("backends",),
    ("named_graphs", "sharing"),
    ("host",),
    ("abi",),
    ("wasmtime_host",),
    ("inspection",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Rooms inside of rooms, from the ground up too.
INNER_FLOORS = {
    "backends": (("backend", "formats", "overrun", "settings"), ("openvino",), ("registry",), ("detection",)),
    "abi": (("wit", "witx"),),
}
LONGEST = 300  # lines


def name_of(path: Path) -> str:
    """Return a module's name below the package: `abi.wit.calls`; that of a package is the package's own."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the modules of the reference that a module imports, wherever it does: `""` is the package itself."""
    package = wasi_nn_reference.__name__
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the whole path"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.split(".")[0] == package:
                path = name.removeprefix(package).lstrip(".")
                yield path if path in MODULES else path.rpartition(".")[0]


IMPORTS = {name: set(imported(ast.parse(path.read_text("utf-8")))) for name, path in MODULES.items()}
ARROWS = sorted((importer, name) for importer, names in IMPORTS.items() for name in names)


def test_every_room_has_a_floor() -> None:
    assert {name.partition(".")[0] for name in MODULES} - {""} == set(FLOOR)
    for outer, floors in INNER_FLOORS.items():
        inside = {name.split(".")[1] for name in MODULES if name.startswith(f"{outer}.")}
        assert inside == {room for rooms in floors for room in rooms}


@pytest.mark.parametrize(("importer", "name"), ARROWS)
def test_an_import_goes_downward(importer: str, name: str) -> None:
    room, other = importer.partition(".")[0], name.partition(".")[0]
    if room != other:
        assert FLOOR[other] < FLOOR[room]
        return
    floors = {each: number for number, rooms in enumerate(INNER_FLOORS.get(room, ())) for each in rooms}
    inner, other_inner = importer.split(".")[1], name.split(".")[1]
    if floors and inner != other_inner:
        assert floors[other_inner] < floors[inner]


def test_no_import_goes_in_a_circle() -> None:
    TopologicalSorter(IMPORTS).prepare()


def test_a_circle_is_found() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({**IMPORTS, "errors": {"host"}}).prepare()


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
    assert set(imported(ast.parse(text))) == names


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
    assert {name for name, path in MODULES.items() if "os._exit" in path.read_text("utf-8")} == {"cli.run"}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_short(name: str) -> None:
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= LONGEST
