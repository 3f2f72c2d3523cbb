"""Models from their definitions, their committed files, and OpenVINO to run them with."""

import pytest
from openvino_engine import Engine

from wasi_nn_conformance.formats.document import read_yaml
from wasi_nn_conformance.models import Model, ModelFiles, load_models
from wasi_nn_conformance.paths import VECTORS

MODELS = load_models(read_yaml(VECTORS / "models.yaml").data)


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="session")
def models() -> dict[str, Model]:
    return MODELS


@pytest.fixture(scope="session")
def model_files() -> ModelFiles:
    return ModelFiles.open(VECTORS / "models")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "model" in metafunc.fixturenames:
        metafunc.parametrize("model", MODELS.values(), ids=MODELS.keys())
