"""The folders that a guest sees: those of its worker, or copies that go with the request."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_reference.wasmtime_host.guest import Directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wasi_nn_reference.serve.configuration import Folder


@contextlib.contextmanager
def mounted(folders: Sequence[Folder], scratch: Path) -> Iterator[tuple[Directory, ...]]:
    """Yield what the guest of one request sees; copies are made in `scratch`, and removed afterwards."""
    if not any(folder.scratch for folder in folders):
        yield tuple(Directory(str(each.source), each.name, read_only=each.read_only) for each in folders)
        return
    with tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as own:
        yield tuple(_directory(each, Path(own, str(number))) for number, each in enumerate(folders))


def _directory(folder: Folder, copy: Path) -> Directory:
    if not folder.scratch:
        return Directory(str(folder.source), folder.name, read_only=folder.read_only)
    shutil.copytree(folder.source, copy, symlinks=True)  # a link stays one, and leads the guest nowhere else
    return Directory(str(copy), folder.name)
