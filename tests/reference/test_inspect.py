from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import small_ir
import small_onnx
from wat_guests import command, compiled

from wasi_nn_cli import program as cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Report = Callable[[str, bytes], dict[str, Any]]

TAG = "0.2.0-rc-2024-10-28"
COMPONENT = f'(component (import "wasi:nn/tensor@{TAG}" (instance)) (import "wasi:io/poll@0.2.0" (instance)))'


@pytest.fixture
def report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Report:
    """Return the JSON report of a file with the given name and bytes."""

    def make(name: str, data: bytes) -> dict[str, Any]:
        path = tmp_path / name
        path.write_bytes(data)
        assert cli.main(["inspect", "--json", str(path)]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return make


def test_a_module(report: Report) -> None:
    found = report("guest.wasm", command(""))
    assert (found["kind"], found["abi"], found["memory"]) == ("module", "witx (wasi_ephemeral_nn)", True)
    assert found["imports"]["wasi_ephemeral_nn"] == [
        "load", "load_by_name", "init_execution_context", "set_input", "compute", "get_output",
    ]  # fmt: skip


def test_a_module_without_wasi_nn_and_memory(report: Report) -> None:
    found = report("guest.wasm", compiled("(module)"))
    assert found == {"kind": "module", "abi": "", "imports": {}, "memory": False}


def test_a_component(report: Report) -> None:
    found = report("guest.wasm", compiled(COMPONENT))
    assert (found["kind"], found["abi"]) == ("component", f"wit (wasi:nn@{TAG})")
    assert list(found["imports"]) == [f"wasi:nn/tensor@{TAG}", "wasi:io/poll@0.2.0"]


def test_an_ir_model(report: Report) -> None:
    found = report("any.xml", small_ir.unary("Relu", shape=(-1, 3)))
    assert found == {
        "kind": "model",
        "encoding": "openvino",
        "inputs": [{"name": "x", "type": "f32", "shape": [None, 3]}],
        "outputs": [{"name": "y", "type": "f32", "shape": [None, 3]}],
    }


def test_weights_beside_an_ir_model_are_used(report: Report, tmp_path: Path) -> None:
    (tmp_path / "net.bin").write_bytes(bytes(16))
    model = small_ir.graph([small_ir.constant("f32", (4,), 0, 16), small_ir.result("f32", 0)])
    assert report("net.xml", model)["outputs"][0]["shape"] == [4]


def test_an_onnx_model(report: Report) -> None:
    found = report("any.onnx", small_onnx.unary())
    assert (found["encoding"], found["inputs"][0]["name"], found["outputs"][0]["name"]) == ("onnx", "x", "y")


@pytest.mark.parametrize("encoding", ["openvino", "onnx"])
def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str) -> None:
    if encoding == "onnx":
        (tmp_path / "model.onnx").write_bytes(small_onnx.unary())
    else:
        (tmp_path / "model.xml").write_bytes(small_ir.unary("Relu"))
        (tmp_path / "model.bin").write_bytes(b"")
    assert cli.main(["inspect", str(tmp_path)]) == 0
    expected = f"encoding: {encoding}\ninputs:\n  0: x f32 [1, 4]\noutputs:\n  0: y f32 [1, 4]\n"
    assert capsys.readouterr().out == expected


def test_a_module_for_a_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "guest.wasm"
    path.write_bytes(compiled('(module (import "env" "f" (func)) (import "env" "g" (func)))'))
    assert cli.main(["inspect", str(path)]) == 0
    expected = "kind: module\nwasi-nn: not imported\nimports:\n  env: f, g\nexported memory: no\n"
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    ("name", "data", "complaint"),
    [
        ("guest.wasm", b"", "neither WebAssembly nor a model"),
        ("guest.wasm", b"\0asm\x01\0\0\0garbage", "the module is broken"),
        ("guest.wasm", b"\0asm\x0d\0\x01\0garbage", "the component is broken"),
        ("model.xml", b"<html/>", "neither WebAssembly nor a model"),
        ("model.xml", b"<net/>", "OpenVINO cannot read the model"),
        ("model.onnx", small_onnx.unary("Frobnicate"), "Frobnicate"),
    ],
)
def test_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes, complaint: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert cli.main(["inspect", str(path)]) == 1
    errors = capsys.readouterr().err
    assert complaint in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("name", ["nothing.wasm", "empty"])
def test_nothing_to_look_into(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tmp_path / "empty").mkdir()
    assert cli.main(["inspect", str(tmp_path / name)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
