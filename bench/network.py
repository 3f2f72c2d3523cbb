"""The networks that the benchmark computes: made here with OpenVINO's opset, so that nothing is downloaded."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

# Importing openvino would import this too, which sends an event to the network.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import numpy as np  # noqa: E402
import openvino as ov  # noqa: E402
from openvino import opset13 as op  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

_CLASSES = 1000
# The published layout of MobileNet v1: output channels and stride of each depthwise-separable block.
_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
)
_CONVOLUTIONS = {"Convolution": 1, "GroupConvolution": 2}  # leading dimensions of the weights that are channels


@dataclass(frozen=True)
class Network:
    """A model in a folder, as `--graph openvino::FOLDER` takes it: f32, one input, one output.

    data: the bytes of the input. weights: elements of all f32 constants.
    multiply_adds: of all convolutions and matrix products of one inference.
    """

    folder: Path
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    data: bytes
    weights: int
    multiply_adds: int

    @property
    def output_bytes(self) -> int:
        """Bytes of the output."""
        return 4 * prod(self.output_shape)


def write_mobilenet(folder: Path) -> Network:
    """Write an image classifier with MobileNet's layers and random weights: f32 [1, 3, 224, 224] -> [1, 1000]."""
    random = np.random.default_rng(1)
    image = op.parameter([1, 3, 224, 224], np.float32, name="image")
    layer = _convolution(random, image, 32, stride=2)
    for channels, stride in _BLOCKS:
        layer = _depthwise(random, layer, stride)
        layer = _convolution(random, layer, channels, stride=1, size=1)
    features = layer.output(0).shape[1]
    pooled = op.reshape(op.reduce_mean(layer, np.array([2, 3]), keep_dims=False), [1, features], special_zero=False)
    weights = _weights(random, (features, _CLASSES), features)
    classes = op.matmul(pooled, op.constant(weights), transpose_a=False, transpose_b=False)
    model = ov.Model([op.softmax(classes, axis=1)], [image], "mobilenet")
    return _write(folder, model, random.random((1, 3, 224, 224), np.float32))


def write_tiny(folder: Path) -> Network:
    """Write a model that takes no time: relu(x + 1), f32 [1, 4]."""
    given = op.parameter([1, 4], np.float32, name="x")
    model = ov.Model([op.relu(op.add(given, op.constant(np.array([[1, 1, 1, 1]], np.float32))))], [given], "tiny")
    return _write(folder, model, np.array([[-2, -1, 1, 2]], np.float32))


def _convolution(random: np.random.Generator, layer: Any, channels: int, *, stride: int, size: int = 3) -> Any:
    inputs = layer.output(0).shape[1]
    kernel = op.constant(_weights(random, (channels, inputs, size, size), inputs * size * size))
    margin = [size // 2] * 2
    return _activated(random, op.convolution(layer, kernel, [stride] * 2, margin, margin, [1, 1]))


def _depthwise(random: np.random.Generator, layer: Any, stride: int) -> Any:
    channels = layer.output(0).shape[1]
    kernel = op.constant(_weights(random, (channels, 1, 1, 3, 3), 9))
    return _activated(random, op.group_convolution(layer, kernel, [stride] * 2, [1, 1], [1, 1], [1, 1]))


def _activated(random: np.random.Generator, layer: Any) -> Any:
    """Add a bias, as batch normalisation leaves it when it is folded in, and ReLU6."""
    bias = random.uniform(-0.1, 0.1, (1, layer.output(0).shape[1], 1, 1)).astype(np.float32)
    return op.clamp(op.add(layer, op.constant(bias)), 0.0, 6.0)


def _weights(random: np.random.Generator, shape: tuple[int, ...], inputs: int) -> Any:
    """Return weights of He's scale, which keeps values neither vanishing nor saturated through the layers."""
    return random.normal(0, np.sqrt(2 / inputs), shape).astype(np.float32)


def _write(folder: Path, model: ov.Model, data: Any) -> Network:
    folder.mkdir()
    ov.serialize(model, folder / "model.xml", folder / "model.bin")
    constants = [node.output(0) for node in model.get_ops() if node.get_type_name() == "Constant"]
    return Network(
        folder,
        tuple(model.input(0).shape),
        tuple(model.output(0).shape),
        data.tobytes(),
        sum(int(prod(each.shape)) for each in constants if each.get_element_type() == ov.Type.f32),
        sum(_multiply_adds(node) for node in model.get_ops()),
    )


def _multiply_adds(node: Any) -> int:
    kind = node.get_type_name()
    if kind == "MatMul":
        return int(prod(node.input_value(1).shape)) * int(node.output(0).shape[0])
    if kind in _CONVOLUTIONS:
        kernel = list(node.input_value(1).shape)
        return int(prod(node.output(0).shape)) * int(prod(kernel[_CONVOLUTIONS[kind] :]))
    return 0
