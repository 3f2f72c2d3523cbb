"""Which encodings are served, and by which engines: the one place to add either.

Formats and engines are imported with the first model that needs them: an engine takes 0.4 s. The
entries are named tuples because each dataclass costs 0.5 ms of a guest's start.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.console import note
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from collections.abc import Callable

    from wasi_nn_reference.backends.backend import Backend, BackendGraph
    from wasi_nn_reference.backends.settings import EngineSettings
    from wasi_nn_reference.types import ExecutionTarget


class Engine(NamedTuple):
    """An engine: the distribution that it comes with, how its backend is made, and the module that this imports.

    forks: whether a process may be forked after the import, which starts no thread then.
    """

    distribution: str
    backend: Callable[[EngineSettings], Backend]
    module: str
    forks: bool


class Builder(NamedTuple):
    """A builder of `load`: what it is, for a message, and its file's name in a folder of models by convention."""

    what: str
    file: str

    @property
    def ending(self) -> str:
        """The ending by which an only file is taken whatever its name."""
        return PurePath(self.file).suffix


class Served(NamedTuple):
    """How an encoding is served: its builders in order, who knows the bytes of the first, who loads it.

    engines: the first that is installed, unless the user names another.
    """

    builders: tuple[Builder, ...]
    recognises: Callable[[bytes], bool]
    engines: tuple[Engine, ...]


def _openvino(settings: EngineSettings) -> Backend:
    from wasi_nn_reference.backends.openvino.engine import OpenVino  # noqa: PLC0415

    return OpenVino(settings)


def _onnxruntime(settings: EngineSettings) -> Backend:
    from wasi_nn_reference.backends.onnxruntime.engine import OnnxRuntime  # noqa: PLC0415

    return OnnxRuntime(settings)


def _is_openvino(data: bytes) -> bool:
    from wasi_nn_reference.backends.formats import openvino  # noqa: PLC0415

    return openvino.recognises(data)


def _is_onnx(data: bytes) -> bool:
    from wasi_nn_reference.backends.formats import onnx  # noqa: PLC0415

    return onnx.recognises(data)


_OPENVINO = Engine("openvino", _openvino, f"{__package__}.openvino.engine", forks=True)
_ONNXRUNTIME = Engine("onnxruntime", _onnxruntime, f"{__package__}.onnxruntime.engine", forks=False)

SERVED = {
    GraphEncoding.OPENVINO: Served(
        (Builder("the XML", "model.xml"), Builder("the weights (may be empty)", "model.bin")),
        _is_openvino,
        (_OPENVINO,),
    ),
    GraphEncoding.ONNX: Served((Builder("the model", "model.onnx"),), _is_onnx, (_ONNXRUNTIME, _OPENVINO)),
}


def names() -> str:
    """Return the encodings that are served, for a message."""
    return ", ".join(encoding.value for encoding in SERVED)


def modules_before_forks() -> tuple[str, ...]:
    """Return the modules whose import takes time, and after which a process may still be forked."""
    engines = {engine for served in SERVED.values() for engine in served.engines if engine.forks}
    return tuple(sorted(engine.module for engine in engines))


def package_folders() -> list[str]:
    """Return the folders of the engines that are installed, wherever they are, and of the library under them all."""
    names = {engine.distribution for served in SERVED.values() for engine in served.engines} | {"numpy"}
    specs = [find_spec(name) for name in sorted(names)]
    folders = [folder for spec in specs if spec for folder in spec.submodule_search_locations or ()]
    return [*folders, *(f"{folder}.libs" for folder in folders)]  # where wheels have the libraries of theirs


def check_choices(settings: EngineSettings) -> None:
    """Make sure that each engine that the user names loads what it is named for; raises UserError."""
    for encoding, name in settings.engines:
        engines = [engine.distribution for engine in SERVED[encoding].engines]
        if name not in engines:
            raise UserError(f"{name} does not load {encoding.value}; what does: {', '.join(engines)}")


def engine_of(encoding: GraphEncoding, settings: EngineSettings) -> Engine:
    """Return the engine that loads `encoding`: the user's, else the first that is installed, else the first."""
    engines = SERVED[encoding].engines
    wanted = dict(settings.engines).get(encoding)
    if wanted is not None:
        return next(engine for engine in engines if engine.distribution == wanted)
    return next((engine for engine in engines if find_spec(engine.distribution) is not None), engines[0])


def is_installed(encoding: GraphEncoding, settings: EngineSettings) -> bool:
    """Return whether there is an engine that loads `encoding`."""
    return find_spec(engine_of(encoding, settings).distribution) is not None


def backends(settings: EngineSettings) -> dict[GraphEncoding, Backend]:
    """Return the backend of each encoding, in this process; encodings of one engine share it.

    Raises UserError as `check_choices`.
    """
    check_choices(settings)
    engines = {encoding: engine_of(encoding, settings) for encoding in SERVED}
    made: dict[Engine, Backend] = {engine: LazyBackend(engine, settings) for engine in engines.values()}
    return {encoding: made[engine] for encoding, engine in engines.items()}


class NotInstalledError(WasiNnError):
    """`invalid_encoding`, because the engine of that distribution is not installed."""

    def __init__(self, distribution: str) -> None:
        self.distribution = distribution
        text = f"{distribution} is not installed; install it with: pip install 'wasi-nn-conformance[reference]'"
        super().__init__(ErrorCode.INVALID_ENCODING, text)


def not_installed(distribution: str) -> NotInstalledError:
    """Return the error, of which the user is told: an errno alone would not."""
    error = NotInstalledError(distribution)
    note(error.message)
    return error


class LazyBackend:
    """A backend that is made with its first model and not before."""

    def __init__(self, engine: Engine, settings: EngineSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._backend: Backend | None = None

    def load(
        self, encoding: GraphEncoding, builders: tuple[bytes, ...], target: ExecutionTarget, seconds: float
    ) -> BackendGraph:
        """See `Backend.load`; raises `invalid_encoding` if the engine is not installed."""
        if self._backend is None:
            try:
                self._backend = self._engine.backend(self._settings)
            except ImportError as error:
                raise not_installed(self._engine.distribution) from error
        return self._backend.load(encoding, builders, target, seconds)
