"""Which encodings are served, and by which engines: the one place to add either.

Formats and engines are imported with the first model that needs them: an engine takes 0.4 s. The
entries are named tuples because each dataclass costs 0.5 ms of a guest's start.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.console import note
from wasi_nn_reference.errors import invalid_encoding
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from collections.abc import Callable

    from wasi_nn_reference.backends.backend import Backend, BackendGraph
    from wasi_nn_reference.backends.settings import EngineSettings
    from wasi_nn_reference.types import ExecutionTarget


class Engine(NamedTuple):
    """An engine: the distribution that it comes with, and how its backend is made."""

    distribution: str
    backend: Callable[[EngineSettings], Backend]


class Builder(NamedTuple):
    """A builder of `load`: what it is, for a message, and its file's name in a folder of models by convention."""

    what: str
    file: str

    @property
    def ending(self) -> str:
        """The ending by which an only file is taken whatever its name."""
        return PurePath(self.file).suffix


class Served(NamedTuple):
    """How an encoding is served: its builders in order, who knows the bytes of the first, who loads it."""

    builders: tuple[Builder, ...]
    recognises: Callable[[bytes], bool]
    engine: Engine


def _openvino(settings: EngineSettings) -> Backend:
    from wasi_nn_reference.backends.openvino.engine import OpenVino  # noqa: PLC0415

    return OpenVino(settings)


def _is_openvino(data: bytes) -> bool:
    from wasi_nn_reference.backends.formats import openvino  # noqa: PLC0415

    return openvino.recognises(data)


def _is_onnx(data: bytes) -> bool:
    from wasi_nn_reference.backends.formats import onnx  # noqa: PLC0415

    return onnx.recognises(data)


_OPENVINO = Engine("openvino", _openvino)

SERVED = {
    GraphEncoding.OPENVINO: Served(
        (Builder("the XML", "model.xml"), Builder("the weights (may be empty)", "model.bin")), _is_openvino, _OPENVINO
    ),
    GraphEncoding.ONNX: Served((Builder("the model", "model.onnx"),), _is_onnx, _OPENVINO),
}


def names() -> str:
    """Return the encodings that are served, for a message."""
    return ", ".join(encoding.value for encoding in SERVED)


def backends(settings: EngineSettings) -> dict[GraphEncoding, Backend]:
    """Return the backend of each encoding; encodings of one engine share it."""
    made: dict[Engine, Backend] = {served.engine: LazyBackend(served.engine, settings) for served in SERVED.values()}
    return {encoding: made[served.engine] for encoding, served in SERVED.items()}


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
                text = (
                    f"{self._engine.distribution} is not installed;"
                    " install it with: pip install 'wasi-nn-conformance[reference]'"
                )
                note(text)  # an errno alone would not tell the user
                raise invalid_encoding(text) from error
        return self._backend.load(encoding, builders, target, seconds)
