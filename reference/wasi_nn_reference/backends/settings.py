"""What the user asks of engines."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from wasi_nn_reference.limits import Limits


class Precision(Enum):
    """What floats are computed in: f32 as the model says, or what the engine finds fast."""

    F32 = "f32"
    FAST = "fast"


class EngineSettings(NamedTuple):
    """What the user asks of every engine.

    threads: of one graph; None leaves it to the backend. tensor_bytes: see `Limits`.
    """

    precision: Precision = Precision.F32
    threads: int | None = None
    tensor_bytes: int = Limits.tensor_bytes
