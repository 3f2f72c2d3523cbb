"""OpenVINO reads each committed model as declared and computes what numpy computes."""

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any, TypeAlias

import numpy as np
import pytest
from openvino_engine import Engine

from wasi_nn_conformance.models import ElementType, Model, ModelFiles, Port, evaluate
from wasi_nn_conformance.models.element_type import Array

Networks: TypeAlias = Callable[[str, str], Any]

ROWS = 2  # what a dimension is that only the input decides


@pytest.fixture(params=["openvino", "onnx"])
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def networks(engine: Engine, model_files: ModelFiles) -> Networks:
    return cache(lambda model_id, encoding: engine.read(model_files.model_bytes(model_id, encoding)))


@pytest.fixture
def network(networks: Networks, model: Model, encoding: str) -> Any:
    return networks(model.id, encoding)


def sample(port: Port, index: int) -> Array:
    """Small integers, other ones for each input and falling from input to input, so that differences fit u8."""
    shape = tuple(ROWS if dim is None else dim for dim in port.type.shape)
    return (np.arange(prod(shape)) % 17 + 20 - 7 * index).astype(port.type.element.dtype).reshape(shape)


def described(ports: Any) -> list[Any]:
    return [
        (
            port.get_element_type().get_type_name(),
            [dim.get_length() if dim.is_static else None for dim in port.partial_shape],
        )
        for port in ports
    ]


def declared(ports: Any) -> list[Any]:
    return [(port.type.element.value, list(port.type.shape)) for port in ports]


def test_inputs_have_declared_types_in_declared_order(model: Model, network: Any) -> None:
    assert described(network.inputs) == declared(model.inputs)


def test_outputs_have_declared_types_in_declared_order(model: Model, network: Any) -> None:
    assert described(network.outputs) == declared(model.outputs)


def test_ports_have_their_own_names_alone(model: Model, network: Any, encoding: str) -> None:
    names = [port.names for port in (*network.inputs, *network.outputs)]
    if model.id == "identity-renamed" and encoding == "openvino":
        assert names == [{"x", "z"}, {"x", "z"}]  # one tensor is both
    else:
        assert names == [{port.name} for port in (*model.inputs, *model.outputs)]


def test_numbers_are_numpys(engine: Engine, model: Model, network: Any) -> None:
    inputs = {port.name: sample(port, index) for index, port in enumerate(model.inputs)}
    outputs = engine.infer(engine.request(network), list(inputs.values()))
    expected = evaluate(model, inputs)
    assert [(array.shape, array.tobytes()) for array in outputs] == [
        (array.shape, array.tobytes()) for array in expected.values()
    ]


NAN_PAYLOADS = {"f16": "017c", "f32": "0100a07f", "f64": "010000000000f47f"}
EXTREMES = {"u8": "ff", "i32": "00000080", "i64": "0000000000000080", "bf16": "a17f"}


@pytest.mark.parametrize(("element", "bits"), (NAN_PAYLOADS | EXTREMES).items())
def test_identity_keeps_every_bit(engine: Engine, networks: Networks, encoding: str, element: str, bits: str) -> None:
    array = ElementType(element).from_bytes(bytes.fromhex(bits) * 4).reshape(1, 4)
    (output,) = engine.infer(engine.request(networks(f"identity-{element}", encoding)), [array.copy()])
    assert output.tobytes().hex() == bits * 4
