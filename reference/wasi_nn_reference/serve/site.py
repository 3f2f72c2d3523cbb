"""What is served of a folder: its routes, a worker for each, and the files that everybody may read."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.routes import Route, Routes, is_worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from wasi_nn_reference.serve.public import PublicFiles
    from wasi_nn_reference.serve.worker import Worker

RESERVED = ("/healthz", "/metrics")  # what the server answers itself


class Site(NamedTuple):
    """A folder that is served.

    workers: by the file of their route; not those that cannot run. obstacles: why they cannot. remarks: what the
    operator should know, each a line.
    """

    routes: Routes
    workers: Mapping[PurePosixPath, Worker]
    public: PublicFiles
    obstacles: Mapping[PurePosixPath, str]
    remarks: Sequence[str]


def routes_in(folder: Path, ignored: Sequence[str] = ()) -> Routes:
    """Return the routes of a folder.

    ignored: patterns of files and folders below it, in which `*` stands for anything. Raises UserError for a file that
    can be no route.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    return Routes(Route(file) for file in _files(folder) if not _is_ignored(file, ignored))


def remarks_on(routes: Routes) -> list[str]:
    """Return what is odd about routes, each a line."""
    lines = [f"{route.file} never answers: {by.file} does, at {route.path}" for route, by in routes.hidden()]
    lines += [
        f"{route.file} never answers: the server itself does, at {route.path}"
        for route in routes.all
        if route.path in RESERVED
    ]
    return lines


def _files(folder: Path) -> Iterator[PurePosixPath]:
    for path in folder.rglob("*.wasm"):
        file = PurePosixPath(path.relative_to(folder).as_posix())
        if is_worker(file) and path.is_file():
            yield file


def _is_ignored(file: PurePosixPath, ignored: Sequence[str]) -> bool:
    places = [str(file), *(str(parent) for parent in file.parents if parent.name)]
    return any(fnmatchcase(place, pattern.strip("/")) for place in places for pattern in ignored)
