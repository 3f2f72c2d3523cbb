"""The classifier guest, with a host whose model copies ten pixels to the scores."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from witx_guest import Guest, Memory

PIXELS = [index % 17 for index in range(64)]
SCALE = 8


def softmax(scores: Any) -> Any:
    exponentials = np.exp(np.asarray(scores, dtype=np.float64))
    return exponentials / exponentials.sum()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    (folder / "ir").mkdir(parents=True)
    (folder / "ir" / "model.xml").write_bytes(b"<xml/>")
    (folder / "ir" / "model.bin").write_bytes(b"weights")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"onnx")
    (folder / "digit.pgm").write_bytes(b"P5\n8 8\n16\n" + bytes(PIXELS))
    (folder / "text.pgm").write_text("P2\n8 8\n16\n" + " ".join(map(str, PIXELS)) + "\n")
    return folder


@pytest.fixture
def host(classify: Guest) -> dict[str, Any]:
    """Let every call succeed; what the guest passed stands in the dictionary."""
    seen: dict[str, Any] = {"images": []}

    def load(memory: Memory, *arguments: int) -> int:
        builders, count, encoding, target, graph = arguments
        records = memory.u32(builders, 2 * count)
        seen["builders"] = [memory.read(*records[at : at + 2]) for at in range(0, len(records), 2)]
        seen["numbers"] = (encoding, target)
        memory.put_u32(graph, 3)
        return 0

    def load_by_name(memory: Memory, name: int, length: int, graph: int) -> int:
        seen["name"] = memory.read(name, length)
        memory.put_u32(graph, 3)
        return 0

    def init_execution_context(memory: Memory, graph: int, context: int) -> int:
        assert graph == 3
        memory.put_u32(context, 4)
        return 0

    def set_input(memory: Memory, context: int, index: int, tensor: int) -> int:
        dims, rank, kind, data, length = struct.unpack("<IIB3xII", memory.read(tensor, 20))
        assert (context, index, memory.u32(dims, rank), kind) == (4, 0, (1, 64), 1)
        seen["images"].append(np.frombuffer(memory.read(data, length), dtype="<f4"))
        return 0

    def get_output(memory: Memory, *arguments: int) -> int:
        context, index, buffer, maximum, size = arguments
        assert (context, index) == (4, 0)
        assert maximum >= 40
        memory.write(buffer, (seen["images"][-1][:10] * np.float32(SCALE)).astype("<f4").tobytes())
        memory.put_u32(size, 40)
        return 0

    classify.functions = {
        "load": load,
        "load_by_name": load_by_name,
        "init_execution_context": init_execution_context,
        "set_input": set_input,
        "compute": lambda _memory, _context: 0,
        "get_output": get_output,
    }
    return seen


def expected_line(path: str, top: int) -> str:
    probabilities = softmax(np.array(PIXELS[:10]) / 16 * SCALE)
    order = np.argsort(-probabilities, kind="stable")[:top]
    return f"{path}: " + ", ".join(f"{index} {probabilities[index] * 100:.2f}%" for index in order)


def test_top_three_classes_of_each_image(classify: Guest, shared: Path, host: dict[str, Any]) -> None:
    outcome = classify.run(argv=["ir", "digit.pgm", "text.pgm"], shared=shared)
    assert (outcome.code, outcome.stderr) == (0, "")
    wanted = [expected_line("digit.pgm", 3), expected_line("text.pgm", 3)]
    assert outcome.stdout.decode().splitlines() == wanted
    assert host["builders"] == [b"<xml/>", b"weights"]
    assert host["numbers"] == (0, 0)


def test_both_forms_of_image_give_the_same_values(classify: Guest, shared: Path, host: dict[str, Any]) -> None:
    classify.run(argv=["ir", "digit.pgm", "text.pgm"], shared=shared)
    wanted = np.array(PIXELS, dtype=np.float32) / np.float32(16)
    assert [image.tobytes() for image in host["images"]] == [wanted.tobytes()] * 2


def test_onnx_is_one_builder(classify: Guest, shared: Path, host: dict[str, Any]) -> None:
    assert classify.run(argv=["onnx", "digit.pgm"], shared=shared).code == 0
    assert (host["builders"], host["numbers"]) == ([b"onnx"], (1, 0))


def test_graph_is_loaded_by_its_name(classify: Guest, shared: Path, host: dict[str, Any]) -> None:
    outcome = classify.run(argv=["--top", "1", "--graph", "digits", "digit.pgm"], shared=shared)
    assert outcome.stdout.decode() == expected_line("digit.pgm", 1) + "\n"
    assert (host["name"], outcome.calls[0][0]) == (b"digits", "load_by_name")


@pytest.mark.parametrize("function", ["load", "init_execution_context", "set_input", "compute", "get_output"])
@pytest.mark.usefixtures("host")
def test_errno_ends_the_program_with_its_name(classify: Guest, shared: Path, function: str) -> None:
    classify.functions[function] = lambda *_: 6
    outcome = classify.run(argv=["ir", "digit.pgm"], shared=shared)
    assert (outcome.code, outcome.stdout) == (1, b"")
    assert outcome.stderr.endswith(f"{function}: errno 6, unsupported_operation\n")


@pytest.mark.usefixtures("host")
def test_unknown_graph_is_named(classify: Guest, shared: Path) -> None:
    classify.functions["load_by_name"] = lambda *_: 8
    outcome = classify.run(argv=["--graph", "cats", "digit.pgm"], shared=shared)
    assert (outcome.code, outcome.stdout) == (1, b"")
    assert outcome.stderr == 'classify-witx: graph "cats": load_by_name: errno 8, not_found\n'


@pytest.mark.parametrize("size", [0, 3, 16_388])
@pytest.mark.usefixtures("host")
def test_output_of_a_wrong_size_is_refused(classify: Guest, shared: Path, size: int) -> None:
    def get_output(memory: Memory, *arguments: int) -> int:
        memory.put_u32(arguments[-1], size)
        return 0

    classify.functions["get_output"] = get_output
    outcome = classify.run(argv=["ir", "digit.pgm"], shared=shared)
    assert (outcome.code, outcome.stdout) == (1, b"")
    assert f"{size} bytes are no scores" in outcome.stderr


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["nowhere", "digit.pgm"], "nowhere: neither model.xml nor model.onnx is there"),
        (["ir", "missing.pgm"], "cannot read missing.pgm"),
        (["ir", "ir/model.xml"], "ir/model.xml: not a PGM image"),
    ],
)
@pytest.mark.usefixtures("host")
def test_unreadable_files_are_named(classify: Guest, shared: Path, argv: list[str], part: str) -> None:
    outcome = classify.run(argv=argv, shared=shared)
    assert (outcome.code, outcome.stdout) == (1, b"")
    assert outcome.stderr.startswith("classify-witx: ")
    assert part in outcome.stderr


@pytest.mark.parametrize("argv", [[], ["ir"], ["--top", "0", "ir", "digit.pgm"], ["--fast", "ir", "digit.pgm"]])
@pytest.mark.usefixtures("host")
def test_wrong_command_line_shows_the_usage(classify: Guest, shared: Path, argv: list[str]) -> None:
    outcome = classify.run(argv=argv, shared=shared)
    assert (outcome.code, outcome.calls) == (2, [])
    assert "usage: classify-witx [--top K] (MODELDIR | --graph NAME) IMAGE..." in outcome.stderr
