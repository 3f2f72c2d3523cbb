"""The registry of encodings and engines, and what an entry in it is enough for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from wat_guests import exiting

from wasi_nn_reference.backends.backend import Port
from wasi_nn_reference.backends.registry import SERVED, Builder, Engine, Served, backends
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from pathlib import Path

    from program import Program

    from wasi_nn_reference.backends.backend import BackendRequest

MODEL = b"TFL3 and so on"
HERE = ("--isolation", "none")  # the entry is in this process alone


class Lite:
    """Backend and graph of an encoding that is served in these tests only."""

    inputs = (Port("x", TensorType.F32, (1,)),)
    outputs = (Port("y", TensorType.F32, None),)

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.loaded: list[tuple[bytes, ...]] = []

    def load(
        self, encoding: GraphEncoding, builders: tuple[bytes, ...], target: ExecutionTarget, seconds: float
    ) -> Lite:
        assert (encoding, target) == (GraphEncoding.TENSORFLOWLITE, ExecutionTarget.CPU)
        assert seconds > 0
        self.loaded.append(builders)
        return self

    def request(self) -> BackendRequest:
        raise NotImplementedError("no graph of these tests is computed")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Lite]:
    """The backends that are made of an encoding that is added by one entry."""
    backends_made: list[Lite] = []

    def make(settings: EngineSettings) -> Lite:
        backends_made.append(Lite(settings))
        return backends_made[-1]

    served = Served(
        (Builder("the model", "model.tflite"),),
        lambda data: data[:4] == b"TFL3",
        (Engine("lite", make, "lite", forks=False),),
    )
    monkeypatch.setitem(SERVED, GraphEncoding.TENSORFLOWLITE, served)
    return backends_made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.tflite").write_bytes(MODEL)
    return tmp_path


def loading(encoding: int) -> bytes:
    """A guest that loads MODEL and exits with the errno."""
    builder = f"\\00\\01\\00\\00\\{len(MODEL):02x}\\00\\00\\00"  # 256 and the length
    data = f'(data (i32.const 256) "{MODEL.decode()}") (data (i32.const 512) "{builder}")'
    call = f"(call $load (i32.const 512) (i32.const 1) (i32.const {encoding}) (i32.const 0) (i32.const 600))"
    return exiting(call, more=data)


@pytest.mark.parametrize("encoding", [4, 5])
def test_an_entry_is_enough_to_load_by_name_and_by_detection(program: Program, made: list[Lite], encoding: int) -> None:
    assert program(loading(encoding), "--threads", "3", *HERE) == 0
    (backend,) = made
    assert backend.loaded == [(MODEL,)]
    assert backend.settings.threads == 3


def test_without_the_entry_it_is_not_served(program: Program) -> None:
    assert program(loading(4), "--verbose") == 2
    assert "the encoding tensorflowlite is not served here; served: openvino, onnx\n" in program.err


@pytest.mark.usefixtures("made")
def test_other_bytes_are_not_taken_for_it(program: Program) -> None:
    assert program(loading(0), "--verbose") == 1
    assert "openvino takes 2 builder(s), the XML and the weights (may be empty); got 1" in program.err


def test_a_graph_of_it_is_registered(program: Program, made: list[Lite], folder: Path) -> None:
    name = exiting(
        "(call $load_by_name (i32.const 256) (i32.const 1) (i32.const 600))", more='(data (i32.const 256) "m")'
    )
    assert program(name, "--graph", f"m=tensorflowlite::{folder}", *HERE) == 0
    assert made[0].loaded == [(MODEL,)]


@pytest.mark.usefixtures("made")
def test_it_stands_in_the_help_and_in_errors(program: Program, folder: Path) -> None:
    program.words("run", "--help")
    assert "openvino, onnx, tensorflowlite" in " ".join(program.out.split())
    program(b"", "--graph", f"m=nonsense::{folder}")
    assert "served: openvino, onnx, tensorflowlite" in program.err
    (folder / "model.tflite").unlink()
    (folder / "guest.wasm").unlink()  # which would make it a folder of workers
    program.words("inspect", str(folder))
    assert "has neither model.tflite nor exactly one other file *.tflite" in program.err


@pytest.mark.usefixtures("made")
def test_it_is_inspected(program: Program, folder: Path) -> None:
    for path in (folder, folder / "model.tflite"):
        assert program.words("inspect", *HERE, str(path)) == 0
        assert program.out.startswith("encoding: tensorflowlite\nsizes: ")
        assert program.out.endswith("inputs:\n  0: x f32 [1]\noutputs:\n  0: y f32 [...]\nruns here: yes\n")


def test_encodings_of_one_engine_share_its_backend() -> None:
    made = backends(EngineSettings(engines=((GraphEncoding.ONNX, "openvino"),)))
    assert set(made) == {GraphEncoding.OPENVINO, GraphEncoding.ONNX}
    assert made[GraphEncoding.OPENVINO] is made[GraphEncoding.ONNX]


def test_without_openvino_the_user_is_told_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "wasi_nn_reference.backends.openvino.engine", raising=False)
    backend = backends(EngineSettings())[GraphEncoding.OPENVINO]
    with pytest.raises(WasiNnError) as caught:
        backend.load(GraphEncoding.OPENVINO, (b"<net/>", b""), ExecutionTarget.CPU, 1)
    assert caught.value.code is ErrorCode.INVALID_ENCODING
    assert (
        capsys.readouterr().err
        == "wasi-nn: openvino is not installed; install it with: pip install 'wasi-nn-conformance[reference]'\n"
    )
