# ruff: noqa: INP001  a script beside what it makes, no package

"""Trains the classifier of handwritten digits and writes everything in this folder but the README.

Needs the dependency group `models`. The same seed on the same machine gives the same bytes; another machine's
linear algebra may round differently and so train slightly other weights.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from wasi_nn_conformance.models import ElementType, Model, Port, TensorType, evaluate
from wasi_nn_conformance.models.encodings.onnx import emit as emit_onnx
from wasi_nn_conformance.models.encodings.openvino import emit as emit_openvino
from wasi_nn_conformance.models.expression import Add, Constant, Expression, Input, MatMul, Relu

SEED = 20260101
HIDDEN = 32  # neurons: 10 KB of weights
MAXIMUM = 16  # the brightest pixel; the data set counts dark pixels in blocks of 4 x 4
SIDE = 8  # pixels
HELD_OUT = 0.25  # part of the images that training never sees
FOLDER = Path(__file__).resolve().parent


def weight(values: NDArray[np.float64]) -> Constant:
    """Make trained numbers a constant f32 tensor."""
    return Constant(ElementType.F32, values.shape, values.astype("<f4").tobytes())


def network(classifier: MLPClassifier) -> Model:
    """Make the trained classifier a model from `image` f32 [1, 64] to `scores` f32 [1, 10], before any softmax."""
    value: Expression = Input("image")
    last = len(classifier.coefs_) - 1
    for layer, (weights, bias) in enumerate(zip(classifier.coefs_, classifier.intercepts_, strict=True)):
        value = Add(MatMul(value, weight(weights)), weight(bias.reshape(1, -1)))
        value = value if layer == last else Relu(value)
    image = Port("image", TensorType(ElementType.F32, (1, SIDE * SIDE)))
    return Model("digits", (image,), (("scores", value),))


def count_correct(model: Model, pixels: NDArray[np.float32], labels: NDArray[np.int64]) -> int:
    """Count the images whose highest score is that of their label, by the model's f32 arithmetic."""
    scores = (evaluate(model, {"image": row.reshape(1, -1)})["scores"] for row in pixels)
    return sum(int(np.argmax(row)) == int(label) for row, label in zip(scores, labels, strict=True))


def pgm(pixels: NDArray[np.float64]) -> bytes:
    """Return a binary PGM (P5) of 8-bit grey pixels, [height, width] with values from 0 to 16."""
    height, width = pixels.shape
    return f"P5\n{width} {height}\n{MAXIMUM}\n".encode() + pixels.astype(np.uint8).tobytes()


def files() -> Iterator[tuple[str, bytes]]:
    """Train, and give the name and content of every file."""
    digits = load_digits()
    train, test = train_test_split(
        np.arange(len(digits.target)), test_size=HELD_OUT, random_state=SEED, stratify=digits.target
    )
    scaled = (digits.data / MAXIMUM).astype("<f4")
    classifier = MLPClassifier(hidden_layer_sizes=(HIDDEN,), alpha=1e-2, max_iter=1000, random_state=SEED)
    classifier.fit(digits.data[train] / MAXIMUM, digits.target[train])
    model = network(classifier)
    xml, weights = emit_openvino(model)
    yield "openvino/model.xml", xml
    yield "openvino/model.bin", weights
    yield "onnx/model.onnx", emit_onnx(model)
    for label in range(10):
        first = int(test[digits.target[test] == label][0])
        yield f"images/digit-{label}-{first}.pgm", pgm(digits.images[first])
    yield "held-out/images.pgm", pgm(digits.images[test].reshape(-1, SIDE))
    yield "held-out/labels.txt", "".join(f"{label}\n" for label in digits.target[test]).encode()
    correct = count_correct(model, scaled[test], digits.target[test])
    accuracy = {
        "trained_on": len(train),
        "held_out": len(test),
        "correct": correct,
        "accuracy": round(correct / len(test), 4),
        "correct_in_f64": int(np.sum(classifier.predict(digits.data[test] / MAXIMUM) == digits.target[test])),
    }
    yield "accuracy.json", (json.dumps(accuracy, indent=2) + "\n").encode()


def main() -> None:
    """Write the files; images of another split disappear."""
    made = dict(files())
    for old in FOLDER.glob("images/*.pgm"):
        old.unlink()
    for name, content in made.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    sys.stdout.write(made["accuracy.json"].decode())


if __name__ == "__main__":
    main()
