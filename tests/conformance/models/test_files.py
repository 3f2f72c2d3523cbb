"""The committed files are those that the definitions give, and altered ones are noticed."""

import hashlib
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from wasi_nn_conformance.models import Model, ModelError, ModelFiles
from wasi_nn_conformance.models.__main__ import main
from wasi_nn_conformance.models.emission import differences, emit_all
from wasi_nn_conformance.models.encodings.openvino import model as openvino_ir

DEFINITION = """\
- id: copy
  why: it is an example
  inputs: {x: {type: f32, shape: [1]}}
  outputs: {x: x}
"""


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "models.yaml").write_text(DEFINITION)
    return tmp_path


def test_committed_files_are_what_the_definitions_give(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--check"])
    assert (status, capsys.readouterr().out.count("\n")) == (0, 1)


def test_every_model_has_files_in_both_encodings(model_files: ModelFiles, models: dict[str, Model]) -> None:
    names = {f"openvino/{name}.xml" for name in models} | {f"openvino/{name}.bin" for name in models}
    assert set(model_files.content) == names | {f"onnx/{name}.onnx" for name in models}


def test_emission_is_deterministic(models: dict[str, Model]) -> None:
    few = [models[name] for name in ("dense", "split", "three-outputs", "names-unicode")]
    assert emit_all(few) == emit_all(few)


def test_files_are_written_and_then_agree(vectors: Path) -> None:
    assert (main(["--vectors", str(vectors)]), main(["--vectors", str(vectors), "--check"])) == (0, 0)
    assert len(ModelFiles.open(vectors / "models").model_bytes("copy", "openvino")) == 2


@pytest.mark.parametrize("name", ["openvino/copy.xml", "openvino/copy.bin", "onnx/copy.onnx", "SHA256SUMS"])
def test_check_names_an_altered_file(vectors: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--vectors", str(vectors)])
    with (vectors / "models" / name).open("ab") as file:
        file.write(b"x")
    capsys.readouterr()
    assert main(["--vectors", str(vectors), "--check"]) == 1
    assert f"{name}: differs" in capsys.readouterr().out


def test_differences_name_missing_and_left_over_files(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"")
    assert differences(tmp_path, {"new": b""}) == ["new: missing", "old: not made from any model"]


def test_writing_removes_left_over_files(vectors: Path) -> None:
    (vectors / "models" / "old").write_bytes(b"")
    main(["--vectors", str(vectors)])
    assert not (vectors / "models" / "old").exists()


def test_a_mistake_in_a_definition_is_named_with_its_line(vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (vectors / "models.yaml").write_text(DEFINITION + DEFINITION)
    assert main(["--vectors", str(vectors)]) == 2
    assert "models.yaml:5: model 'copy': is defined twice" in capsys.readouterr().err


def test_a_library_that_is_not_installed_is_named(
    vectors: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (vectors / "models.yaml").write_text(DEFINITION.replace("copy", "never-made-before"))
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert main(["--vectors", str(vectors)]) == 2
    assert capsys.readouterr().err == "onnx is not installed; pip install 'wasi-nn-conformance[fuzz]'\n"


def test_an_altered_file_is_not_opened(vectors: Path) -> None:
    main(["--vectors", str(vectors)])
    (vectors / "models" / "openvino" / "copy.bin").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"model 'copy': .*copy\.bin differs from its sum"):
        ModelFiles.open(vectors / "models")


def test_a_missing_file_is_not_opened(vectors: Path) -> None:
    main(["--vectors", str(vectors)])
    (vectors / "models" / "onnx" / "copy.onnx").unlink()
    with pytest.raises(ModelError, match=r"model 'copy': .*cannot be read"):
        ModelFiles.open(vectors / "models")


@pytest.mark.parametrize(("model_id", "encoding"), [("nothing", "onnx"), ("dense", "pytorch")])
def test_unknown_models_and_encodings_have_no_bytes(model_files: ModelFiles, model_id: str, encoding: str) -> None:
    with pytest.raises(ModelError, match=f"model '{model_id}': "):
        model_files.model_bytes(model_id, encoding)


def test_sums_are_sha256_of_the_files(model_files: ModelFiles) -> None:
    line = f"{hashlib.sha256(model_files.content['onnx/dense.onnx']).hexdigest()}  onnx/dense.onnx\n"
    assert line in (model_files.folder / "SHA256SUMS").read_text()


def test_a_passed_on_input_is_joined_to_its_result_directly(models: dict[str, Model]) -> None:
    root = ET.fromstring(openvino_ir.emit(models["identity-renamed"])[0])  # noqa: S314  our own bytes
    assert [layer.get("type") for layer in root.iter("layer")] == ["Parameter", "Result"]
    assert [port.get("names") for port in root.iter("port") if port.get("names")] == ["x,z"]


def test_weights_stand_where_the_network_says(models: dict[str, Model]) -> None:
    xml, weights = openvino_ir.emit(models["dense"])
    places = [
        (int(data.attrib["offset"]), int(data.attrib["size"]))
        for data in ET.fromstring(xml).iter("data")  # noqa: S314  our own bytes
        if "offset" in data.attrib
    ]
    numbers = [np.frombuffer(weights[offset : offset + size], "<f4").tolist() for offset, size in places]
    assert numbers == [[1, -2, 3, 4, -5, 6], [10, -20]]


def test_weights_are_never_empty(models: dict[str, Model]) -> None:
    assert openvino_ir.emit(models["identity-f32"])[1] == bytes(8)
