from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest

from wasi_nn_conformance.models import ENCODINGS
from wasi_nn_conformance.run.model_folders import ModelFolders


@pytest.fixture
def folders() -> Iterator[ModelFolders]:
    folders = ModelFolders(
        lambda model, encoding: [f"{model} in {encoding}".encode(), b"weights"][: ENCODINGS[encoding].parts]
    )
    yield folders
    folders.close()


def test_a_path_leads_to_the_folder_of_a_registered_graph(folders: ModelFolders) -> None:
    folder = Path(folders.path({"graph": "named"}, "openvino", {"named": "neg-f32"}))
    assert folder == folders.folder("named", "neg-f32", "openvino")
    assert (folder / "model.xml").read_text() == "neg-f32 in openvino"


@pytest.mark.parametrize("by", ["absolute", "relative", "parent", "link"])
def test_each_way_leads_to_the_same_file(folders: ModelFolders, by: str) -> None:
    path = folders.path({"model": "neg-f32", "file": 1, "by": by}, "openvino", {})
    assert Path(path).read_bytes() == b"weights"
    assert Path(path).is_absolute() == (by != "relative")
    assert Path(path).is_symlink() == (by == "link")
    assert (".." in Path(path).parts) == (by in {"relative", "parent"})


def test_a_url_leads_there_too(folders: ModelFolders) -> None:
    url = urlparse(folders.path({"model": "neg-f32", "file": 0, "by": "url", "encoding": "onnx"}, "openvino", {}))
    assert url.scheme == "file"
    assert Path(url.path).read_text() == "neg-f32 in onnx"


def test_a_graph_that_is_not_registered_has_no_path(folders: ModelFolders) -> None:
    with pytest.raises(ValueError, match="no graph is registered as 'other'"):
        folders.path({"graph": "other"}, "openvino", {"named": "neg-f32"})


def test_without_an_encoding_there_is_no_model(folders: ModelFolders) -> None:
    with pytest.raises(ValueError, match="needs an encoding"):
        folders.path({"model": "neg-f32"}, None, {})


def test_closed_nothing_is_left(folders: ModelFolders) -> None:
    folder = folders.folder("named", "neg-f32", "openvino")
    folders.close()
    assert not folder.exists()
