"""What a worker is given and allowed: the TOML file beside it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.backends import registry
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.serve.document import read_toml
from wasi_nn_reference.serve.providers import ENCODINGS, preloaded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wasi_nn_reference.backends.kserve.address import ModelAddress
    from wasi_nn_reference.named_graphs import NamedGraph
    from wasi_nn_reference.serve.document import Table
    from wasi_nn_reference.types import GraphEncoding

_VERSIONS = ("1",)
# Tensor types were numbered anew in August 2023.
_NUMBERINGS = {"2023-06": "2022", "2023-08": "2023"}
_LAYOUTS = ("none", "nhwc")


class WorkerLimits(NamedTuple):
    """What one request may use of the server; the defaults hold where neither file nor command line says otherwise.

    seconds: from the start of its guest to its end. memory_bytes: linear memory. body_bytes: of the request.
    stdout_bytes: of the answer as the guest writes it, in JSON. concurrency: of its guests at the same time; 0 is as
    many as the server has.
    """

    seconds: float = 30.0
    memory_bytes: int = 512 << 20
    body_bytes: int = 16 << 20
    stdout_bytes: int = 32 << 20
    concurrency: int = 0


class Folder(NamedTuple):
    """A folder of this machine that the guest sees as `name`.

    scratch: each request has a copy of its own, which goes with it. read_only: nothing in it can be changed.
    """

    source: Path
    name: str
    scratch: bool = False
    read_only: bool = False


class Inference(NamedTuple):
    """What a worker may do with wasi-nn.

    encodings: of the models that it may bring. graphs: those that it has by name. tensor_types: see `Linking`.
    channels_last: inputs of rank 4 come in the order NHWC although their dimensions say NCHW.
    """

    encodings: tuple[GraphEncoding, ...] = ()
    graphs: Mapping[str, NamedGraph | ModelAddress] = {}
    tensor_types: str = "2023"
    channels_last: bool = False


class Configuration(NamedTuple):
    """A worker's file, or what holds without one.

    name: for logs. unset: variables of the server's environment that were asked for and are not there. namespace: of
    the store that it has, None for no store. store_url: where that is, "" for the server's. inference: None without
    the feature.
    """

    name: str = ""
    variables: Mapping[str, str] = {}
    unset: tuple[str, ...] = ()
    namespace: str | None = None
    store_url: str = ""
    folders: tuple[Folder, ...] = ()
    inference: Inference | None = None
    limits: WorkerLimits = WorkerLimits()


def read_configuration(path: Path, root: Path, environment: Mapping[str, str], limits: WorkerLimits) -> Configuration:
    """Read a worker's file; raises UserError with the file, the line and the key of what is wrong.

    root: the folder that is served, which no `[[folders]]` leaves. environment: where `$NAME` comes from. limits: what
    holds for what the file does not say.
    """
    file = read_toml(path)
    name = file.text("name", "")
    file.choice("version", _VERSIONS, "1")
    variables, unset = _variables(file, environment)
    namespace, store_url = _store(file, environment)
    folders = tuple(_folder(each, path.parent, root) for each in file.tables("folders"))
    made = Configuration(
        name,
        variables,
        tuple(unset),
        namespace,
        store_url,
        folders,
        _features(file, path.parent),
        _limits(file, limits),
    )
    file.finish()
    return made


def _variables(file: Table, environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    values, unset = file.texts("vars"), []
    for name, value in values.items():
        if "\0" in name + value or "=" in name or not name:
            raise file.error("vars", f"{name!r} cannot be a variable")
        if value.startswith("$") and " " not in value:
            if value[1:] not in environment:
                unset.append(value[1:])
            values[name] = environment.get(value[1:], "")
    return values, unset


def _store(file: Table, environment: Mapping[str, str]) -> tuple[str | None, str]:
    data = file.table("data")
    store = None if data is None else data.table("kv")
    if data is None or store is None:
        if data is not None:
            data.finish()
        return None, ""
    namespace, url = store.text("namespace"), store.text("url", "")
    if url.startswith("$"):  # it may have a password
        url = environment.get(url[1:], "")
        if not url:
            raise store.error("url", "this variable is not set in the server's environment")
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise store.error("url", "a store is at redis://HOST:PORT/NUMBER; without url it is in the server's memory")
    store.finish()
    data.finish()
    return namespace, url


def _folder(table: Table, folder: Path, root: Path) -> Folder:
    source = (folder / table.text("from")).resolve()
    name = table.text("to")
    scratch, read_only = table.flag("scratch", default=False), table.flag("read_only", default=False)
    table.finish()
    if not source.is_relative_to(root.resolve()):
        raise table.error("from", "leads out of the folder that is served; put what the worker needs into it")
    if not source.is_dir():
        raise table.error("from", "there is no such folder")
    if not PurePosixPath(name).is_absolute() and name != ".":
        raise table.error("to", f"{name!r} is no absolute path")
    if scratch and read_only:
        raise table.error("scratch", "a copy that is thrown away need not be read-only; give one of them")
    return Folder(source, name, scratch, read_only)


def _features(file: Table, folder: Path) -> Inference | None:
    features = file.table("features")
    if features is None:
        return None
    if "http_requests" in features:
        raise features.error("http_requests", "workers make no requests here; take it out of the file")
    table = features.table("wasi_nn")
    features.finish()
    if table is None:
        return None
    encodings = tuple(ENCODINGS[name] for name in table.choices("allowed_backends", ENCODINGS))
    for encoding in encodings:
        if not registry.is_installed(encoding, EngineSettings()):
            raise table.error("allowed_backends", f"no engine of {encoding.value} is installed")
    graphs: dict[str, NamedGraph | ModelAddress] = {}
    for model in table.tables("preload_models"):
        made = preloaded(model, folder)
        if made.name in graphs:
            raise model.error("provider", f"two models are called {made.name!r}: the name is that of the folder")
        graphs[made.name] = made.graph
    tensor_types = _NUMBERINGS[table.choice("abi", _NUMBERINGS, "2023-08")]
    layout = table.choice("compat_layout", _LAYOUTS, "none")
    table.finish()
    return Inference(encodings, graphs, tensor_types, channels_last=layout == "nhwc")


def _limits(file: Table, limits: WorkerLimits) -> WorkerLimits:
    table = file.table("limits")
    if table is None:
        return limits
    made = WorkerLimits(
        table.seconds("seconds", limits.seconds),
        table.count("memory_bytes", limits.memory_bytes),
        table.count("body_bytes", limits.body_bytes, least=0),
        table.count("stdout_bytes", limits.stdout_bytes),
        table.count("concurrency", limits.concurrency, least=0),
    )
    table.finish()
    return made
