from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import small_ir
import small_onnx

from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError
from wasi_nn_reference.named_graphs import NamedGraph, NamedGraphs
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wasi_nn_reference.host import Host


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "digits"
    path.mkdir()
    (path / "model.xml").write_bytes(small_ir.identity())
    (path / "model.bin").write_bytes(b"")
    return path


@pytest.fixture
def in_parent(named_graphs: NamedGraphs, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which `digits` lies, as the working directory, and `digits` registered."""
    named_graphs.add_option(f"openvino::{folder}")
    monkeypatch.chdir(folder.parent)
    return folder.parent


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Every file that Python opens from now on."""
    files: list[str] = []
    watching = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and watching:
            files.append(str(arguments[0]))

    sys.addaudithook(hook)  # can not be removed, so it is told when to stop
    yield files
    watching.clear()


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("openvino::{}", "digits"),
        ("numbers=openvino::{}", "numbers"),
        ("a=b=openvino::{}", "a=b"),
        ("openvino::{}/", "digits"),
    ],
)
def test_the_name_under_which_a_folder_is_registered(
    named_graphs: NamedGraphs, folder: Path, option: str, name: str
) -> None:
    named_graphs.add_option(option.format(folder))
    assert named_graphs.get(name).builders == (small_ir.identity(), b"")


def test_an_onnx_folder(named_graphs: NamedGraphs, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(small_onnx.unary())
    named_graphs.add_option(f"m=onnx::{tmp_path}")
    assert named_graphs.get("m") == NamedGraph(GraphEncoding.ONNX, (small_onnx.unary(),))


@pytest.mark.parametrize(("option", "name"), [("onnx::{}", "relu"), ("m=onnx::{}", "m")])
def test_a_file(named_graphs: NamedGraphs, tmp_path: Path, option: str, name: str) -> None:
    (tmp_path / "relu.onnx").write_bytes(small_onnx.unary())
    named_graphs.add_option(option.format(tmp_path / "relu.onnx"))
    assert named_graphs.get(name).builders == (small_onnx.unary(),)


def test_a_file_with_its_weights_beside_it(named_graphs: NamedGraphs, folder: Path) -> None:
    for name in ("one", "two"):
        (folder / f"{name}.xml").write_bytes(small_ir.identity())
        (folder / f"{name}.bin").write_bytes(name.encode())
    named_graphs.add_option(f"openvino::{folder / 'two.xml'}")
    assert named_graphs.get("two").builders == (small_ir.identity(), b"two")


def test_a_file_without_its_weights(named_graphs: NamedGraphs, folder: Path) -> None:
    (folder / "one.xml").write_bytes(small_ir.identity())
    with pytest.raises(UserError, match=r"one\.xml: one\.bin is not beside it"):
        named_graphs.add_option(f"openvino::{folder / 'one.xml'}")


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A folder with two models."""
    for operator in ("Relu", "Abs"):
        (tmp_path / f"{operator}.onnx").write_bytes(small_onnx.unary(operator))
    return tmp_path


def test_several_models_in_a_folder_have_the_names_of_their_files(named_graphs: NamedGraphs, several: Path) -> None:
    named_graphs.add_option(f"onnx::{several}")
    assert len(named_graphs) == 2
    assert [named_graphs.get(name).builders for name in ("Relu", "Abs")] == [
        (small_onnx.unary("Relu"),), (small_onnx.unary("Abs"),),
    ]  # fmt: skip


def test_several_models_in_a_folder_have_no_name_together(named_graphs: NamedGraphs, several: Path) -> None:
    with pytest.raises(UserError) as caught:
        named_graphs.add_option(f"m=onnx::{several}")
    said = f"{several}: has several models: Abs.onnx, Relu.onnx; give the file of one: {several / 'Abs.onnx'}"
    assert str(caught.value) == said


def test_the_model_by_convention_is_the_folders(named_graphs: NamedGraphs, several: Path) -> None:
    (several / "model.onnx").write_bytes(small_onnx.unary())
    named_graphs.add_option(f"m=onnx::{several}")
    assert named_graphs.get("m").builders == (small_onnx.unary(),)


@pytest.mark.parametrize(
    ("encoding", "name"), [("onnx", "broken.onnx"), ("openvino", "broken.xml")], ids=["onnx", "openvino"]
)
@pytest.mark.parametrize("form", ["{folder}", "{file}"])
def test_a_broken_model_is_told_by_its_file(
    named_graphs: NamedGraphs, tmp_path: Path, encoding: str, name: str, form: str
) -> None:
    (tmp_path / name).write_bytes(b"broken")
    (tmp_path / "broken.bin").write_bytes(b"")
    with pytest.raises(UserError) as caught:
        named_graphs.add_option(f"m={encoding}::{form.format(folder=tmp_path, file=tmp_path / name)}")
    assert str(caught.value) == f"{tmp_path / name}: the file is no model in the encoding {encoding}"


def test_an_only_file_may_have_any_name(named_graphs: NamedGraphs, folder: Path) -> None:
    (folder / "model.xml").rename(folder / "net.xml")
    named_graphs.add_option(f"m=openvino::{folder}")
    assert named_graphs.get("m").builders[0] == small_ir.identity()


def test_a_folder_without_a_model(named_graphs: NamedGraphs, folder: Path) -> None:
    (folder / "model.xml").unlink()
    with pytest.raises(UserError, match=r"neither model\.xml nor exactly one"):
        named_graphs.add_option(f"m=openvino::{folder}")


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("openvino:/models", "ENCODING::FILE"),
        ("openvino::", "ENCODING::FILE"),
        ("tensorflow::/models", "'tensorflow' is not served; served: openvino, onnx"),
        ("autodetect::/models", "is not served"),
        ("openvino::/no/such/folder", "no such file or folder"),
        ("=openvino::{}", "not empty"),
    ],
)
def test_options_that_are_refused(named_graphs: NamedGraphs, folder: Path, option: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        named_graphs.add_option(option.format(folder))


def test_a_name_is_given_once(named_graphs: NamedGraphs, folder: Path) -> None:
    named_graphs.add_option(f"m=openvino::{folder}")
    with pytest.raises(UserError, match="two graphs are called 'm'"):
        named_graphs.add_option(f"m=openvino::{folder}")


@pytest.mark.parametrize("name", ["{folder}", "./digits", "..", "", "digits\0", "letters", "Digits"])
def test_other_names_are_not_found_and_open_no_file(host: Host, in_parent: Path, opened: list[str], name: str) -> None:
    opened.clear()
    with pytest.raises(WasiNnError) as caught:
        host.load_by_name(name.format(folder=in_parent / "digits"))
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert opened == []


def test_a_graph_is_read_at_registration_only(
    host: Host, named_graphs: NamedGraphs, folder: Path, opened: list[str]
) -> None:
    named_graphs.add_option(f"openvino::{folder}")
    assert any("digits" in name for name in opened)
    opened.clear()
    host.load_by_name("digits")
    assert not [name for name in opened if "digits" in name]


def test_each_load_is_a_graph_of_its_own(host: Host, named_graphs: NamedGraphs, folder: Path) -> None:
    named_graphs.add_option(f"openvino::{folder}")
    assert host.load_by_name("digits") is not host.load_by_name("digits")
