"""Small guests in the text format of WebAssembly."""

from __future__ import annotations

import functools

import wasmtime

_SIGNATURES = {
    ("wasi_ephemeral_nn", "load"): 5,
    ("wasi_ephemeral_nn", "load_by_name"): 3,
    ("wasi_ephemeral_nn", "init_execution_context"): 2,
    ("wasi_ephemeral_nn", "set_input"): 3,
    ("wasi_ephemeral_nn", "compute"): 1,
    ("wasi_ephemeral_nn", "get_output"): 5,
    ("wasi_snapshot_preview1", "fd_read"): 4,
    ("wasi_snapshot_preview1", "fd_write"): 4,
    ("wasi_snapshot_preview1", "args_get"): 2,
    ("wasi_snapshot_preview1", "args_sizes_get"): 2,
    ("wasi_snapshot_preview1", "environ_get"): 2,
    ("wasi_snapshot_preview1", "environ_sizes_get"): 2,
    ("wasi_snapshot_preview1", "fd_prestat_dir_name"): 3,
}
_IMPORTS = "\n".join(
    f'(import "{module}" "{name}" (func ${name} (param {" ".join(["i32"] * count)}) (result i32)))'
    for (module, name), count in _SIGNATURES.items()
)


@functools.cache
def compiled(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


def command(body: str, *, memory: str = '(memory (export "memory") 1)', more: str = "") -> bytes:
    """A module whose `_start` is `body`, with every function of `_SIGNATURES` and proc_exit imported."""
    exit_import = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))'
    return compiled(f'(module {_IMPORTS} {exit_import} {memory} {more} (func $start (export "_start") {body}))')


def exiting(expression: str, *, memory: str = '(memory (export "memory") 1)', more: str = "") -> bytes:
    """A guest whose exit status is the i32 `expression`."""
    return command(f"(call $exit {expression})", memory=memory, more=more)


def printing(fill: str, pointer: int, length: int, *, stream: int = 1) -> bytes:
    """A guest that does `fill` and then writes `length` bytes at `pointer` to standard output, or to standard error."""
    return command(
        f"""{fill}
        (i32.store (i32.const 0) (i32.const {pointer})) (i32.store (i32.const 4) (i32.const {length}))
        (drop (call $fd_write (i32.const {stream}) (i32.const 0) (i32.const 1) (i32.const 8)))"""
    )


LOOP = "(loop $again (br $again))"
READ_STDIN = """
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))"""
