"""Small components in the text format of WebAssembly."""

from __future__ import annotations

import functools

import wasmtime

NN = "wasi:nn/{interface}@0.2.0-rc-2024-10-28"
RUN = "wasi:cli/run@0.2.0"
TENSOR = NN.format(interface="tensor")
GRAPH = NN.format(interface="graph")


@functools.cache
def component(
    body: str = "(i32.const 0)", imports: str = "", more: str = "", arguments: str = "", exported: str = RUN
) -> bytes:
    """A component whose `run` is the core instructions `body`: 0 is success, 1 is failure.

    more: definitions of the core module; arguments: what it is instantiated with.
    """
    return bytes(
        wasmtime.wat2wasm(f"""
        (component
          {imports}
          (core module $main {more} (func (export "run") (result i32) {body}))
          (core instance $m (instantiate $main {arguments}))
          (func $run (result (result)) (canon lift (core func $m "run")))
          (instance $exported (export "run" (func $run)))
          (export "{exported}" (instance $exported)))""")
    )


def importing(name: str, *items: str) -> str:
    """The import of an interface with these items."""
    return f'(import "{name}" (instance {" ".join(items)}))'


def function(name: str, signature: str) -> str:
    """A function of an interface; its signature is in the text format of components."""
    return f'(export "{name}" (func {signature}))'


TENSORS = f"""(import "{TENSOR}" (instance $tensors
    (export "tensor" (type $tensor (sub resource)))
    (type $names (enum "FP16" "FP32" "FP64" "BF16" "U8" "I32" "I64")) (export "tensor-type" (type $ty (eq $names)))
    (export "[constructor]tensor" (func
      (param "dimensions" (list u32)) (param "ty" $ty) (param "data" (list u8)) (result (own $tensor))))
    (export "[method]tensor.data" (func (param "self" (borrow $tensor)) (result (list u8))))))"""


def passing(size: int) -> tuple[str, str, str, str]:
    """The arguments of `component` for a guest that makes a tensor of `size` zeros."""
    imports = f"""
        {TENSORS}
        (core module $memory (memory (export "memory") {size // 65536 + 2}))
        (core instance $mem (instantiate $memory))
        (core func $make (canon lower (func $tensors "[constructor]tensor") (memory (core memory $mem "memory"))))
    """
    more = '(import "host" "make" (func $make (param i32 i32 i32 i32 i32) (result i32)))'
    arguments = '(with "host" (instance (export "make" (func $make))))'
    body = (
        f"(drop (call $make (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0) (i32.const {size})))(i32.const 0)"
    )
    return body, imports, more, arguments


def echoing(size: int, at: int = 0) -> tuple[str, str, str, str]:
    """The arguments of `component` for a guest that makes a tensor of `size` bytes, which stand at `at`, and gets them.

    It fails if it gets others, or if its `realloc` is called more than once or not for these bytes.
    """
    memory = f"""
        (core module $memory
          (memory (export "memory") {(at + 2 * size) // 65536 + 2})
          (global $asked (mut i32) (i32.const 0))
          (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (if (i32.or (local.get 0) (local.get 1)) (then unreachable))
            (if (i32.ne (local.get 2) (i32.const 1)) (then unreachable))
            (if (i32.ne (local.get 3) (i32.const {size})) (then unreachable))
            (if (global.get $asked) (then unreachable))
            (global.set $asked (i32.const 1))
            (i32.const {at + size})))
        (core instance $mem (instantiate $memory))
        (core func $make (canon lower (func $tensors "[constructor]tensor") (memory (core memory $mem "memory"))))
        (core func $data (canon lower (func $tensors "[method]tensor.data")
          (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
    """
    imports = TENSORS + memory
    more = f"""
        (import "host" "memory" (memory 1))
        (import "host" "make" (func $make (param i32 i32 i32 i32 i32) (result i32)))
        (import "host" "data" (func $data (param i32 i32)))
        (func $expected (param $i i32) (result i32) (i32.and (i32.const 255)
          (i32.xor (i32.mul (local.get $i) (i32.const 167)) (i32.shr_u (local.get $i) (i32.const 8)))))
        (func $fill (local $i i32)
          (loop $next (if (i32.lt_u (local.get $i) (i32.const {size})) (then
            (i32.store8 (i32.add (local.get $i) (i32.const {at})) (call $expected (local.get $i)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))))
        (func $check (param $at i32) (local $i i32)
          (loop $next (if (i32.lt_u (local.get $i) (i32.const {size})) (then
            (if (i32.ne (i32.load8_u (i32.add (local.get $i) (local.get $at))) (call $expected (local.get $i)))
              (then unreachable))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))))
    """
    arguments = """(with "host" (instance
        (export "memory" (memory $mem "memory")) (export "make" (func $make)) (export "data" (func $data))))"""
    slot = at + 2 * size + 15 & -8
    body = f"""
        (call $fill)
        (call $data (call $make (i32.const 0) (i32.const 0) (i32.const 4) (i32.const {at}) (i32.const {size}))
          (i32.const {slot}))
        (if (i32.ne (i32.load offset=4 (i32.const {slot})) (i32.const {size})) (then unreachable))
        (call $check (i32.load (i32.const {slot})))
        (i32.const 0)
    """
    return body, imports, more, arguments
