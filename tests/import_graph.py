"""Which module of a package imports which, read from the code: also imports inside of functions and for types only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Floors = tuple[tuple[str, ...], ...]
"""Rooms from the ground up; those of one floor know nothing of each other."""


class Package:
    """One package. `modules` are its files by their name below it: `abi.wit.calls`; a package's own is its name."""

    def __init__(self, root: Path) -> None:
        self.name = root.name
        self.modules = {self._name(path, root): path for path in sorted(root.rglob("*.py"))}
        self.imports = {name: set(self._imported(name, path)) for name, path in self.modules.items()}

    @staticmethod
    def _name(path: Path, root: Path) -> str:
        parts = path.relative_to(root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def _imported(self, name: str, path: Path) -> Iterator[str]:
        yield from self.imported(ast.parse(path.read_text("utf-8")), name, is_package=path.name == "__init__.py")

    def imported(self, tree: ast.AST, importer: str = "", *, is_package: bool = True) -> Iterator[str]:
        """Yield the modules of the package that the module `importer` imports; `""` is the package itself."""
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{self._source(node, importer, is_package)}.{alias.name}" for alias in node.names]
            for name in names:
                if name.split(".")[0] == self.name:
                    path = name.removeprefix(self.name).lstrip(".")
                    yield path if path in self.modules else path.rpartition(".")[0]

    def _source(self, node: ast.ImportFrom, importer: str, is_package: bool) -> str:
        if not node.level:
            return node.module or ""
        outer = [self.name, *filter(None, importer.split("."))]
        kept = len(outer) - node.level + is_package
        return ".".join([*outer[:kept], *([node.module] if node.module else [])])

    @property
    def arrows(self) -> list[tuple[str, str]]:
        """Each import as the names of both modules."""
        return sorted((importer, name) for importer, names in self.imports.items() for name in names)


def room(name: str, within: str = "") -> str:
    """Return the room of a module: the first part of its name, or the first below the room `within`."""
    return name.removeprefix(within).lstrip(".").partition(".")[0]


def floor_of(rooms: Sequence[Sequence[str]]) -> Mapping[str, int]:
    """Return the floor of each room, the ground floor being 0."""
    return {each: number for number, floor in enumerate(rooms) for each in floor}


def goes_downward(importer: str, name: str, floors: Floors, inner: Mapping[str, Floors]) -> bool:
    """Return whether an import goes to a lower floor, or stays in its room and goes downward there."""
    ours, theirs = room(importer), room(name)
    if ours != theirs:
        return floor_of(floors)[theirs] < floor_of(floors)[ours]
    inside, other = room(importer, ours), room(name, ours)
    return ours not in inner or inside == other or floor_of(inner[ours])[other] < floor_of(inner[ours])[inside]
