"""Imports that are not served: how they are told, and guests that run with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wat_guests import compiled

from wasi_nn_reference.abi.witx.module import FUNCTIONS

if TYPE_CHECKING:
    from program import Program


def importing(*names: str, body: str = "", items: str = "(func (result i32))") -> bytes:
    """A module with these imports, `MODULE.NAME`; the first is called `$first`."""
    pairs = [name.split(".") for name in names]
    imports = "".join(
        f'(import "{module}" "{name}" {items.replace("(func", "(func $first", 1) if index == 0 else items})'
        for index, (module, name) in enumerate(pairs)
    )
    return compiled(f'(module {imports} (memory (export "memory") 1) (func (export "_start") {body}))')


CALL = "(if (i32.ne (call $first) (i32.const 0)) (then unreachable))"


def test_all_that_are_missing_are_named(program: Program) -> None:
    assert program(importing("env.f", "wasi_snapshot_preview1.fd_close2", "env.g")) == 1
    said = "the guest imports env.f, wasi_snapshot_preview1.fd_close2, env.g, which are not served here; served: "
    assert program.err == (
        f"wasi-nn: {said}wasi_snapshot_preview1 (WASI preview 1) and wasi_ephemeral_nn ({', '.join(FUNCTIONS)})\n"
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("wasi_nn.load", "wasi_nn is WAMR's own form of the interface; build the guest for wasi_ephemeral_nn"),
        ("wasi_unstable.fd_write", "wasi_unstable is WASI preview 0; build the guest for wasi_snapshot_preview1"),
        ("wasi_ephemeral_nn.unload", "--extensions wasmedge serves unload, finalize_execution_context"),
    ],
)
def test_what_is_known_of_an_import(program: Program, name: str, hint: str) -> None:
    assert program(importing(name)) == 1
    assert program.err.endswith(f"; {hint}\n")


@pytest.mark.parametrize(
    ("option", "body", "status"),
    [("trap", "", 0), ("trap", CALL, 134), ("default", "", 0), ("default", CALL, 0), ("refuse", "", 1)],
)
def test_a_guest_that_runs_with_them(program: Program, option: str, body: str, status: int) -> None:
    assert program(importing("env.f", "other.g", body=body), "--unknown-imports", option) == status


def test_what_traps_is_named(program: Program) -> None:
    program(importing("env.f", body=CALL), "--unknown-imports", "trap")
    assert "unknown import: `env::f`" in program.err


def test_a_type_without_a_default(program: Program) -> None:
    guest = compiled('(module (import "env" "f" (func (result (ref func)))) (func (export "_start")))')
    assert program(guest, "--unknown-imports", "default") == 1
    assert program.err.startswith("wasi-nn: an import has no default value: ")


# Extensions


def test_an_extension_is_served_to_who_asks_for_it(program: Program) -> None:
    guest = importing(
        "wasi_ephemeral_nn.unload",
        "wasi_ephemeral_nn.finalize_execution_context",
        items="(func (param i32) (result i32))",
        body="(if (i32.ne (call $first (i32.const 5)) (i32.const 1)) (then unreachable))",
    )
    assert program(guest, "--extensions", "wasmedge") == 0
    assert program(guest) == 1
