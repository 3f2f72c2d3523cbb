from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import small_ir

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
    (tmp_path / "model.onnx").write_bytes(b"bytes")
    named_graphs.add_option(f"m=onnx::{tmp_path}")
    assert named_graphs.get("m") == NamedGraph(GraphEncoding.ONNX, (b"bytes",))


def test_an_only_file_may_have_any_name(named_graphs: NamedGraphs, folder: Path) -> None:
    (folder / "model.xml").rename(folder / "net.xml")
    named_graphs.add_option(f"m=openvino::{folder}")
    assert named_graphs.get("m").builders[0] == small_ir.identity()


def test_two_files_of_other_names_are_no_model(named_graphs: NamedGraphs, folder: Path) -> None:
    (folder / "model.xml").rename(folder / "one.xml")
    (folder / "two.xml").write_bytes(b"")
    with pytest.raises(UserError, match=r"neither model\.xml nor exactly one"):
        named_graphs.add_option(f"m=openvino::{folder}")


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("openvino:/models", "ENCODING::DIR"),
        ("openvino::", "ENCODING::DIR"),
        ("tensorflow::/models", "'tensorflow' is not served; served: openvino, onnx"),
        ("autodetect::/models", "is not served"),
        ("openvino::/no/such/folder", "no such folder"),
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
