"""The guest that measures: it loops over set_input, compute and get_output by itself, and reads the clock.

The probe's JSON would take longer than the calls, so the guest is made for this: standard input gives it
the bytes of the input tensor, then numbers of rounds (u32). For each it answers the nanoseconds that those
rounds took (u64) and the bytes of the output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import wasmtime

if TYPE_CHECKING:
    from network import Network

GRAPH = "model"  # the name by which the guest loads its graph
FAILED = 100  # exit status of a guest whose call failed: this and the errno

_PAGE = 65536
_F32 = 1
# Addresses: a result slot, a record for WASI, the rounds asked for, the clock at start, what is answered.
_SLOT, _BUFFERS, _DONE, _ROUNDS, _STARTED, _ELAPSED, _TENSOR, _DIMS, _NAME = 0, 8, 16, 20, 24, 32, 40, 64, 96
_INPUT = 128

_TEXT = """
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "init_execution_context" (func $init_execution_context (param i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output" (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") {pages})
  (data (i32.const {name}) "{graph}")
  (data (i32.const {tensor}) "{record}")
  (data (i32.const {dims_at}) "{dims}")

  (func $expect_success (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (i32.add (i32.const {failed}) (local.get $errno))))))

  ;; Fills the range from standard input; false at its end.
  (func $read (param $at i32) (param $length i32) (result i32)
    (loop $again
      (if (i32.eqz (local.get $length)) (then (return (i32.const 1))))
      (i32.store (i32.const {buffers}) (local.get $at))
      (i32.store offset=4 (i32.const {buffers}) (local.get $length))
      (call $expect_success (call $fd_read (i32.const 0) (i32.const {buffers}) (i32.const 1) (i32.const {done})))
      (local.set $at (i32.add (local.get $at) (i32.load (i32.const {done}))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const {done}))))
      (br_if $again (i32.load (i32.const {done}))))
    (i32.const 0))

  (func $write (param $at i32) (param $length i32)
    (loop $again
      (i32.store (i32.const {buffers}) (local.get $at))
      (i32.store offset=4 (i32.const {buffers}) (local.get $length))
      (call $expect_success (call $fd_write (i32.const 1) (i32.const {buffers}) (i32.const 1) (i32.const {done})))
      (local.set $at (i32.add (local.get $at) (i32.load (i32.const {done}))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const {done}))))
      (br_if $again (local.get $length))))

  (func $infer (param $context i32)
    (call $expect_success (call $set_input (local.get $context) (i32.const 0) (i32.const {tensor})))
    (call $expect_success (call $compute (local.get $context)))
    (call $expect_success
      (call $get_output (local.get $context) (i32.const 0)
        (i32.const {output}) (i32.const {output_bytes}) (i32.const {slot}))))

  (func $measure (param $context i32) (param $rounds i32)
    (call $expect_success (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const {started})))
    (loop $next
      (call $infer (local.get $context))
      (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (call $expect_success (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const {elapsed})))
    (i64.store (i32.const {elapsed})
      (i64.sub (i64.load (i32.const {elapsed})) (i64.load (i32.const {started})))))

  (func (export "_start") (local $context i32)
    (call $expect_success (call $load_by_name (i32.const {name}) (i32.const {name_bytes}) (i32.const {slot})))
    (call $expect_success (call $init_execution_context (i32.load (i32.const {slot})) (i32.const {slot})))
    (local.set $context (i32.load (i32.const {slot})))
    (if (i32.eqz (call $read (i32.const {input}) (i32.const {input_bytes}))) (then (return)))
    (loop $next
      (if (i32.eqz (call $read (i32.const {rounds}) (i32.const 4))) (then (return)))
      (call $measure (local.get $context) (i32.load (i32.const {rounds})))
      (call $write (i32.const {elapsed}) (i32.const 8))
      (call $write (i32.const {output}) (i32.const {output_bytes}))
      (br $next))))
"""


def guest(network: Network) -> bytes:
    """Return the module that computes `network` again and again."""
    output = _INPUT + -(-len(network.data) // 64) * 64
    shape = network.input_shape
    return bytes(
        wasmtime.wat2wasm(
            _TEXT.format(
                pages=-(-(output + network.output_bytes) // _PAGE),
                graph=GRAPH,
                name=_NAME,
                name_bytes=len(GRAPH),
                failed=FAILED,
                slot=_SLOT,
                buffers=_BUFFERS,
                done=_DONE,
                rounds=_ROUNDS,
                started=_STARTED,
                elapsed=_ELAPSED,
                tensor=_TENSOR,
                record=_words(_DIMS, len(shape), _F32, _INPUT, len(network.data)),
                dims_at=_DIMS,
                dims=_words(*shape),
                input=_INPUT,
                input_bytes=len(network.data),
                output=output,
                output_bytes=network.output_bytes,
            )
        )
    )


def _words(*numbers: int) -> str:
    """Write numbers as u32 in a string of the text format."""
    return "".join(f"\\{byte:02x}" for number in numbers for byte in number.to_bytes(4, "little"))
