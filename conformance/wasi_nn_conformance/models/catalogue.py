"""The models that vectors name, and their committed bytes in each encoding."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import definition
from .encodings import encoding_of
from .model import Model, ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUMS = "SHA256SUMS"


def load_models(data: Any) -> dict[str, Model]:
    """Return the models by id, given the parsed content of `models.yaml`: a list of definitions.

    Raises ModelError, with its `index`, for a definition that is not well formed and for an id defined twice.
    """
    models: dict[str, Model] = {}
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise ModelError("?", "models are written as a list of mappings")
    for index, entry in enumerate(data):
        try:
            _add(models, entry)
        except ModelError as error:
            error.index = index
            raise
    return models


def _add(models: dict[str, Model], entry: dict[str, Any]) -> None:
    for expanded in definition.expand(entry):
        model = definition.model(expanded)
        if model.id in models:
            raise ModelError(model.id, "is defined twice")
        models[model.id] = model


@dataclass(frozen=True)
class ModelFiles:
    """The committed files of models: `folder` has a folder for each encoding, and SHA256SUMS.

    Made by `ModelFiles.open`, which checks every file against its sum once.
    """

    folder: Path
    content: Mapping[str, bytes]

    @classmethod
    def open(cls, folder: Path) -> ModelFiles:
        """Read and check all files that SHA256SUMS names. Raises ModelError for one that is missing or differs."""
        content = {}
        for name, wanted in read_sums(folder).items():
            try:
                content[name] = (folder / name).read_bytes()
            except OSError as error:
                raise ModelError(_id(name), f"{folder / name} cannot be read: {error.strerror}") from None
            if hashlib.sha256(content[name]).hexdigest() != wanted:
                raise ModelError(_id(name), f"{folder / name} differs from its sum in {SUMS}: restore it")
        return cls(folder, content)

    def model_bytes(self, model_id: str, encoding: str) -> list[bytes]:
        """Return the builders of `load` for that model. Raises ModelError if there is no such model or encoding."""
        names = encoding_of(encoding, model_id).committed(model_id)
        if not all(name in self.content for name in names):
            raise ModelError(model_id, f"{SUMS} names no files of it for the encoding {encoding}")
        return [self.content[name] for name in names]


def read_sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 sums (hexadecimal) in `folder`, by file name. Raises ModelError if they cannot be read."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError("?", f"{folder / SUMS} cannot be read: {error}") from None
    sums = {}
    for number, line in enumerate(lines, start=1):
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64:
            raise ModelError("?", f"{folder / SUMS}:{number}: is no line of sha256sum")
        sums[name] = digest
    return sums


def _id(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]
