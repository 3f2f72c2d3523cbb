"""The committed digits classifier is as accurate on OpenVINO as its card says, on images that training never saw."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openvino_engine import Engine

from wasi_nn_conformance.models.element_type import Array

DIGITS = Path(__file__).resolve().parents[3] / "examples" / "digits"
FILES = {"openvino": ["openvino/model.xml", "openvino/model.bin"], "onnx": ["onnx/model.onnx"]}
ACCURACY = json.loads((DIGITS / "accuracy.json").read_text())


@pytest.fixture(params=FILES)
def network(request: pytest.FixtureRequest, engine: Engine) -> Any:
    return engine.read([(DIGITS / name).read_bytes() for name in FILES[request.param]])


def pixels(path: Path) -> Array:
    """Read a binary PGM as [images, 64], f32 from 0 to 1."""
    magic, size, maximum, data = path.read_bytes().split(b"\n", 3)
    assert (magic, size.split()[0], maximum) == (b"P5", b"8", b"16")
    return np.frombuffer(data, "u1").reshape(-1, 64).astype("<f4") / np.float32(16)


def classes(engine: Engine, network: Any, images: Array) -> list[int]:
    request = engine.request(network)
    return [int(np.argmax(engine.infer(request, [image.reshape(1, 64)])[0])) for image in images]


def test_accuracy_on_held_out_images_is_that_of_the_card(engine: Engine, network: Any) -> None:
    labels = list(map(int, (DIGITS / "held-out" / "labels.txt").read_text().split()))
    found = classes(engine, network, pixels(DIGITS / "held-out" / "images.pgm"))
    correct = sum(a == b for a, b in zip(found, labels, strict=True))
    assert (len(labels), correct) == (ACCURACY["held_out"], ACCURACY["correct"])


def test_card_agrees_with_itself() -> None:
    assert ACCURACY["accuracy"] == round(ACCURACY["correct"] / ACCURACY["held_out"], 4)
    assert f"{ACCURACY['correct']} of {ACCURACY['held_out']} held-out images" in (DIGITS / "README.md").read_text()


def test_each_single_image_shows_the_digit_in_its_name(engine: Engine, network: Any) -> None:
    paths = sorted((DIGITS / "images").glob("digit-*.pgm"))
    found = classes(engine, network, np.concatenate([pixels(path) for path in paths]))
    assert [f"digit-{digit}" for digit in found] == [path.name.rpartition("-")[0] for path in paths]


def test_ports_are_image_and_scores(network: Any) -> None:
    ports = [(port.names, list(port.shape)) for port in (network.input(0), network.output(0))]
    assert ports == [({"image"}, [1, 64]), ({"scores"}, [1, 10])]
