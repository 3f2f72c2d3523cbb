"""`wasi-nn run`: how guests end, and which files cannot be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wat_guests import LOOP, command, compiled, exiting

from wasi_nn_reference.abi.witx.module import FUNCTIONS

if TYPE_CHECKING:
    from program import Program


def test_a_guest_that_returns(program: Program) -> None:
    assert program(command("")) == 0
    assert program.err == ""


@pytest.mark.parametrize("status", [0, 1, 7, 125])
def test_a_guest_that_exits(program: Program, status: int) -> None:
    assert program(exiting(f"(i32.const {status})")) == status
    assert program.err == ""


def test_a_guest_that_traps(program: Program) -> None:
    assert program(command("unreachable")) == 134
    assert program.err.startswith("wasi-nn: the guest trapped: ")
    assert "unreachable" in program.err
    assert program.err.count("\n") == 1


def test_a_guest_that_uses_up_its_stack(program: Program) -> None:
    assert program(command("(call $deeper)", more="(func $deeper (call $deeper) (call $deeper))")) == 134
    assert "stack" in program.err


def test_a_trap_before_start(program: Program) -> None:
    assert program(compiled('(module (func $f unreachable) (start $f) (func (export "_start")))')) == 134


def test_a_guest_that_loops_for_ever(program: Program) -> None:
    assert program(command(LOOP), "--timeout", "0.05") == 134
    assert program.err == "wasi-nn: the guest was ended: it ran for more than 0.05 s (--timeout)\n"


def test_a_guest_that_is_done_in_time(program: Program) -> None:
    assert program(exiting("(i32.const 3)"), "--timeout", "60") == 3


@pytest.mark.parametrize(
    ("guest", "complaint"),
    [
        (b"", "no WebAssembly module"),
        (b"module", "no WebAssembly module"),
        (b"(modul)", "the text is no module or component: "),
        (b"\0asm\x01\0\0\0garbage", "does not compile"),
        (b"\0asm\x0d\0\x01\0", "exports no wasi:cli/run of WASI 0.2"),
        (compiled("(module)"), "exports no function _start"),
        (compiled('(module (global (export "_start") i32 (i32.const 0)))'), "exports no function _start"),
        (compiled('(module (import "env" "f" (func)) (func (export "_start")))'), "imports env.f, which is not served"),
        (
            compiled('(module (import "wasi_ephemeral_nn" "unload" (func)) (func (export "_start")))'),
            "wasi_ephemeral_nn.unload, which is not served",
        ),
        (
            compiled('(module (import "wasi_ephemeral_nn" "compute" (func)) (func (export "_start")))'),
            "incompatible import type",
        ),
        (compiled('(module (memory (export "memory") i64 1) (func (export "_start")))'), "does not compile"),
    ],
)
def test_a_file_that_is_refused(program: Program, guest: bytes, complaint: str) -> None:
    assert program(guest) == 1
    assert complaint in program.err
    assert program.err.count("\n") == 1


def test_an_unknown_import_is_answered_with_what_is_served(program: Program) -> None:
    program(compiled('(module (import "env" "f" (func)) (func (export "_start")))'))
    assert all(name in program.err for name in ("wasi_snapshot_preview1", *FUNCTIONS))


def test_a_guest_that_is_not_there(program: Program) -> None:
    assert program.words("run", str(program.folder / "nothing.wasm")) == 1
    assert "No such file" in program.err


def test_a_guest_that_is_a_folder(program: Program) -> None:
    assert program.words("run", str(program.folder)) == 1
    assert program.err.count("\n") == 1


def test_memory_beyond_the_limit(program: Program) -> None:
    guest = command("", memory='(memory (export "memory") 3)')
    assert program(guest, "--max-guest-memory-bytes", "131072") == 1
    assert "memory" in program.err


@pytest.mark.parametrize(
    ("pages", "options", "status"),
    [
        (1, ("--max-guest-memory-bytes", "131072"), 1),
        (2, ("--max-guest-memory-bytes", "131072"), 99),
        (2, (), 1),
    ],
)
def test_memory_grows_to_the_limit(program: Program, pages: int, options: tuple[str, ...], status: int) -> None:
    # `memory.grow` gives the pages that there were, 1, or -1, of which 99 is left: an exit status must be below 126.
    guest = exiting(f"(i32.and (memory.grow (i32.const {pages})) (i32.const 99))")
    assert program(guest, *options) == status
