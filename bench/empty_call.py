"""A host call that does nothing, through wasmtime's Python package: what no host in Python can be faster than.

Talks as plain.py does, without input and output.
"""

from __future__ import annotations

import struct
import sys
import time

import wasmtime

_TEXT = """
(module
  (import "host" "call" (func $call (param i32 i32 i32) (result i32)))
  (func (export "loop") (param $rounds i32)
    (loop $next
      (drop (call $call (i32.const 1) (i32.const 2) (i32.const 3)))
      (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))))
"""


def main() -> None:
    """Serve rounds until standard input ends."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    number = wasmtime.ValType.i32()
    linker = wasmtime.Linker(engine)
    linker.define_func(
        "host", "call", wasmtime.FuncType([number] * 3, [number]), lambda _caller, *_: 0, access_caller=True
    )
    loop = linker.instantiate(store, wasmtime.Module(engine, _TEXT)).exports(store)["loop"]
    assert isinstance(loop, wasmtime.Func)
    while asked := sys.stdin.buffer.read(4):
        started = time.perf_counter_ns()
        loop(store, *struct.unpack("<I", asked))
        sys.stdout.buffer.write(struct.pack("<Q", time.perf_counter_ns() - started))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
