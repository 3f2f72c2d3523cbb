"""`wasi-nn inspect` of a folder of workers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import small_ir
from program import Program
from wat_workers import HELLO, inferring

if TYPE_CHECKING:
    from pathlib import Path

FULL = """
name = "my worker"
[vars]
TOKEN = "secret-value"
[data.kv]
namespace = "things"
[[folders]]
from = "_models"
to = "/models"
read_only = true
[[folders]]
from = "_models"
to = "/tmp"
scratch = true
[features.wasi_nn]
allowed_backends = ["openvino"]
[[features.wasi_nn.preload_models]]
backend = "openvino"
provider = { type = "local", dir = "_models/u8" }
"""
KEYS = "name, version, vars, data, folders, features, limits"


@pytest.fixture
def program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Program:
    return Program(tmp_path, capfd)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "site" / "_models" / "u8"
    model.mkdir(parents=True)
    (model / "model.xml").write_bytes(small_ir.identity("u8", (1,)))
    (model / "model.bin").write_bytes(b"")
    (tmp_path / "site" / "[id].wasm").write_bytes(HELLO)
    (tmp_path / "site" / "full.wasm").write_bytes(inferring(name="u8"))
    (tmp_path / "site" / "full.toml").write_text(FULL)
    return tmp_path / "site"


def test_a_folder_of_workers(program: Program, folder: Path) -> None:
    assert program.words("inspect", str(folder)) == 0
    assert program.out.splitlines() == [
        "kind: workers (2)",
        "/full  (full.wasm)",
        "  name: my worker",
        "  variables: TOKEN",
        "  store: things",
        "  folders: /models (read-only), /tmp (a copy for each request)",
        "  loads: openvino",
        "  graphs: u8",
        "  runs here: yes",
        "/[id]  ([id].wasm)",
        "  runs here: yes",
    ]


def test_a_worker_that_cannot_run(program: Program, folder: Path) -> None:
    (folder / "full.toml").unlink()
    assert program.words("inspect", "--json", str(folder)) == 1
    report = json.loads(program.out)
    assert [route["obstacle"] and route["obstacle"][:21] for route in report["routes"]] == [
        "it imports wasi-nn, w",
        None,
    ]


def test_what_is_wrong_with_files_is_told_of_all(program: Program, folder: Path) -> None:
    (folder / "full.toml").write_text("\nnam = 'x'")
    (folder / "[id].toml").write_text("version = '3'")
    assert program.words("inspect", str(folder)) == 1
    assert program.err.splitlines() == [
        f"wasi-nn: {folder}/full.toml:2: nam: is no key of this table; did you mean 'name'?; known: {KEYS}",
        f"{folder}/[id].toml:1: version: '3' is not known; known: 1",
    ]


def test_a_model_that_no_engine_loads_is_told(program: Program, folder: Path) -> None:
    (folder / "_models" / "u8" / "model.xml").write_bytes(b"<?xml version='1.0'?><net></net>")
    assert program.words("inspect", str(folder)) == 1
    assert program.err.startswith(f"wasi-nn: {folder}/full.toml: the model 'u8' cannot be loaded: ")


def test_a_folder_with_a_model_is_none_of_workers(program: Program, folder: Path) -> None:
    (folder / "_models" / "u8" / "guest.wasm").write_bytes(HELLO)
    assert program.words("inspect", str(folder / "_models" / "u8")) == 0
    assert program.out.startswith("encoding: openvino\n")
