"""`wasi-nn run`: options as the wasmtime program spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small_ir
from wat_guests import LOOP, command, compiled, exiting, printing

from wasi_nn_reference.cli.durations import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from program import Program

UNKNOWN = compiled('(module (import "env" "f" (func (result i32))) (func (export "_start") (drop (call 0))))')
ENVIRON = (
    "(drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))"
    " (drop (call $environ_get (i32.const 4096) (i32.const 32768)))"
)


@pytest.mark.parametrize(
    "options",
    [
        ("-S", "nn"),
        ("-Snn",),
        ("--wasi", "nn=y,cli,common=yes,preview2=true"),
        ("-S", "http,inherit-network=y,allow-ip-name-lookup"),
        ("-S", "http=n", "-S", "inherit-network=no"),
        ("-S", "keyvalue=n,p3=n"),
        ("-W", "component-model,simd=y,bulk_memory"),
        ("--wasm", "timeout=60", "-W", "max-memory-size=65536"),
    ],
)
def test_what_is_taken(program: Program, options: tuple[str, ...]) -> None:
    assert program(exiting("(i32.const 5)"), *options) == 5
    assert program.err == ""


def test_a_graph(program: Program, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.xml").write_bytes(small_ir.identity())
        (tmp_path / name / "model.bin").write_bytes(b"")
    guest = exiting(
        "(call $load_by_name (i32.const 256) (i32.const 3) (i32.const 512))", more='(data (i32.const 256) "two")'
    )
    graphs = f"nn,nn-graph=openvino::{tmp_path / 'one'},nn-graph=openvino::{tmp_path / 'two'}"
    assert program(guest, "-S", graphs) == 0
    assert program(guest, "-S", graphs.rpartition(",")[0]) == 8


def test_a_timeout(program: Program) -> None:
    assert program(command(LOOP), "-W", "timeout=50ms") == 134
    assert program.err == "wasi-nn: the guest was ended: it ran for more than 0.05 s (--timeout)\n"


def test_a_limit_of_memory(program: Program) -> None:
    assert program(command("", memory='(memory (export "memory") 3)'), "-W", "max-memory-size=131072") == 1
    assert "memory" in program.err


@pytest.mark.parametrize(("setting", "status"), [("trap", 134), ("trap=n", 1), ("default", 0)])
def test_unknown_imports(program: Program, setting: str, status: int) -> None:
    assert program(UNKNOWN, "-W", f"unknown-imports-{setting}") == status


def test_the_whole_environment(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_HERE", "here")
    guest = printing(ENVIRON, 32768, 16384)
    program(guest, "-S", "inherit-env", "--env", "ADDED=1")
    assert {"FROM_HERE=here", "ADDED=1"} <= set(program.out.split("\0"))
    program(guest, "-S", "inherit-env=n")
    assert "FROM_HERE" not in program.out


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("-S", "keyvalue"), "-S keyvalue: is not served here; -S takes: allow-ip-name-lookup, cli, "),
        (("-S", "nn=n"), "-S nn: is always on here; -S takes: "),
        (("-S", "http=maybe"), "-S http=maybe: give it y or n"),
        (("-W", "memory64"), "-W memory64: is not served here; -W takes: "),
        (("-W", "timeout=soon"), "-W timeout=soon: "),
        (("-W", "max-memory-size=much"), "-W max-memory-size=much: "),
        (("-S", "nn-graph=openvino"), "--graph openvino: give it as "),
    ],
)
def test_what_is_not_taken(program: Program, options: tuple[str, ...], complaint: str) -> None:
    assert program(command(""), *options) == 1
    assert program.err.startswith(f"wasi-nn: {complaint}")
    assert program.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        (("--mapdir", "/a::/b"), "--mapdir is an option of wasmtime; here it is --dir HOST::GUEST"),
        (("--wasm-timeout=1",), "--wasm-timeout is an option of wasmtime; here it is --timeout SECONDS"),
        (("--preload", "a=b.wasm"), "--preload is an option of wasmtime; here a guest is one file"),
        (("-O2",), "-O is an option of wasmtime; here guests are compiled as wasmtime does by default"),
    ],
)
def test_what_is_spelled_otherwise_here(program: Program, words: tuple[str, ...], ours: str) -> None:
    assert program(command(""), *words) == 2
    assert program.err == f"wasi-nn run: {ours}\n"


@pytest.mark.parametrize(
    ("text", "value"), [("2", 2), ("2s", 2), ("100ms", 0.1), ("1.5", 1.5), ("3us", 3e-6), ("7ns", 7e-9), ("1e-3", 1e-3)]
)
def test_a_time_may_have_a_unit(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)
