"""`--invoke` with components: which functions are called, with which values, and how results are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import wasmtime
from wat_components import component

if TYPE_CHECKING:
    from program import Program

# What `text` returns lies at 16: a pointer and a length.
MODULE = r"""
    (core module $code
        (memory (export "memory") 1)
        (data (i32.const 16) "\20\00\00\00\03\00\00\00") (data (i32.const 32) "a\22b")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "length") (param i32 i32) (result i32) (local.get 1))
        (func (export "half") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
        (func (export "same") (param i32) (result i32) (local.get 0))
        (func (export "text") (result i32) (i32.const 16))
        (func (export "zero") (result i32) (i32.const 0))
        (func (export "nothing"))
        (func (export "trap") unreachable))
    (core instance $m (instantiate $code))
"""
OPTIONS = '(memory (core memory $m "memory")) (realloc (core func $m "realloc"))'


def function(name: str, core: str, signature: str, options: str = "") -> str:
    """The export `name`: the core function `core` with this signature."""
    return f'(func ${name} {signature} (canon lift (core func $m "{core}") {options})) (export "{name}" (func ${name}))'


FUNCTIONS = [
    function("add", "add", '(param "a" s8) (param "b" s8) (result s32)'),
    function("count", "length", '(param "a" (list u16)) (result u32)', OPTIONS),
    function("size", "length", '(param "a" string) (result u32)', OPTIONS),
    function("half", "half", '(param "a" f32) (result f32)'),
    function("letter", "same", '(param "a" char) (result char)'),
    function("truth", "same", '(param "a" bool) (result bool)'),
    function("text", "text", "(result string)", OPTIONS),
    function("numbers", "text", "(result (list u8))", OPTIONS),
    function("pair", "text", "(result (tuple u32 u32))", OPTIONS),
    function("maybe", "zero", "(result (option u32))", OPTIONS),
    function("outcome", "same", '(param "a" bool) (result (result))'),
    function("nothing", "nothing", ""),
    function("trap", "trap", ""),
]
GUEST = bytes(wasmtime.wat2wasm(f"(component {MODULE} {' '.join(FUNCTIONS)})"))


@pytest.mark.parametrize(
    ("call", "printed"),
    [
        ("add(2, -3)", "-1\n"),
        ("add( 2,40 )", "42\n"),
        ("count([1, 2, 3])", "3\n"),
        ("count([])", "0\n"),
        ('size("abc")', "3\n"),
        ("half(3)", "1.5\n"),
        ('letter("x")', "'x'\n"),
        ("truth(true)", "true\n"),
        ("text()", '"a\\"b"\n'),
        ("numbers()", "[97, 34, 98]\n"),
        ("pair()", "(32, 3)\n"),
        ("maybe()", "none\n"),
        ("outcome(false)", "ok\n"),
        ("outcome(true)", "err\n"),
        ("nothing()", ""),
        ("nothing", ""),
    ],
)
def test_a_function_is_called(program: Program, call: str, printed: str) -> None:
    assert program(GUEST, "--invoke", call) == 0
    assert (program.out, program.err) == (printed, "")


def test_a_function_of_an_interface_is_called(program: Program) -> None:
    assert program(component("(i32.const 1)"), "--invoke", "run()") == 0
    assert program.out == "err\n"


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ("sub(1)", "--invoke sub: 0 exports have that name; functions: add, count, "),
        ("add(1)", "--invoke add(1): it takes 2 argument(s); got 1"),
        ("add(1, 128)", "--invoke add(1, 128): 128 is no s8"),
        ("add(1, true)", "--invoke add(1, true): true is no s8"),
        ("add(1, two)", "--invoke add(1, two): arguments are numbers, booleans, strings and lists"),
        ("count([65536])", "--invoke count([65536]): [65536] is no list"),
        ('letter("xy")', '--invoke letter("xy"): "xy" is no char'),
        ("truth(1)", "--invoke truth(1): 1 is no bool"),
        ("add(1", "--invoke add(1: give it as NAME(ARGUMENT, ...)"),
    ],
)
def test_a_call_that_cannot_be_done(program: Program, call: str, complaint: str) -> None:
    assert program(GUEST, "--invoke", call) == 1
    assert program.err.startswith(f"wasi-nn: {complaint}")


def test_a_function_that_traps(program: Program) -> None:
    assert program(GUEST, "--invoke", "trap()") == 134


def test_without_it_there_is_nothing_to_run(program: Program) -> None:
    assert program(GUEST) == 1
    assert program.err.startswith("wasi-nn: the component exports no wasi:cli/run of WASI 0.2")
