"""Where the models come from that a worker has by name: an entry for each `type` of `provider`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.backends import registry
from wasi_nn_reference.backends.kserve.address import address_of, read_address
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.named_graphs import KSERVE, NamedGraph, read_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wasi_nn_reference.backends.kserve.address import ModelAddress
    from wasi_nn_reference.serve.document import Table

ENCODINGS = {encoding.value: encoding for encoding in registry.SERVED}


class Preloaded(NamedTuple):
    """A graph that `load_by_name` gives, and its name: a model that is here, or where it is."""

    name: str
    graph: NamedGraph | ModelAddress


def preloaded(model: Table, folder: Path) -> Preloaded:
    """Return what an entry of `preload_models` gives; raises UserError. Its relative paths are those of `folder`."""
    provider = model.table("provider")
    if provider is None:
        raise model.error("", "needs the key provider")
    made = PROVIDERS[provider.choice("type", PROVIDERS)](model, provider, folder)
    provider.finish()
    model.finish()
    return made


def _local(model: Table, provider: Table, folder: Path) -> Preloaded:
    """Return the model in a folder of this machine, whose name is the folder's."""
    encoding = ENCODINGS[model.choice("backend", ENCODINGS)]
    place = (folder / provider.text("dir")).resolve()
    try:
        return Preloaded(place.name, read_model(place, encoding))
    except UserError as error:
        raise provider.error("dir", str(error)) from None


def _kserve(model: Table, provider: Table, _folder: Path) -> Preloaded:
    """Return the model that an inference server computes, under the name that it has there or as `name` says."""
    if "backend" in model:
        model.choice("backend", [KSERVE])
    url, name, version = provider.text("url"), provider.text("model", ""), provider.text("version", "")
    try:
        address = address_of(url, name, version or None) if name else read_address(url)
    except UserError as error:
        raise provider.error("url", str(error)) from None
    return Preloaded(provider.text("name", address.name), address)


# What reads an entry of `preload_models` and its `provider`, by the type that this names.
PROVIDERS: dict[str, Callable[[Table, Table, Path], Preloaded]] = {"kserve": _kserve, "local": _local}
