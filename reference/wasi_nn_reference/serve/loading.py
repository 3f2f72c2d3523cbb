"""Makes workers of the files of a folder: compiled, linked, with their models loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.errors import UserError, WasiNnError
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraph
from wasi_nn_reference.serve.configuration import Configuration, WorkerLimits, read_configuration
from wasi_nn_reference.serve.models import StandingGraphs
from wasi_nn_reference.serve.public import PublicFiles
from wasi_nn_reference.serve.site import Site, remarks_on, routes_in
from wasi_nn_reference.serve.worker import Equipment, Worker
from wasi_nn_reference.serve.worker_host import Models
from wasi_nn_reference.sharing import SharedGraphs
from wasi_nn_reference.wasmtime_host.linking import Linking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from wasi_nn_reference.backends.backend import Backend
    from wasi_nn_reference.backends.kserve.address import ModelAddress
    from wasi_nn_reference.serve.models import Standing
    from wasi_nn_reference.serve.store import Store
    from wasi_nn_reference.types import GraphEncoding
    from wasi_nn_reference.wasmtime_host.runner import Program, Runner

_LOAD_SECONDS = 600.0  # for a model of the operator's
_WITHOUT_FEATURE = (
    "it imports wasi-nn, which it is not given: its file {} does not switch it on with [features.wasi_nn]"
)


class Resources(NamedTuple):
    """What the workers of a folder are made with.

    runner: compiles and runs them. guest_backends: makes the backends of the models that one worker brings, in engines
    that no other worker has. operator_backends: makes those of the models that workers have by name. store_at: returns
    the store at a URL, the server's own for "". scratch: where copies of folders are made. environment: where
    variables come from. at_server: returns the model that an inference server computes. on_loss:
    called when an engine of the operator's is found dead. warm: begins what a first model would wait for.
    """

    runner: Runner
    guest_backends: Callable[[], Mapping[GraphEncoding, Backend]]
    operator_backends: Callable[[], Mapping[GraphEncoding, Backend]]
    at_server: Callable[[ModelAddress], Standing]
    store_at: Callable[[str], Store]
    scratch: Path
    environment: Mapping[str, str]
    limits: Limits = Limits()
    worker_limits: WorkerLimits = WorkerLimits()
    on_loss: Callable[[], None] = lambda: None
    warm: Callable[[], None] = lambda: None


def load_site(folder: Path, resources: Resources, ignored: Sequence[str] = ()) -> Site:
    """Return a folder with all that its requests need, ready.

    Raises UserError for what is wrong with a name or with workers' files: a line of each. A worker that cannot
    run is an obstacle of the site's, and not an error: the others are served.
    """
    routes = routes_in(folder, ignored)
    loading = _Loading(folder, resources)
    errors = []
    for route in routes.all:
        try:
            loading.add(route.file)
        except UserError as error:
            errors.append(str(error))
    if errors:
        raise UserError("\n".join(errors))
    remarks = [*remarks_on(routes), *loading.remarks]
    return Site(routes, loading.workers, PublicFiles(folder), loading.obstacles, remarks)


class _Loading:
    def __init__(self, folder: Path, resources: Resources) -> None:
        self._folder = folder
        self._resources = resources
        self._standing = StandingGraphs(resources.operator_backends(), _LOAD_SECONDS, resources.on_loss)
        self.workers: dict[PurePosixPath, Worker] = {}
        self.obstacles: dict[PurePosixPath, str] = {}
        self.remarks: list[str] = []

    def add(self, file: PurePosixPath) -> None:
        """Make the worker of a file, or tell the obstacle; raises UserError."""
        given = self._resources
        toml = (self._folder / file).with_suffix(".toml")
        configuration = Configuration(limits=given.worker_limits)
        if toml.exists():
            configuration = read_configuration(toml, self._folder, given.environment, given.worker_limits)
            self.remarks += [f"{toml}: the variable {name} is not set, and empty" for name in configuration.unset]
        store = self._store(toml, configuration)
        if configuration.inference is not None:
            given.warm()
        try:
            program = self._program(file, configuration, toml)
        except UserError as error:
            self.obstacles[file] = str(error)
            return
        models = self._models(toml, configuration)
        equipment = Equipment(given.runner, program, models, given.limits, store, given.scratch)
        self.workers[file] = Worker(configuration.name or str(file.with_suffix("")), configuration, equipment)

    def _program(self, file: PurePosixPath, configuration: Configuration, toml: Path) -> Program:
        inference = configuration.inference
        numbering = Linking().tensor_types if inference is None else inference.tensor_types
        try:
            wasm = (self._folder / file).read_bytes()
        except OSError as error:
            raise UserError(f"it cannot be read: {error.strerror}") from error
        program = self._resources.runner.load(wasm, Linking(numbering, verbose=True))
        if program.infers and inference is None:
            raise UserError(_WITHOUT_FEATURE.format(toml.name))
        return program

    def _store(self, toml: Path, configuration: Configuration) -> Store | None:
        if configuration.namespace is None:
            return None
        try:
            return self._resources.store_at(configuration.store_url)
        except UserError as error:
            raise UserError(f"{toml}: {error}") from error

    def _models(self, toml: Path, configuration: Configuration) -> Models:
        inference = configuration.inference
        shared = SharedGraphs(self._resources.limits.shared_model_bytes)
        if inference is None:
            return Models({}, shared, {})
        backends = self._resources.guest_backends() if inference.encodings else {}
        standing: dict[str, Standing] = {}
        for name, graph in inference.graphs.items():
            try:
                standing[name] = self._standing_of(graph)
            except (UserError, WasiNnError) as error:
                reason = error.message if isinstance(error, WasiNnError) else error
                raise UserError(f"{toml}: the model {name!r} cannot be loaded: {reason}") from error
        return Models(
            {encoding: backends[encoding] for encoding in inference.encodings},
            shared,
            standing,
            channels_last=inference.channels_last,
        )

    def _standing_of(self, graph: NamedGraph | ModelAddress) -> Standing:
        return self._standing.load(graph) if isinstance(graph, NamedGraph) else self._resources.at_server(graph)
