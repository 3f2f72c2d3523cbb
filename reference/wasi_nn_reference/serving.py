"""What `wasi-nn` serves by default: its backends, imported when the first model is loaded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wasi_nn_reference.console import note
from wasi_nn_reference.errors import invalid_encoding
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.backends import Backend, BackendGraph
    from wasi_nn_reference.module_cache import ModuleCache

PRECISIONS = ("f32", "fast")
_OPENVINO = "wasi_nn_reference.backends.openvino"


class LazyOpenVino:
    """The OpenVINO backend, imported (0.4 s) with the first model and not before."""

    encodings = frozenset({GraphEncoding.OPENVINO, GraphEncoding.ONNX})

    def __init__(self, precision: str, threads: int | None, tensor_bytes: int) -> None:
        self._precision = precision
        self._threads = threads
        self._tensor_bytes = tensor_bytes
        self._backend: Backend | None = None

    def load(
        self, encoding: GraphEncoding, builders: tuple[bytes, ...], target: ExecutionTarget, seconds: float
    ) -> BackendGraph:
        """See `Backend.load`; raises `invalid_encoding` if openvino is not installed."""
        if self._backend is None:
            try:
                from wasi_nn_reference.backends.openvino import OpenVino  # noqa: PLC0415
            except ImportError as error:
                text = "openvino is not installed; install it with: pip install 'wasi-nn-conformance[reference]'"
                note(text)  # an errno alone would not tell the user
                raise invalid_encoding(text) from error
            self._backend = OpenVino(self._precision, self._threads, self._tensor_bytes)
        return self._backend.load(encoding, builders, target, seconds)


def backends(precision: str, threads: int | None, tensor_bytes: int = Limits.tensor_bytes) -> list[Backend]:
    """Return the backends that the program has; see `Limits` for `tensor_bytes`."""
    return [LazyOpenVino(precision, threads, tensor_bytes)]


def work_was_abandoned() -> bool:
    """Tell whether a thread of an engine outlived its deadline, so that the process cannot just end."""
    module = sys.modules.get(_OPENVINO)
    return module is not None and bool(module.work_was_abandoned())


def module_cache() -> ModuleCache:
    """Return this user's cache of compiled modules."""
    from pathlib import Path  # noqa: PLC0415 - not needed with `--no-cache`

    from platformdirs import user_cache_dir  # noqa: PLC0415
    from wasmtime import _ffi  # noqa: PLC0415

    from wasi_nn_reference.module_cache import ModuleCache  # noqa: PLC0415

    # Tells one installed build from another as surely as its version, without the time that
    # importlib.metadata takes; wasmtime also checks the version inside the entry.
    library = _ffi.filename.stat()
    return ModuleCache(Path(user_cache_dir("wasi-nn")) / "modules", f"{library.st_size}-{library.st_mtime_ns}")
