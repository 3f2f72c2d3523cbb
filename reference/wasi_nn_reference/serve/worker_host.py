"""The functions of wasi-nn for one request of a worker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.host import Host
from wasi_nn_reference.named_graphs import NamedGraphs
from wasi_nn_reference.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wasi_nn_reference.backends.backend import Backend
    from wasi_nn_reference.host import ExecutionContext, Graph
    from wasi_nn_reference.limits import Limits
    from wasi_nn_reference.serve.models import Standing
    from wasi_nn_reference.sharing import SharedGraphs
    from wasi_nn_reference.types import GraphEncoding

_LEAST_SECONDS = 0.001  # of a call whose guest has no time left: it ends at once, but as a call that overran


class Models:
    """What a worker has of models, for all of its requests.

    backends: of those that it may bring, in engines of its own. shared: these, loaded. standing: those that it has by
    name. channels_last: see `Inference`.
    """

    def __init__(
        self,
        backends: Mapping[GraphEncoding, Backend],
        shared: SharedGraphs,
        standing: Mapping[str, Standing],
        *,
        channels_last: bool = False,
    ) -> None:
        self.backends = backends
        self.shared = shared
        self.standing = standing
        self.channels_last = channels_last


class WorkerHost(Host):
    """See `Host`. No call lasts longer than the request: `end` is its last moment, of `time.monotonic`.

    computed: called with the seconds of each inference.
    """

    def __init__(
        self, models: Models, limits: Limits, end: float, computed: Callable[[float], None] = lambda _: None
    ) -> None:
        super().__init__(models.backends, NamedGraphs(), limits)
        self.shared = models.shared
        self._models = models
        self._end = end
        self._computed = computed

    @property
    def call_seconds(self) -> float:
        """See `Host.call_seconds`."""
        return max(min(self.limits.call_seconds, self._end - time.monotonic()), _LEAST_SECONDS)

    def load_by_name(self, name: str) -> Graph:
        """See `Host.load_by_name`; it is loaded already."""
        standing = self._models.standing.get(name)
        if standing is None:
            raise WasiNnError(ErrorCode.NOT_FOUND, "no graph of that name is registered")
        self.check_model_size(standing.model_bytes)
        return self._counted(standing.graph(self.call_seconds), standing.model_bytes)

    def set_input(self, context: ExecutionContext, index: int, tensor: Tensor) -> None:
        """See `Host.set_input`."""
        if self._models.channels_last and len(tensor.dimensions) == 4 and tensor.data:
            tensor = _channels_first(tensor)
        super().set_input(context, index, tensor)

    def compute(self, context: ExecutionContext) -> None:
        """See `Host.compute`."""
        began = time.perf_counter()
        try:
            super().compute(context)
        finally:
            self._computed(time.perf_counter() - began)


def _channels_first(tensor: Tensor) -> Tensor:
    """Return a tensor whose elements are in the order that its dimensions, N, C, H, W, say."""
    import numpy as np  # noqa: PLC0415 - only workers for releases that took NHWC need it

    n, c, h, w = tensor.dimensions
    elements = np.frombuffer(tensor.data, np.dtype((np.void, tensor.type.size))).reshape(n, h, w, c)
    return Tensor(tensor.type, tensor.dimensions, elements.transpose(0, 3, 1, 2).tobytes())
