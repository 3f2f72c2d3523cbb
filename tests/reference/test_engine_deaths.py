"""Models that OpenVINO dies of, which drawing found: the process of the engine dies, and the host goes on."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import small_ir
from openvino_graph import CPU, tensor

from wasi_nn_reference.backends.engines import Engines, Isolation
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wasi_nn_reference.backends.engines import OwnProcess

# Of another release it is not known which of these it dies of.
IS_KNOWN = version("openvino").startswith("2026.4.")
MODELS = sorted(Path(__file__).with_name("engine-deaths").iterdir())
SECONDS = 60.0


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    made = Engines(Isolation.PROCESS, 8 << 30)
    yield made
    made.close()


@pytest.fixture
def backend(engines: Engines) -> OwnProcess:
    settings = EngineSettings(threads=1, engines=((GraphEncoding.ONNX, "openvino"),))
    return engines.backends(settings)[GraphEncoding.OPENVINO]  # type: ignore[return-value]


def load(backend: OwnProcess, model: Path) -> None:
    data = model.read_bytes()
    is_ir = model.suffix == ".xml"
    encoding, builders = (GraphEncoding.OPENVINO, (data, b"")) if is_ir else (GraphEncoding.ONNX, (data,))
    backend.load(encoding, builders, CPU, SECONDS)


@pytest.mark.parametrize("model", MODELS, ids=[model.stem for model in MODELS])
@pytest.mark.skipif(not IS_KNOWN, reason="another release of openvino may refuse these models, or load them")
def test_the_engine_dies_alone(backend: OwnProcess, model: Path) -> None:
    with pytest.raises(WasiNnError, match=re.escape("its process ended by SIGSEGV")) as caught:
        load(backend, model)
    assert caught.value.code is ErrorCode.RUNTIME_ERROR
    graph = backend.load(GraphEncoding.OPENVINO, (small_ir.identity(), b""), CPU, SECONDS)
    ones = tensor(np.ones((1, 4), "<f4"))
    assert graph.request().infer([ones], SECONDS) == [ones]
