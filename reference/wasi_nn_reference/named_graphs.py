"""Named graphs: what `load_by_name` may load: models whose bytes are here, and models that a server computes.

A name is a key of a table and nothing else: it is never joined to a path, and no file is opened
when a guest asks for one. Files are read once, when the host starts, and looked at: a model that is
none is told then, by its file's name. No engine is asked, which would take as long as a guest's start.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.backends import detection, registry
from wasi_nn_reference.backends.kserve.address import read_address
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wasi_nn_reference.backends.kserve.address import ModelAddress
    from wasi_nn_reference.backends.kserve.model import ServerModel
    from wasi_nn_reference.types import GraphEncoding

    AtServer = Callable[[ModelAddress], ServerModel]

# In the place of an encoding: the protocol by which a server computes the model.
KSERVE = "kserve"


class NamedGraph(NamedTuple):
    """A model as `load` takes it: its encoding and the bytes of its builders, in order."""

    encoding: GraphEncoding
    builders: tuple[bytes, ...]


class NamedGraphs:
    """The table of named graphs of one host."""

    def __init__(self) -> None:
        self._graphs: dict[str, NamedGraph | ServerModel] = {}

    def __len__(self) -> int:
        return len(self._graphs)

    def add(self, name: str, graph: NamedGraph | ServerModel) -> None:
        """Register `graph`; raises UserError for an empty name or one that is taken."""
        if not name:
            raise UserError("a graph needs a name that is not empty")
        if name in self._graphs:
            raise UserError(f"two graphs are called {name!r}; give one of them another name: NAME=ENCODING::FILE|DIR")
        self._graphs[name] = graph

    def add_option(self, option: str, at_server: AtServer | None = None) -> None:
        """Register what `--graph [NAME=]ENCODING::FILE|DIR` or `--graph [NAME=]kserve::URL` says.

        Without NAME the folder's own name counts, or the file's without its ending. A folder with several
        models is an option for each of its files then; with NAME it is ambiguous. `at_server` makes the model at a
        URL; without it there can be none.

        Raises UserError for anything that cannot be registered.
        """
        head, separator, place = option.partition("::")
        if not separator or not place:
            raise UserError(f"--graph {option}: give it as ENCODING::FILE|DIR or NAME=ENCODING::FILE|DIR")
        name, named, encoding_name = head.rpartition("=")
        if encoding_name == KSERVE and at_server is not None:
            address = read_address(place)
            self.add(name if named else address.name, at_server(address))
            return
        encodings = {encoding.value: encoding for encoding in registry.SERVED}
        if encoding_name not in encodings:
            raise UserError(
                f"--graph {option}: the encoding {encoding_name!r} is not served; served: {registry.names()}"
            )
        path, encoding = Path(place), encodings[encoding_name]
        files = [] if named or not path.is_dir() else _several(path, encoding)
        if files:
            for file in files:
                self.add(file.stem, read_model(file, encoding))
        else:
            own = path.stem if path.is_file() else path.absolute().name
            self.add(name if named else own, read_model(path, encoding))

    def get(self, name: str) -> NamedGraph | ServerModel:
        """Return the graph called `name`; raises `not_found`."""
        graph = self._graphs.get(name)
        if graph is None:
            raise WasiNnError(ErrorCode.NOT_FOUND, "no graph of that name is registered")
        return graph


def read_model(path: Path, encoding: GraphEncoding) -> NamedGraph:
    """Read the model of that encoding in a file, with what belongs to it beside it, or in a folder.

    Raises UserError if there is none, if there are several, or if the bytes are in no such encoding.
    """
    first, *others = registry.SERVED[encoding].builders
    if path.is_file():
        files = [path, *(_beside(path, each) for each in others)]
    elif path.is_dir():
        several = _several(path, encoding)
        if several:
            names = ", ".join(file.name for file in several)
            raise UserError(f"{path}: has several models: {names}; give the file of one: {several[0]}")
        files = [_only(path, each) for each in (first, *others)]
    else:
        raise UserError(f"{path}: no such file or folder")
    builders = tuple(map(_read, files))
    if not detection.matches(encoding, builders[0]):
        raise UserError(f"{files[0]}: the file is no model in the encoding {encoding.value}")
    return NamedGraph(encoding, builders)


def _several(folder: Path, encoding: GraphEncoding) -> list[Path]:
    """Return the models in a folder if it has several, none of which is the one by convention."""
    first = registry.SERVED[encoding].builders[0]
    found = _of_ending(folder, first)
    return found if len(found) > 1 and not (folder / first.file).is_file() else []


def _only(folder: Path, builder: registry.Builder) -> Path:
    """Return a builder's file in a folder: that of the name by convention, or the only one with its ending."""
    path = folder / builder.file
    if path.is_file():
        return path
    found = _of_ending(folder, builder)
    if len(found) != 1:
        raise UserError(f"{folder}: has neither {builder.file} nor exactly one other file *{builder.ending}")
    return found[0]


def _beside(path: Path, builder: registry.Builder) -> Path:
    file = path.with_suffix(builder.ending)
    if not file.is_file():
        raise UserError(f"{path}: {file.name} is not beside it; that is {builder.what}")
    return file


def _of_ending(folder: Path, builder: registry.Builder) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.suffix == builder.ending and entry.is_file())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
