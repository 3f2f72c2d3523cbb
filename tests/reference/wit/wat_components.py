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


def passing(size: int) -> tuple[str, str, str, str]:
    """The arguments of `component` for a guest that makes a tensor of `size` zeros."""
    types = """
        (export "tensor" (type $tensor (sub resource)))
        (type $names (enum "FP16" "FP32" "FP64" "BF16" "U8" "I32" "I64")) (export "tensor-type" (type $ty (eq $names)))
    """
    make = function(
        "[constructor]tensor",
        '(param "dimensions" (list u32)) (param "ty" $ty) (param "data" (list u8)) (result (own $tensor))',
    )
    imports = f"""
        (import "{TENSOR}" (instance $tensors {types} {make}))
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
