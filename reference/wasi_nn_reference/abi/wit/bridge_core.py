"""The code of the bridge, in the text format of WebAssembly: a memory for lists, and what passes them on in pieces."""

from __future__ import annotations

from wasi_nn_reference.abi.wit.operations import PIECE

NO_ROOM = "no-room-for-a-list"  # the function that a guest's list ended in if it does not fit
MOST_BYTES = 1088 << 20  # of the bridge's memory: a model of 1 GiB, and room for what goes beside it

INSTANCES = 2  # of the modules below

# Memory: at 16 what a call of the host returns; at 32 what the guest gets; from 64 on the lists of one call of the
# guest, one behind the other. A piece that comes from the host follows the one before, so that they are one list.
LISTS = f"""
  (core module $lists
    (memory (export "memory") 1 {MOST_BYTES >> 16})
    (global $top (mut i32) (i32.const 64))
    (func $no-room (@name "{NO_ROOM}") unreachable)
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $start i32) (local $end i64) (local $missing i64)
      (local.set $start (global.get $top))
      (local.set $end (i64.and (i64.const -16)
        (i64.add (i64.const 15) (i64.add (i64.extend_i32_u (local.get $start)) (i64.extend_i32_u (local.get $size))))))
      (local.set $missing (i64.sub (i64.shr_u (i64.add (local.get $end) (i64.const 65535)) (i64.const 16))
        (i64.extend_i32_u (memory.size))))
      (if (i64.gt_s (local.get $missing) (i64.const 0)) (then
        (if (i32.eq (memory.grow (i32.wrap_i64 (local.get $missing))) (i32.const -1)) (then (call $no-room)))))
      (global.set $top (i32.wrap_i64 (local.get $end)))
      (memory.copy (local.get $start) (local.get $old) (local.get $old-size))
      (local.get $start))
    (func $free (export "free") (global.set $top (i32.const 64)))
    (func (export "free-result") (param i32) (call $free)))
  (core instance $lists (instantiate $lists))
"""
# Sizes are in bytes, and in words of what is passed on: the last may reach beyond its list, but not beyond the memory.
MAIN = f"""
  (core module $main
    (import "lists" "memory" (memory 1))
    (import "lists" "free" (func $free))
    (import "host" "append" (func $append (param i32 i32) (result i32)))
    (import "host" "make-tensor" (func $make (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "host" "end-builder" (func $end (param i32 i32 i32) (result i32)))
    (import "host" "load-builders" (func $load (param i32 i32 i32)))
    (import "host" "tensor-data" (func $start (param i32 i32)))
    (import "host" "tensor-part" (func $part (param i32 i32 i32)))
    (import "host" "drop" (func $drop (param i32)))
    ;; All but the last piece go to the host; returns where the last begins.
    (func $send (param $at i32) (param $size i32) (result i32)
      (loop $next
        (if (i32.gt_u (local.get $size) (i32.const {PIECE})) (then
          (drop (call $append (local.get $at) (i32.const {PIECE >> 3})))
          (local.set $at (i32.add (local.get $at) (i32.const {PIECE})))
          (local.set $size (i32.sub (local.get $size) (i32.const {PIECE})))
          (br $next))))
      (local.get $at))
    (func $words (param $at i32) (param $size i32) (param $last i32) (result i32)
      (i32.shr_u (i32.add (i32.const 7) (i32.sub (i32.add (local.get $at) (local.get $size)) (local.get $last)))
        (i32.const 3)))
    (func (export "tensor") (param $dims i32) (param $rank i32) (param $ty i32) (param $at i32) (param $size i32)
      (result i32) (local $last i32) (local $tensor i32)
      (local.set $last (call $send (local.get $at) (local.get $size)))
      (local.set $tensor (call $make (local.get $dims) (local.get $rank) (local.get $ty)
        (local.get $last) (call $words (local.get $at) (local.get $size) (local.get $last)) (local.get $size)))
      (call $free)
      (local.get $tensor))
    (func (export "load") (param $builder i32) (param $count i32) (param $encoding i32) (param $target i32)
      (result i32) (local $last i32) (local $at i32) (local $size i32)
      (loop $next
        (if (local.get $count) (then
          (local.set $at (i32.load (local.get $builder)))
          (local.set $size (i32.load offset=4 (local.get $builder)))
          (local.set $last (call $send (local.get $at) (local.get $size)))
          (drop (call $end (local.get $last)
            (call $words (local.get $at) (local.get $size) (local.get $last)) (local.get $size)))
          (local.set $builder (i32.add (local.get $builder) (i32.const 8)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $next))))
      (call $load (local.get $encoding) (local.get $target) (i32.const 16))
      (call $free)
      (i32.const 16))
    (func (export "data") (param $self i32) (result i32) (local $got i32)
      (call $start (local.get $self) (i32.const 16))
      (i32.store (i32.const 32) (i32.load (i32.const 20)))
      (i32.store (i32.const 36) (i32.load (i32.const 16)))
      (local.set $got (i32.shl (i32.load (i32.const 24)) (i32.const 3)))
      (loop $next
        (if (i32.lt_u (local.get $got) (i32.load (i32.const 36))) (then
          (call $part (local.get $self) (local.get $got) (i32.const 16))
          (if (i32.ne (i32.load (i32.const 16)) (i32.add (i32.load (i32.const 32)) (local.get $got)))
            (then unreachable))
          (local.set $got (i32.add (local.get $got) (i32.shl (i32.load (i32.const 20)) (i32.const 3))))
          (br $next))))
      (call $drop (local.get $self))
      (i32.const 32)))
"""
