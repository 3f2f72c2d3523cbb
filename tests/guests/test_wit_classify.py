"""The classifier as a component, with a host whose model copies ten pixels to the scores."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_classify import PIXELS, SCALE, expected_line, shared
from wit_guest import NEWEST, Failure, Guest, Host, Tensor

__all__ = ["shared"]  # a fixture


@pytest.fixture
def classify(tmp_path: Path) -> Guest:
    folder = tmp_path / "stdio"
    folder.mkdir()
    host = Host(NEWEST)

    def compute_at_once(_context: Any, inputs: list[tuple[str, Tensor]]) -> list[tuple[str, Tensor]]:
        ((name, image),) = inputs
        assert (name, image.dimensions, image.ty) == ("image", [1, 64], "FP32")
        scores = np.frombuffer(image.data, dtype="<f4")[:10] * np.float32(SCALE)
        return [("scores", Tensor([1, 10], "FP32", scores.astype("<f4").tobytes()))]

    host.answer(compute_at_once=compute_at_once)
    return Guest("classify-wit", host, folder)


def giving(*outputs: tuple[str, Tensor]) -> Any:
    return lambda _context, _inputs: list(outputs)


def test_top_three_classes_of_each_image(classify: Guest, shared: Path) -> None:
    outcome = classify.run(argv=["ir", "digit.pgm", "text.pgm"], shared=shared)
    assert (outcome.code, outcome.trap, outcome.stderr) == (0, None, "")
    assert outcome.stdout.decode().splitlines() == [expected_line("digit.pgm", 3), expected_line("text.pgm", 3)]


def test_pixels_arrive_bit_for_bit(classify: Guest, shared: Path) -> None:
    images: list[bytes] = []

    def compute_at_once(_context: Any, inputs: list[tuple[str, Tensor]]) -> Any:
        images.append(inputs[0][1].data)
        return [("scores", Tensor([1, 1], "FP32", bytes(4)))]

    classify.host.answer(compute_at_once=compute_at_once)
    classify.run(argv=["ir", "digit.pgm"], shared=shared)
    assert images == [(np.array(PIXELS, dtype="<f4") / np.float32(16)).tobytes()]


@pytest.mark.parametrize(
    ("folder", "graph"),
    [("ir", ([b"<xml/>", b"weights"], "openvino", "cpu")), ("onnx", ([b"onnx"], "onnx", "cpu"))],
)
def test_builders_go_with_their_encoding(classify: Guest, shared: Path, folder: str, graph: Any) -> None:
    loaded = []
    classify.host.answer(load=lambda *of: loaded.append(of))
    assert classify.run(argv=[folder, "digit.pgm"], shared=shared).code == 0
    assert loaded == [graph]


def test_graph_is_loaded_by_its_name(classify: Guest, shared: Path) -> None:
    names: list[str] = []
    classify.host.answer(load_by_name=names.append)
    outcome = classify.run(argv=["--top", "1", "--graph", "digits", "digit.pgm"], shared=shared)
    assert (names, outcome.stdout.decode()) == (["digits"], expected_line("digit.pgm", 1) + "\n")


def test_every_resource_is_dropped_at_the_end(classify: Guest, shared: Path) -> None:
    classify.run(argv=["ir", "digit.pgm", "text.pgm"], shared=shared)
    assert classify.host.calls[-2:] == ["drop graph-execution-context", "drop graph"]
    assert not any(classify.host.alive.values())


@pytest.mark.parametrize(
    ("function", "method"),
    [
        ("load", "load"),
        ("init-execution-context", "init_execution_context"),
        ("compute", "compute_at_once"),
    ],
)
def test_error_ends_the_program_with_its_code(classify: Guest, shared: Path, function: str, method: str) -> None:
    def fail(*_: Any) -> Any:
        raise Failure("unsupported-operation", "not here")

    classify.host.answer(**{method: fail})
    outcome = classify.run(argv=["ir", "digit.pgm"], shared=shared)
    assert (outcome.code, outcome.stdout) == (1, b"")
    assert outcome.stderr.endswith(f"{function}: unsupported-operation, not here\n")


def test_unknown_graph_is_named(classify: Guest, shared: Path) -> None:
    outcome = classify.run(argv=["--graph", "cats", "digit.pgm"], shared=shared)
    assert (outcome.code, outcome.stdout) == (1, b"")
    assert outcome.stderr == 'classify-wit: graph "cats": load-by-name: not-found, no graph is called cats\n'


@pytest.mark.parametrize(
    ("outputs", "part"),
    [
        ((), "0 outputs where one is wanted"),
        ((("a", Tensor([1], "FP32", bytes(4))), ("b", Tensor([1], "FP32", bytes(4)))), "2 outputs where one is wanted"),
        ((("a", Tensor([0], "FP32", b"")),), "0 bytes of"),
        ((("a", Tensor([1], "FP32", bytes(3))),), "3 bytes of"),
        ((("a", Tensor([1], "I32", struct.pack("<i", 1))),), "4 bytes of"),
    ],
    ids=["none", "two", "empty", "3 bytes", "I32"],
)
def test_outputs_that_are_no_scores_are_refused(classify: Guest, shared: Path, outputs: Any, part: str) -> None:
    classify.host.answer(compute_at_once=giving(*outputs))
    outcome = classify.run(argv=["ir", "digit.pgm"], shared=shared)
    assert (outcome.code, outcome.stdout) == (1, b"")
    assert part in outcome.stderr


def test_wrong_command_line_shows_the_usage(classify: Guest, shared: Path) -> None:
    outcome = classify.run(argv=["--fast", "ir", "digit.pgm"], shared=shared)
    assert (outcome.code, classify.host.calls) == (1, [])  # components tell no more than failure
    assert "usage: classify-wit [--top K] (MODELDIR | --graph NAME) IMAGE..." in outcome.stderr
