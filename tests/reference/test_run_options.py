"""`wasi-nn run`: the command line, and what a guest gets of it."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from wat_guests import command, printing

from wasi_nn_cli import program as cli

if TYPE_CHECKING:
    from program import Program


ARGV = (
    "(drop (call $args_sizes_get (i32.const 16) (i32.const 20))) (drop (call $args_get (i32.const 32) (i32.const 256)))"
)
ENVIRON = ARGV.replace("args", "environ")


def test_arguments_after_the_guest_are_the_guests(program: Program) -> None:
    program(printing(ARGV, 256, 30), arguments=("--dir", "-h", "--", "x y"))
    assert program.out.rstrip("\0").split("\0") == ["guest.wasm", "--dir", "-h", "--", "x y"]


def test_environment(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_HERE", "here")
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setenv("SECRET", "hidden")
    program(printing(ENVIRON, 256, 60), "--env", "A=1=2", "--env", "FROM_HERE", "--env", "NOT_SET", "--env", "EMPTY=")
    assert program.out.rstrip("\0").split("\0") == ["A=1=2", "FROM_HERE=here", "EMPTY="]


@pytest.mark.parametrize("suffix", ["", "::", "::/models"])
def test_a_folder_is_mounted(program: Program, suffix: str) -> None:
    name = "/models" if suffix == "::/models" else str(program.folder)
    guest = printing(
        f"(drop (call $fd_prestat_dir_name (i32.const 3) (i32.const 256) (i32.const {len(name)})))", 256, len(name)
    )
    assert program(guest, "--dir", f"{program.folder}{suffix}") == 0
    assert program.out == name


def test_a_folder_that_is_not_there(program: Program) -> None:
    assert program(command(""), "--dir", "/no/such/folder") == 1
    assert program.err == "wasi-nn: --dir /no/such/folder: no such folder\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["run"],
        ["run", "--nonsense", "guest.wasm"],
        ["run", "--timeout", "soon", "guest.wasm"],
        ["run", "--timeout", "-1", "guest.wasm"],
        ["run", "--timeout", "nan", "guest.wasm"],
        ["run", "--precision", "bf16", "guest.wasm"],
        ["run", "--env", "=1", "guest.wasm"],
        ["run", "--max-graphs", "-1", "guest.wasm"],
        ["run", "--time", "1", "guest.wasm"],
        ["inspect"],
    ],
)
def test_a_wrong_command_line(program: Program, words: list[str]) -> None:
    assert program.words(*words) == 2
    assert "Traceback" not in program.err


@pytest.mark.parametrize("option", ["openvino:/tmp", "tensorflow::/tmp", "openvino::/no/such/folder"])
def test_a_graph_that_cannot_be_registered(program: Program, option: str) -> None:
    assert program(command(""), "--graph", option) == 1
    assert program.err.startswith("wasi-nn: ")


def test_version(program: Program) -> None:
    assert program.words("--version") == 0
    assert program.out.startswith("wasi-nn 0.")
    for engine in ("wasmtime", "openvino", "onnxruntime"):
        assert f"{engine} {version(engine)}" in program.out


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["inspect", "--help"]])
def test_help(program: Program, words: list[str]) -> None:
    assert program.words(*words) == 0
    assert program.out.startswith("usage: wasi-nn")


@pytest.mark.parametrize(("name", "extra"), cli.EXTRAS.items())
def test_a_library_that_is_not_installed(
    program: Program, monkeypatch: pytest.MonkeyPatch, name: str, extra: str
) -> None:
    def missing(_: str) -> object:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("importlib.import_module", missing)
    assert program(command("")) == 1
    assert (
        program.err
        == f"wasi-nn: {name} is not installed; install it with: pip install 'wasi-nn-conformance[{extra}]'\n"
    )
