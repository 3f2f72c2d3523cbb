"""What the user asks of engines."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.limits import Limits

if TYPE_CHECKING:
    from wasi_nn_reference.types import GraphEncoding

# More threads than this gain little for the models that guests bring, and each graph has its own.
MAX_THREADS = 4


class Precision(Enum):
    """What floats are computed in: f32 as the model says, or what the engine finds fast."""

    F32 = "f32"
    FAST = "fast"


class EngineSettings(NamedTuple):
    """What the user asks of every engine.

    threads: of one graph; None leaves it to the backend. tensor_bytes: see `Limits`. engines: names of engines that
    load an encoding in the place of its first choice; see `registry`.
    """

    precision: Precision = Precision.F32
    threads: int | None = None
    tensor_bytes: int = Limits.tensor_bytes
    engines: tuple[tuple[GraphEncoding, str], ...] = ()
