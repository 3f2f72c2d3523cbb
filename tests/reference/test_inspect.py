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
NOTHING = "the module exports no function _start or _initialize, so there is nothing to run"
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
    assert found == {"kind": "module", "abi": "", "imports": {}, "memory": False, "obstacles": [NOTHING]}


def test_a_component(report: Report) -> None:
    found = report("guest.wasm", compiled(COMPONENT))
    assert (found["kind"], found["abi"]) == ("component", f"wit (wasi:nn@{TAG})")
    assert list(found["imports"]) == [f"wasi:nn/tensor@{TAG}", "wasi:io/poll@0.2.0"]


def test_an_ir_model(report: Report) -> None:
    found = report("any.xml", small_ir.unary("Relu", shape=(-1, 3)))
    assert found == {
        "kind": "model",
        "encoding": "openvino",
        "sizes": [len(small_ir.unary("Relu", shape=(-1, 3))), 0],
        "operator_sets": ["opset1"],
        "inputs": [{"name": "x", "type": "f32", "shape": [None, 3]}],
        "outputs": [{"name": "y", "type": "f32", "shape": [None, 3]}],
        "obstacles": [],
    }


def test_weights_beside_an_ir_model_are_used(report: Report, tmp_path: Path) -> None:
    (tmp_path / "net.bin").write_bytes(bytes(16))
    model = small_ir.graph([small_ir.constant("f32", (4,), 0, 16), small_ir.result("f32", 0)])
    assert report("net.xml", model)["outputs"][0]["shape"] == [4]


def test_an_onnx_model(report: Report) -> None:
    found = report("any.onnx", small_onnx.unary())
    assert (found["encoding"], found["inputs"][0]["name"], found["outputs"][0]["name"]) == ("onnx", "x", "y")
    assert (found["sizes"], found["operator_sets"]) == ([len(small_onnx.unary())], ["ai.onnx 13"])


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("any.onnx", small_onnx.model(small_onnx.node("Identity", ("x",), "y"), element_type=8), "string"),
        ("any.xml", small_ir.identity("i8"), "i8"),
    ],
)
def test_a_model_with_a_type_that_wasi_nn_does_not_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes, kind: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert cli.main(["inspect", str(tmp_path / name)]) == 0
    said = capsys.readouterr().out
    assert f"  0: x {kind} [1, 4] (wasi-nn has no such type)\noutputs:\n" in said
    assert f"\nruns here: no, because the model has an input or output of type {kind}" in said


def test_a_model_with_an_operator_that_is_not_known(report: Report) -> None:
    found = report("any.onnx", small_onnx.unary("Frobnicate"))
    assert "Frobnicate" in found["obstacles"][0]
    assert found["outputs"] == [{"name": "y", "type": "f32", "shape": [1, 4]}]


def test_initializers_are_no_inputs(report: Report) -> None:
    model = small_onnx.model(
        small_onnx.node("Frobnicate", ("x", "n"), "y"),
        inputs=("x", "n"),
        initializer=small_onnx.int64_tensor("n", (1, 2, 3, 4), (1, 4)),
        element_type=small_onnx.INT64,
    )
    assert [port["name"] for port in report("any.onnx", model)["inputs"]] == ["x"]


@pytest.mark.parametrize("encoding", ["openvino", "onnx"])
def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str) -> None:
    if encoding == "onnx":
        (tmp_path / "model.onnx").write_bytes(small_onnx.unary())
    else:
        (tmp_path / "model.xml").write_bytes(small_ir.unary("Relu"))
        (tmp_path / "model.bin").write_bytes(b"")
    assert cli.main(["inspect", str(tmp_path)]) == 0
    expected = "inputs:\n  0: x f32 [1, 4]\noutputs:\n  0: y f32 [1, 4]\nruns here: yes\n"
    said = capsys.readouterr().out
    assert said.startswith(f"encoding: {encoding}\nsizes: ")
    assert said.endswith(expected)


def test_a_module_for_a_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "guest.wasm"
    path.write_bytes(compiled('(module (import "env" "f" (func)) (import "env" "g" (func)))'))
    assert cli.main(["inspect", str(path)]) == 0
    expected = (
        "kind: module\nwasi-nn: not imported\nimports:\n  env: f, g\nexported memory: no\nruns here: no, because "
    )
    said = capsys.readouterr().out
    assert said.startswith(f"{expected}the guest imports env.f, env.g, which are not served here; served: ")
    assert said.endswith(f"; {NOTHING}\n")


def test_a_guest_that_runs(report: Report) -> None:
    assert report("guest.wasm", command(""))["obstacles"] == []
    assert report("guest.wat", b"(module (func $f) (start $f))")["obstacles"] == []


@pytest.mark.parametrize(
    ("guest", "obstacle"),
    [
        (command("", memory="(memory 1)"), "it exports no memory, without which calls of wasi-nn fail"),
        (
            compiled('(module (import "wasi_ephemeral_nn" "compute" (func (param i64))) (func (export "_start"))'
            ' (memory (export "memory") 1))'),
            "the module imports wasi_ephemeral_nn.compute as (i64) -> (); it is (i32) -> (i32)",
        ),
    ],
)  # fmt: skip
def test_why_a_module_does_not_run(report: Report, guest: bytes, obstacle: str) -> None:
    assert report("guest.wasm", guest)["obstacles"] == [obstacle]


@pytest.mark.parametrize(
    ("guest", "abi", "hint"),
    [
        ('(module (import "wasi_nn" "load" (func)))', "another (wasi_nn)", "wasi_nn is WAMR's own form"),
        (
            '(component (import "wasi:nn/tensor" (instance)))',
            "wit (wasi:nn without a version)",
            "is a draft from before",
        ),
    ],
)
def test_imports_of_other_times_and_hosts(report: Report, guest: str, abi: str, hint: str) -> None:
    found = report("guest.wasm", compiled(guest))
    assert found["abi"] == abi
    assert hint in found["obstacles"][0]


def test_why_a_component_does_not_run(report: Report) -> None:
    items = '(instance (export "unload" (func)))'
    owned = '(import "my:own/a" (instance)) (import "my:own/b" (instance))'
    text = f'(component {owned} (import "wasi:nn/graph@{TAG}" {items}))'
    missing, fault, nothing = report("guest.wasm", compiled(text))["obstacles"]
    assert missing.startswith("the component imports my:own/a, my:own/b, which are not served here")
    assert fault == f"the component imports unload of wasi:nn/graph@{TAG}, which has no such function"
    assert nothing.startswith("the component exports no wasi:cli/run")


def test_the_cache_is_used(report: Report, own_cache_folder: Path, tmp_path: Path) -> None:
    entries = own_cache_folder / "wasi-nn" / "modules"
    report("guest.wasm", command("(call $exit (i32.const 6))"))
    assert len(list(entries.iterdir())) == 1
    assert cli.main(["run", str(tmp_path / "guest.wasm")]) == 6
    assert len(list(entries.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "data", "complaint"),
    [
        ("guest.wasm", b"", "neither WebAssembly nor a model"),
        ("guest.wasm", b"\0asm\x01\0\0\0garbage", "the module does not compile"),
        ("guest.wasm", b"\0asm\x0d\0\x01\0garbage", "the component does not compile"),
        ("model.xml", b"<html/>", "neither WebAssembly nor a model"),
        ("model.xml", b"<net/>", "OpenVINO cannot read the model"),
        ("model.onnx", small_onnx.field(7, b"broken inside"), "the ONNX model is malformed"),
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
