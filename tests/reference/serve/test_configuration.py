"""The TOML file beside a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small_ir

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.configuration import (
    Configuration,
    Folder,
    Inference,
    WorkerLimits,
    read_configuration,
)
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from pathlib import Path

ORIGINAL = """
name = "classify"
version = "1"

[vars]
MODEL = "model"
TOKEN = "$KEY"
PRICE = "$ 5"

[data]
[data.kv]
namespace = "example"

[[folders]]
from = "./_models"
to = "/models"

[features]
[features.wasi_nn]
allowed_backends = ["openvino"]

[[features.wasi_nn.preload_models]]
backend = "openvino"
provider = { type = "local", dir = "./_models/mobilenet" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    models = tmp_path / "api" / "_models" / "mobilenet"
    models.mkdir(parents=True)
    (models / "model.xml").write_bytes(small_ir.identity())
    (models / "model.bin").write_bytes(b"")
    return tmp_path


def read(folder: Path, text: str, **environment: str) -> Configuration:
    file = folder / "api" / "classify.toml"
    file.write_text(text, "utf-8")
    return read_configuration(file, folder, environment, WorkerLimits())


def test_a_file_of_the_original_form(folder: Path) -> None:
    made = read(folder, ORIGINAL, KEY="secret")
    assert made.name == "classify"
    assert made.variables == {"MODEL": "model", "TOKEN": "secret", "PRICE": "$ 5"}
    assert (made.namespace, made.store_url, made.unset) == ("example", "", ())
    assert made.folders == (Folder(folder / "api" / "_models", "/models"),)
    assert made.limits == WorkerLimits()
    assert made.inference is not None
    assert made.inference.encodings == (GraphEncoding.OPENVINO,)
    assert {name: graph.builders for name, graph in made.inference.graphs.items()} == {
        "mobilenet": (small_ir.identity(), b"")
    }


def test_an_empty_file_gives_what_holds_without_one(folder: Path) -> None:
    assert read(folder, "") == Configuration()


def test_a_variable_that_the_server_does_not_have_is_empty_and_known(folder: Path) -> None:
    made = read(folder, '[vars]\nTOKEN = "$TOKEN"')
    assert (made.variables, made.unset) == ({"TOKEN": ""}, ("TOKEN",))


def test_what_only_this_server_has(folder: Path) -> None:
    made = read(
        folder,
        """
        limits = { seconds = 2, memory_bytes = 65536, body_bytes = 0, stdout_bytes = 7, concurrency = 3 }
        data.kv = { namespace = "n", url = "$STORE" }
        folders = [{ from = "_models", to = "/a", scratch = true }, { from = "_models", to = "/b", read_only = true }]
        [features.wasi_nn]
        allowed_backends = ["onnx", "openvino"]
        abi = "2023-06"
        compat_layout = "nhwc"
        """,
        STORE="redis://127.0.0.1/3",
    )
    assert made.limits == WorkerLimits(2.0, 65536, 0, 7, 3)
    assert made.store_url == "redis://127.0.0.1/3"
    models = folder / "api" / "_models"
    assert made.folders == (Folder(models, "/a", scratch=True), Folder(models, "/b", read_only=True))
    assert made.inference == Inference((GraphEncoding.ONNX, GraphEncoding.OPENVINO), {}, "2022", channels_last=True)


def test_the_gates_are_apart(folder: Path) -> None:
    allowed = read(folder, '[features.wasi_nn]\nallowed_backends = ["openvino"]').inference
    named = read(
        folder,
        '[[features.wasi_nn.preload_models]]\nbackend = "openvino"\n'
        'provider = { type = "local", dir = "_models/mobilenet" }',
    ).inference
    assert allowed is not None
    assert named is not None
    assert (allowed.encodings, list(allowed.graphs)) == ((GraphEncoding.OPENVINO,), [])
    assert (named.encodings, list(named.graphs)) == ((), ["mobilenet"])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = ", 1, "not TOML"),
        ("\nnam = 'x'", 2, "nam: is no key of this table; did you mean 'name'?"),
        ("name = 3", 1, "name: must be a string"),
        ("version = '2'", 1, "version: '2' is not known; known: 1"),
        ("[vars]\nA = 'x'\nB = 1", 3, "vars.B: must be a string"),
        ("[vars]\n'A=B' = 'x'", 1, "vars: 'A=B' cannot be a variable"),
        ("\n[data.kv]\n", 2, "data.kv: needs the key namespace"),
        ("[data.kv]\nnamespace = 'n'\nurl = 'http://x'", 3, "data.kv.url: a store is at redis://"),
        ("[data.kv]\nnamespace = 'n'\nurl = '$STORE'", 3, "data.kv.url: this variable is not set"),
        ("[data.kw]\nnamespace = 'n'", 1, "data.kw: is no key of this table; known: kv"),
        ("[[folders]]\nfrom = '_models'", 1, "folders: needs the key to"),
        ("[[folders]]\nfrom='_models'\nto='/a'\n[[folders]]\nfrom = 'x'\nto = '/b'", 5, "folders.from: there is no"),
        ("[[folders]]\nfrom='../..'\nto='/a'", 2, "folders.from: leads out of the folder that is served"),
        ("[[folders]]\nfrom='/etc'\nto='/a'", 2, "folders.from: leads out of the folder that is served"),
        ("[[folders]]\nfrom='_models'\nto='a'", 3, "folders.to: 'a' is no absolute path"),
        ("[[folders]]\nfrom='_models'\nto='/a'\nscratch=true\nread_only=true", 4, "folders.scratch: a copy that is"),
        ("folders = 3", 1, "folders: must be a list"),
        ("folders = [3]", 1, "folders: must be an array of tables"),
        ("[features]\n[features.http_requests]\nallowed_hosts = []", 2, "features.http_requests: workers make no"),
        ("[features.wasi-nn]", 1, "features.wasi-nn: is no key of this table; did you mean 'wasi_nn'?"),
        ("[features.wasi_nn]\nallowed_backends = ['openvin']", 2, "'openvin' is not known; did you mean 'openvino'?"),
        ("[features.wasi_nn]\nallowed_backends = [1]", 2, "features.wasi_nn.allowed_backends: must be a list of"),
        ("[features.wasi_nn]\nabi = '2022'", 2, "features.wasi_nn.abi: '2022' is not known"),
        ("[features.wasi_nn]\ncompat_layout = 'x'", 2, "features.wasi_nn.compat_layout: 'x' is not known"),
        ("[[features.wasi_nn.preload_models]]\nbackend='openvino'", 1, "preload_models: needs the key provider"),
        (
            "[[features.wasi_nn.preload_models]]\nbackend='openvino'\nprovider={type='lokal',dir='x'}",
            3,
            "features.wasi_nn.preload_models.provider.type: 'lokal' is not known; did you mean 'local'?",
        ),
        (
            "[[features.wasi_nn.preload_models]]\nbackend='openvino'\nprovider={type='local',dir='x'}",
            3,
            "no such file or folder",
        ),
        (
            "[[features.wasi_nn.preload_models]]\nbackend='openvino'\n[features.wasi_nn.preload_models.provider]\ntype='local'",
            3,
            "features.wasi_nn.preload_models.provider: needs the key dir",
        ),
        ("[limits]\nseconds = 0", 2, "limits.seconds: is 0; it must be a time"),
        ("[limits]\nseconds = true", 2, "limits.seconds: must be a number"),
        ("[limits]\nmemory_bytes = -1", 2, "limits.memory_bytes: is -1; it must be 1 or more"),
        ("[limits]\nmemory = 1", 2, "limits.memory: is no key of this table; did you mean 'memory_bytes'?"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(folder: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read(folder, text)
    assert str(caught.value).startswith(f"{folder / 'api' / 'classify.toml'}:{line}: ")
    assert message in str(caught.value)


def test_two_models_of_one_name(folder: Path) -> None:
    entry = (
        '[[features.wasi_nn.preload_models]]\nbackend = "openvino"\n'
        'provider = { type = "local", dir = "_models/mobilenet" }\n'
    )
    with pytest.raises(UserError, match=r"classify\.toml:6: .*two models are called 'mobilenet'"):
        read(folder, entry + entry)


def test_bytes_that_are_no_utf_8(folder: Path) -> None:
    (folder / "a.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(UserError, match=r"a\.toml: byte 8 is not UTF-8"):
        read_configuration(folder / "a.toml", folder, {}, WorkerLimits())


def test_a_link_out_of_the_folder_is_no_folder_of_a_worker(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "api" / "outside").symlink_to(tmp_path_factory.mktemp("outside"))
    with pytest.raises(UserError, match="leads out"):
        read(folder, "[[folders]]\nfrom='outside'\nto='/a'")
