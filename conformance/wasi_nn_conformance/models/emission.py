"""All files that models are committed as, made from their definitions."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from .catalogue import SUMS
from .encodings import ENCODINGS, encoding_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .model import Model


@lru_cache(maxsize=64)  # a conversation says the same model more than once
def _emitted(model: Model, encoding: str) -> tuple[bytes, ...]:
    return tuple(encoding_of(encoding, model.id).emit(model))


def builders_of(model: Model, encoding: str) -> list[bytes]:
    """Return the builders of `load` for a model that no file holds. Raises ModelError for another encoding."""
    return list(_emitted(model, encoding))


def emit_all(models: Iterable[Model]) -> dict[str, bytes]:
    """Return the content of every file by its name below the folder of models, SHA256SUMS last."""
    files: dict[str, bytes] = {}
    for model in models:
        for name, encoding in ENCODINGS.items():
            if encoding.can_say(model):
                files |= zip(encoding.committed(model.id), _emitted(model, name), strict=True)
    files = dict(sorted(files.items()))
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()]
    return files | {SUMS: "".join(lines).encode()}


def differences(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Return one line for each file below `folder` that is missing, differs from `files` or is not among them."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    lines = [f"{name}: not made from any model" for name in found - files.keys()]
    for name, content in files.items():
        if name not in found:
            lines.append(f"{name}: missing")
        elif (folder / name).read_bytes() != content:
            lines.append(f"{name}: differs from what its model gives")
    return sorted(lines)


def write(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Make `folder` hold exactly `files`; return what `differences` told of it before."""
    changes = differences(folder, files)
    for line in changes:
        path = folder / line.partition(": ")[0]
        name = path.relative_to(folder).as_posix()
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        else:
            path.unlink()
    return changes
