"""`wasi-nn run`: the calls of wasi-nn that a guest makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small_ir
from wat_guests import command, exiting

if TYPE_CHECKING:
    from pathlib import Path

    from program import Program


LOAD_DIGITS = "(call $load_by_name (i32.const 256) (i32.const 6) (i32.const 512))"
NAME = '(data (i32.const 256) "digits")'


@pytest.fixture
def digits(tmp_path: Path) -> str:
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "model.xml").write_bytes(small_ir.identity())
    (folder / "model.bin").write_bytes(b"")
    return str(folder)


@pytest.mark.parametrize("form", ["openvino::{}", "digits=openvino::{}"])
def test_a_named_graph(program: Program, digits: str, form: str) -> None:
    assert program(exiting(LOAD_DIGITS, more=NAME), "--graph", form.format(digits)) == 0


def test_a_graph_of_another_name(program: Program, digits: str) -> None:
    assert program(exiting(LOAD_DIGITS, more=NAME), "--graph", f"letters=openvino::{digits}") == 8


@pytest.mark.parametrize(
    "memory",
    ["", "(memory 1)", '(memory (export "heap") 1)', '(global (export "memory") i32 (i32.const 0))'],
    ids=["none", "not-exported", "another-name", "something-else"],
)
def test_a_guest_without_an_exported_memory(program: Program, memory: str) -> None:
    call = "(call $init_execution_context (i32.const 0) (i32.const 0))"
    # proc_exit needs a memory, too: so a guest that gets another errno traps.
    assert program(command(f"(if (i32.ne {call} (i32.const 3)) (then unreachable))", memory=memory)) == 0


def test_a_call_before_start_sees_memory(program: Program, digits: str) -> None:
    guest = exiting(
        "(global.get $errno)",
        more=f"(global $errno (mut i32) (i32.const 99)) {NAME}"
        f"(func $first (global.set $errno {LOAD_DIGITS})) (start $first)",
    )
    assert program(guest, "--graph", f"openvino::{digits}") == 0


@pytest.mark.parametrize(("grown", "status"), [(0, 1), (1, 0)])
def test_memory_that_grew_is_memory(program: Program, digits: str, grown: int, status: int) -> None:
    guest = exiting(
        LOAD_DIGITS.replace("(i32.const 512)", "(i32.const 65536)"),
        more=f"{NAME} (func $grow (drop (memory.grow (i32.const {grown})))) (start $grow)",
    )
    assert program(guest, "--graph", f"openvino::{digits}") == status


def test_memory_that_grew_between_calls_is_memory(program: Program, digits: str) -> None:
    far = LOAD_DIGITS.replace("(i32.const 512)", "(i32.const 65536)")
    guest = command(
        f"""(if (i32.ne {far} (i32.const 1)) (then (call $exit (i32.const 100))))
        (drop (memory.grow (i32.const 1)))
        (call $exit {far})""",
        more=NAME,
    )
    assert program(guest, "--graph", f"openvino::{digits}") == 0


def test_a_builder_of_2_gb(program: Program) -> None:
    records = r'(data (i32.const 64) "\00\00\00\00\00\00\00\80\00\00\00\00\00\00\00\00")'
    guest = exiting(
        "(call $load (i32.const 64) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 32))", more=records
    )
    assert program(guest) == 1


def test_a_reason_is_told_when_asked_for(program: Program) -> None:
    program(exiting("(call $compute (i32.const 5))"), "--verbose")
    assert program.err == "wasi-nn: compute: invalid_argument: 5 is no execution context handle\n"


def test_2022_numbers_are_an_option(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "model.xml").write_bytes(small_ir.identity("u8", (1,)))
    (folder / "model.bin").write_bytes(b"")
    data = (
        NAME
        + r'(data (i32.const 64) "\60\00\00\00\01\00\00\00\02\00\00\00\70\00\00\00\01\00\00\00")'
        + r'(data (i32.const 96) "\01\00\00\00")'
    )
    guest = command(
        f"""(drop {LOAD_DIGITS})
        (drop (call $init_execution_context (i32.load (i32.const 512)) (i32.const 516)))
        (call $exit (call $set_input (i32.load (i32.const 516)) (i32.const 0) (i32.const 64)))""",
        more=data,
    )
    graph = ("--graph", f"openvino::{folder}")
    assert program(guest, *graph, "--tensor-types", "2022") == 0
    assert program(guest, *graph) == 1
