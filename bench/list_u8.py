"""How long a list<u8> takes between a component and Python: wasmtime-py's own way against ours.

One component passes a list of N bytes to the host and gets one of N bytes back. Both ways run in
turns in one process and the best of the rounds counts, so that what else the machine does falls on
both alike. The last line is the table as JSON.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import time
from typing import TYPE_CHECKING, Any

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime import component

from wasi_nn_reference.abi.wit import list_u8

if TYPE_CHECKING:
    from collections.abc import Callable

# `go(n)` fills n bytes, passes them to `exchange` and returns the length of what comes back.
GUEST = """
(component
  (import "exchange" (func $exchange (param "given" (list u8)) (result (list u8))))
  (core module $heap
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $start i32)
      (local.set $start (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.set $top (i32.add (local.get $start) (local.get 3)))
      (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
        (then (drop (memory.grow (i32.add (i32.shr_u (local.get 3) (i32.const 16)) (i32.const 1))))))
      (local.get $start)))
  (core instance $h (instantiate $heap))
  (core func $lowered (canon lower (func $exchange)
    (memory (core memory $h "memory")) (realloc (core func $h "realloc"))))
  (core module $main
    (import "heap" "memory" (memory 1))
    (import "heap" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (import "host" "exchange" (func $exchange (param i32 i32 i32)))
    (func (export "go") (param $n i32) (result i32)
      (local $bytes i32)
      (local.set $bytes (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $n)))
      (memory.fill (local.get $bytes) (i32.const 7) (local.get $n))
      (call $exchange (local.get $bytes) (local.get $n) (i32.const 16))
      (i32.load (i32.const 20))))
  (core instance $m (instantiate $main
    (with "heap" (instance $h))
    (with "host" (instance (export "exchange" (func $lowered))))))
  (func (export "go") (param "n" u32) (result u32) (canon lift (core func $m "go"))))
"""
TARGET = 0.15

Guest = tuple[wasmtime.Engine, component.Component]


def stock(linker: Any, answer: bytes) -> Any:
    """Define `exchange` as wasmtime-py does."""
    with linker.root() as root:
        root.add_func("exchange", lambda _store, _given: answer)
    return None


def ours(linker: Any, answer: bytes) -> Any:
    """Define `exchange` as the host's functions are: records in, records out."""

    def exchange(_data: Any, _context: Any, _type: Any, arguments: Any, _n: int, results: Any, _m: int) -> int:
        list_u8.read(arguments[0])
        list_u8.write(results[0], answer)
        return 0

    callback = ffi.wasmtime_component_func_callback_t(exchange)
    no_finalizer = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(0)
    with linker.root() as root:
        name = b"exchange"
        error = ffi.wasmtime_component_linker_instance_add_func(
            root.ptr(), name, len(name), callback, None, no_finalizer
        )
        if error:
            raise wasmtime.WasmtimeError._from_ptr(error)  # noqa: SLF001 - the only way to read it
    return callback


def seconds(guest: Guest, define: Callable[[Any, bytes], Any], given: int, answer: bytes) -> float:
    """Return the seconds of one call that passes `given` bytes in and `answer` out."""
    engine, compiled = guest
    linker = component.Linker(engine)
    kept = define(linker, answer)  # callbacks live as long as the linker  # noqa: F841
    store = wasmtime.Store(engine)
    go = linker.instantiate(store, compiled).get_func(store, "go")
    assert go is not None
    started = time.perf_counter()
    length = go(store, given)
    elapsed = time.perf_counter() - started
    if length != len(answer):
        raise RuntimeError(f"{len(answer)} bytes were sent, {length} came")
    return elapsed


def row(guest: Guest, given: int, returned: int, rounds: int) -> dict[str, Any]:
    """Measure one pair of lengths."""
    answer = bytes(range(256)) * (returned // 256) + bytes(returned % 256)
    best = {"stock": float("inf"), "ours": float("inf")}
    for _ in range(rounds):
        for name, define in (("stock", stock), ("ours", ours)):
            best[name] = min(best[name], seconds(guest, define, given, answer))
    return {"in_bytes": given, "out_bytes": returned, **best, "ratio": best["ours"] / best["stock"]}


def main() -> None:
    """Print the table, then the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bytes", type=int, default=600_000, help="length of the lists (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts (default: %(default)s)")
    options = parser.parse_args()
    engine = wasmtime.Engine()
    guest = engine, component.Component(engine, GUEST)
    size = options.bytes
    lengths = ((size, 0), (0, size), (size, size), (16, 16))
    rows = [row(guest, given, returned, options.rounds) for given, returned in lengths]
    print(f"{'bytes in':>9} {'bytes out':>9} {'stock ms':>9} {'ours ms':>9} {'ratio':>6}")
    for each in rows:
        print(
            f"{each['in_bytes']:9} {each['out_bytes']:9} {each['stock'] * 1e3:9.3f} {each['ours'] * 1e3:9.3f}"
            f" {each['ratio']:6.3f}"
        )
    print(json.dumps({"list_u8": rows, "target_ratio": TARGET}))


if __name__ == "__main__":
    main()
