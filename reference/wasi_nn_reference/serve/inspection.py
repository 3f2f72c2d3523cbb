"""Looks into a folder of workers without serving it."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wasi_nn_reference.serve.assembly import Assembly
from wasi_nn_reference.serve.log import Log
from wasi_nn_reference.serve.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePosixPath

    from wasi_nn_reference.backends.engines import Isolation
    from wasi_nn_reference.serve.configuration import Configuration


class RouteReport(NamedTuple):
    """A route. configuration: of its worker; None for one that cannot run, of which `obstacle` says why."""

    path: str
    file: PurePosixPath
    configuration: Configuration | None
    obstacle: str = ""

    def lines(self) -> list[str]:
        """Return the report for a reader. Variables are told by their names alone: values may be secret."""
        first = f"{self.path}  ({self.file})"
        if self.configuration is None:
            return [first, f"  runs here: no, because {self.obstacle}"]
        return [first, *(f"  {name}: {text}" for name, text in _given(self.configuration).items()), "  runs here: yes"]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        given = {} if self.configuration is None else _given(self.configuration)
        return {"path": self.path, "file": str(self.file), "given": given, "obstacle": self.obstacle or None}


class FolderReport(NamedTuple):
    """A folder of workers, in the order in which routes are tried."""

    routes: Sequence[RouteReport]
    remarks: Sequence[str]

    @property
    def is_complete(self) -> bool:
        """Return whether all of its workers run here."""
        return not any(route.obstacle for route in self.routes)

    def lines(self) -> list[str]:
        """Return the report for a reader."""
        routes = [line for route in self.routes for line in route.lines()]
        return [f"kind: workers ({len(self.routes)})", *routes, *(f"remark: {each}" for each in self.remarks)]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        routes = [route.as_json() for route in self.routes]
        return {"kind": "workers", "routes": routes, "remarks": list(self.remarks)}


def inspect_folder(folder: Path, isolation: Isolation, *, use_cache: bool) -> FolderReport:
    """Make all that serving the folder needs, its models too, and return what it came to; raises UserError."""
    settings = Settings(folder, isolation=isolation, use_cache=use_cache)
    with tempfile.TemporaryDirectory() as scratch, closing(Assembly(settings, Path(scratch), Log())) as assembly:
        site = assembly.site()
    routes = []
    for route in site.routes.all:
        worker = site.workers.get(route.file)
        configuration = None if worker is None else worker.configuration
        routes.append(RouteReport(route.path, route.file, configuration, site.obstacles.get(route.file, "")))
    return FolderReport(routes, site.remarks)


def _given(configuration: Configuration) -> dict[str, str]:
    """Return what a worker has beside the request, in words; what it does not have is left out."""
    inference = configuration.inference
    given = {
        "name": configuration.name,
        "variables": ", ".join(configuration.variables),
        "store": configuration.namespace or "",
        "folders": ", ".join(f"{folder.name} ({_kind(*folder[2:])})" for folder in configuration.folders),
        "loads": "" if inference is None else ", ".join(encoding.value for encoding in inference.encodings),
        "graphs": "" if inference is None else ", ".join(inference.graphs),
    }
    return {name: text for name, text in given.items() if text}


def _kind(scratch: bool, read_only: bool) -> str:
    return "a copy for each request" if scratch else "read-only" if read_only else "shared"
