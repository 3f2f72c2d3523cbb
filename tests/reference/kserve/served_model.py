"""A model at an inference server, f32 [2] to f32 [2], and how tests ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from inference_server import Answer, port

from wasi_nn_reference.errors import WasiNnError
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Callable

    from wasi_nn_reference.backends.kserve.model import ServerModel

SECONDS = 60.0
LIMIT = 1000  # bytes of an output
F32 = TensorType.F32
Y = port("y", "FP32", 2)
X_Y = [port("x", "FP32", 2)], [Y]
GIVEN = Tensor(F32, (2,), np.array([1.5, -2], "<f4").tobytes())


def failure(work: Callable[[], object]) -> WasiNnError:
    with pytest.raises(WasiNnError) as caught:
        work()
    return caught.value


def infer(model: ServerModel, *inputs: Tensor, seconds: float = SECONDS) -> list[Tensor]:
    return model.graph(SECONDS).request().infer(inputs or (GIVEN,), seconds)


def json_output(data: str) -> Answer:
    return Answer(b'{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":%s}]}' % data.encode())
