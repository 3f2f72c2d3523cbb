"""Models as files of this machine: where hosts find registered graphs, and what no guest may find."""

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from wasi_nn_conformance.models import ENCODINGS

_UNREGISTERED = "unregistered"


class ModelFolders:
    """Folders with a model each, below one that `close` removes; `builders(model, encoding)` gives its bytes."""

    def __init__(self, builders: Callable[[str, str], list[bytes]]) -> None:
        self._builders = builders

    @property
    def root(self) -> Path:
        """The folder of them all."""
        return Path(self._root.name)

    def folder(self, name: str, model: str, encoding: str) -> Path:
        """Return a folder called `name` that holds the model as hosts expect it."""
        folder = self.root / f"{encoding}-{model}" / name
        if folder.is_dir():
            return folder
        folder.mkdir(parents=True)
        ENCODINGS[encoding].write(folder, self._builders(model, encoding))
        return folder

    def path(self, written: Mapping[str, Any], encoding: str | None, registered: Mapping[str, str]) -> str:
        """Return a path that a vector speaks of: of a registered graph, or of a model that no host was told of.

        Raises `ValueError` for one that cannot be.
        """
        encoding = written.get("encoding", encoding)
        if encoding is None:
            raise ValueError("a path to a model needs an encoding here")
        if "graph" in written:
            name = written["graph"]
            if name not in registered:
                raise ValueError(f"no graph is registered as {name!r}")
            target = self.folder(name, registered[name], encoding)
        else:
            target = self.folder(_UNREGISTERED, written["model"], encoding)
        if "file" in written:
            target /= ENCODINGS[encoding].files[written["file"]]
        return self._said(target, written.get("by", "absolute"))

    def _said(self, target: Path, by: str) -> str:
        """Return a path that leads to `target` in one of several ways."""
        match by:
            case "relative":
                return os.path.relpath(target)
            case "parent":
                return str(target.parent / ".." / target.parent.name / target.name)
            case "link":
                return str(self._link(target))
            case "url":
                return target.as_uri()
        return str(target)

    def _link(self, target: Path) -> Path:
        link = self.root / "links" / "-".join(target.relative_to(self.root).parts)
        link.parent.mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(target)
        return link

    @cached_property
    def _root(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="wasi-nn-graphs-")

    def close(self) -> None:
        """Remove them."""
        if "_root" in self.__dict__:
            self._root.cleanup()
