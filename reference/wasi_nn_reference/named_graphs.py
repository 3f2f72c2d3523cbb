"""Named graphs: what `load_by_name` may load.

A name is a key of a table and nothing else: it is never joined to a path, and no file is opened
when a guest asks for one. Folders are read once, when the host starts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.backends import registry
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError

if TYPE_CHECKING:
    from wasi_nn_reference.types import GraphEncoding


class NamedGraph(NamedTuple):
    """A model as `load` takes it: its encoding and the bytes of its builders, in order."""

    encoding: GraphEncoding
    builders: tuple[bytes, ...]


class NamedGraphs:
    """The table of named graphs of one host."""

    def __init__(self) -> None:
        self._graphs: dict[str, NamedGraph] = {}

    def __len__(self) -> int:
        return len(self._graphs)

    def add(self, name: str, graph: NamedGraph) -> None:
        """Register `graph`; raises UserError for an empty name or one that is taken."""
        if not name:
            raise UserError("a graph needs a name that is not empty")
        if name in self._graphs:
            raise UserError(f"two graphs are called {name!r}; give one of them another name: NAME=ENCODING::DIR")
        self._graphs[name] = graph

    def add_option(self, option: str) -> None:
        """Register what `--graph [NAME=]ENCODING::DIR` says; without NAME the folder's own name counts.

        Raises UserError for anything that cannot be registered.
        """
        head, separator, folder = option.partition("::")
        if not separator or not folder:
            raise UserError(f"--graph {option}: give it as ENCODING::DIR or NAME=ENCODING::DIR")
        name, named, encoding_name = head.rpartition("=")
        encodings = {encoding.value: encoding for encoding in registry.SERVED}
        if encoding_name not in encodings:
            raise UserError(
                f"--graph {option}: the encoding {encoding_name!r} is not served; served: {registry.names()}"
            )
        path = Path(folder)
        graph = read_folder(path, encodings[encoding_name])
        self.add(name if named else path.absolute().name, graph)

    def get(self, name: str) -> NamedGraph:
        """Return the graph called `name`; raises `not_found`."""
        graph = self._graphs.get(name)
        if graph is None:
            raise WasiNnError(ErrorCode.NOT_FOUND, "no graph of that name is registered")
        return graph


def read_folder(folder: Path, encoding: GraphEncoding) -> NamedGraph:
    """Read the model of that encoding in `folder`; raises UserError if there is none."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    return NamedGraph(encoding, tuple(_read(folder, each) for each in registry.SERVED[encoding].builders))


def _read(folder: Path, builder: registry.Builder) -> bytes:
    path = folder / builder.file
    if not path.is_file():
        found = sorted(entry for entry in folder.iterdir() if entry.suffix == builder.ending and entry.is_file())
        if len(found) != 1:
            raise UserError(f"{folder}: has neither {builder.file} nor exactly one other file *{builder.ending}")
        path = found[0]
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
