"""`wasi-nn run`: where a guest comes from, and what of it runs."""

from __future__ import annotations

import io
import math
import struct
import sys
from typing import TYPE_CHECKING

import pytest
from wat_guests import command, compiled, exiting, printing

from wasi_nn_reference.wasmtime_host.invocation import float_text
from wasi_nn_reference.wasmtime_host.sections import has_start

if TYPE_CHECKING:
    from program import Program

SAY = '(import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))'
MEMORY = r'(memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\02\00\00\00" "________" "ab")'


def saying(*exports: str, start: bool = False, more: str = "") -> bytes:
    """A module that writes `ab` in each of these exports, and in its start function."""
    names = " ".join(f'(export "{name}")' for name in exports)
    say = f"(func $say {names} (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"
    return compiled(f"(module {SAY} {MEMORY} {say} {'(start $say)' if start else ''} {more})")


ARITHMETIC = compiled("""(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "both") (param i64 f32) (result i64 f32) (local.get 0) (local.get 1))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "same") (param funcref) (result funcref) (local.get 0))
  (func (export "none") (result funcref) (ref.null func))
  (func (export "trap") unreachable)
  (func (export "nothing"))
  (memory (export "memory") 1))""")

# What runs


@pytest.mark.parametrize(
    ("module", "said"),
    [
        pytest.param(saying("_start"), "ab", id="a command"),
        pytest.param(saying(start=True), "ab", id="a start function alone"),
        pytest.param(saying("_start", start=True), "abab", id="a command with a start function"),
        pytest.param(saying("_initialize"), "ab", id="a reactor"),
        pytest.param(saying("_initialize", "other"), "ab", id="a reactor with exports"),
    ],
)
def test_what_runs_by_itself(program: Program, module: bytes, said: str) -> None:
    assert program(module) == 0
    assert (program.out, program.err) == (said, "")


def test_a_start_function_that_exits(program: Program) -> None:
    exiting_first = compiled(
        '(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)'
        " (func $first (call $exit (i32.const 7))) (start $first))"
    )
    assert program(exiting_first) == 7


def test_a_module_with_nothing_to_run_names_what_can_be_invoked(program: Program) -> None:
    assert program(saying("sum", more='(global (export "g") i32 (i32.const 0))')) == 1
    assert program.err == (
        "wasi-nn: the module exports no function _start or _initialize, so there is nothing to run;"
        " --invoke NAME calls one of: sum\n"
    )


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("(module)", False),
        ("(module (func $f) (start $f))", True),
        (f'(module (func $f) (start $f) (memory 1) (data (i32.const 0) "{"x" * 300}"))', True),
        (f'(module (func $f) (memory 1) (data (i32.const 0) "{chr(8) * 300}"))'.replace(chr(8), r"\08"), False),
    ],
)
def test_a_start_section_is_found(text: str, starts: bool) -> None:
    assert has_start(compiled(text)) is starts


# --invoke


@pytest.mark.parametrize(
    ("name", "arguments", "printed"),
    [
        ("add", ("2", "40"), "42\n"),
        ("add", ("0x10", "-17"), "-1\n"),
        ("add", ("2147483647", "1"), "-2147483648\n"),
        ("add", ("1", "2", "more"), "3\n"),
        ("both", ("-9223372036854775808", "0.1"), "-9223372036854775808\n0.1\n"),
        ("half", ("5e22",), "25000000000000000000000\n"),
        ("half", ("inf",), "inf\n"),
        ("none", (), "<null funcref>\n"),
        ("nothing", (), ""),
    ],
)
def test_an_export_is_called(program: Program, name: str, arguments: tuple[str, ...], printed: str) -> None:
    assert program(ARITHMETIC, "--invoke", name, arguments=arguments) == 0
    assert (program.out, program.err) == (printed, "")


def test_a_reactor_is_initialized_before_its_export_is_called(program: Program) -> None:
    assert program(saying("_initialize", "again"), "--invoke", "again") == 0
    assert program.out == "abab"


def test_a_command_does_not_start_when_another_export_is_called(program: Program) -> None:
    assert program(saying("_start", more='(func (export "other"))'), "--invoke", "other") == 0
    assert program.out == ""


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("sub", (), "the module exports no function of that name"),
        ("memory", (), "the module exports no function of that name"),
        ("add", ("1",), "it takes 2 argument(s); got 1"),
        ("add", ("1", "2147483648"), "'2147483648' is no i32"),
        ("add", ("1", "two"), "'two' is no i32"),
        ("half", ("x",), "'x' is no f64"),
        ("same", ("1",), "an argument of type funcref cannot be given here"),
    ],
)
def test_an_export_that_cannot_be_called(
    program: Program, name: str, arguments: tuple[str, ...], complaint: str
) -> None:
    assert program(ARITHMETIC, "--invoke", name, arguments=arguments) == 1
    assert program.err == f"wasi-nn: --invoke {name}: {complaint}\n"


def test_an_export_that_traps(program: Program) -> None:
    assert program(ARITHMETIC, "--invoke", "trap") == 134


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.1, "0.1"), (-0.0, "-0"), (16777216.0, "16777216"), (1e-7, "0.0000001"), (math.inf, "inf")],
)
def test_a_float_is_printed_in_the_fewest_digits(value: float, text: str) -> None:
    (single,) = struct.unpack("<f", struct.pack("<f", value))
    assert (float_text(single, single=True), float_text(value, single=False)) == (text, text)


def test_what_is_no_number_and_what_has_no_end() -> None:
    assert [float_text(each, single=True) for each in (math.nan, -math.inf)] == ["NaN", "-inf"]


# Where a guest comes from


@pytest.mark.parametrize("text", ["(module (func $f) (start $f))", "\n;; one\n(module (func $f) (start $f))"])
def test_a_guest_in_the_text_format(program: Program, text: str) -> None:
    assert program(text.encode()) == 0


@pytest.mark.parametrize("guest", [exiting("(i32.const 5)"), b'(module (func (export "_start") unreachable))'])
def test_a_guest_from_standard_input(program: Program, monkeypatch: pytest.MonkeyPatch, guest: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(guest)))
    assert program.words("run", "-") == (134 if guest.startswith(b"(") else 5)


ARGV = (
    "(drop (call $args_sizes_get (i32.const 16) (i32.const 20))) (drop (call $args_get (i32.const 32) (i32.const 256)))"
)


def test_the_guests_own_name(program: Program) -> None:
    program(printing(ARGV, 256, 9), "--argv0", "tool", arguments=("more",))
    assert program.out == "tool\0more"


# Calls that fail


COMPUTE = "(drop (call $compute (i32.const 5)))"
POINTER = "wasi-nn: {} of wasi-nn failed; --verbose says why\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"{COMPUTE} (call $exit (i32.const 3))", POINTER.format("1 call")),
        (f"{COMPUTE} {COMPUTE} unreachable", POINTER.format("2 calls")),
        (COMPUTE, ""),
        ("(call $exit (i32.const 3))", ""),
    ],
)
def test_a_guest_that_fails_after_failed_calls_is_pointed_to_verbose(program: Program, body: str, said: str) -> None:
    program(command(body))
    assert program.err.startswith(said)
    assert ("--verbose" in program.err) is bool(said)


def test_who_is_told_all_is_not_pointed_to_it(program: Program) -> None:
    program(command(f"{COMPUTE} (call $exit (i32.const 3))"), "--verbose")
    assert program.err == "wasi-nn: compute: invalid_argument: 5 is no execution context handle\n"
