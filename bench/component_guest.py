"""Guests that only call: one as a component (10-28), one as a core module (witx), for what their calls cost.

Both load the graph called `model` by its name and take one input of 16 bytes; nothing of WASI is needed.
"""

from __future__ import annotations

GRAPH = "model"  # one f32 input `x` of shape [1, 4], one output of that shape
BYTES = 16
IMAGE_BYTES = 602_112  # 224 x 224 x 3 of f32
IMAGE_AT = 1 << 21

_VERSION = "0.2.0-rc-2024-10-28"

# A heap that never frees: each round starts it anew, behind what the guest itself keeps below 4096.
_HEAP = """
  (core module $heap
    (memory (export "memory") 64)
    (global $top (export "top") (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $start i32)
      (local.set $start (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.set $top (i32.add (local.get $start) (local.get 3)))
      (local.get $start))
    ;; 16: "x"; 32: "model"; 64: dimensions; 80: the list of inputs, one of (name, length, tensor);
    ;; 96: the list of builders
    (data (i32.const 16) "x") (data (i32.const 32) "model")
    (data (i32.const 64) "\\01\\00\\00\\00\\04\\00\\00\\00")
    (data (i32.const 80) "\\10\\00\\00\\00\\01\\00\\00\\00")
    (data (i32.const 96) "\\20\\00\\00\\00\\05\\00\\00\\00"))
  (core instance $h (instantiate $heap))
"""

COMPONENT = f"""
(component $guest
  (import "wasi:nn/tensor@{_VERSION}" (instance $tensors
    (export "tensor" (type $tensor (sub resource)))
    (type $names (enum "FP16" "FP32" "FP64" "BF16" "U8" "I32" "I64"))
    (export "tensor-type" (type $ty (eq $names)))
    (export "[constructor]tensor" (func
      (param "dimensions" (list u32)) (param "ty" $ty) (param "data" (list u8)) (result (own $tensor))))
    (export "[method]tensor.ty" (func (param "self" (borrow $tensor)) (result $ty)))
    (export "[method]tensor.data" (func (param "self" (borrow $tensor)) (result (list u8))))))
  (alias export $tensors "tensor" (type $tensor))
  (import "wasi:nn/errors@{_VERSION}" (instance $errors (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))
  (import "wasi:nn/inference@{_VERSION}" (instance $inference
    (alias outer $guest $tensor (type $its-tensor)) (export "tensor" (type $tensor (eq $its-tensor)))
    (alias outer $guest $error (type $its-error)) (export "error" (type $error (eq $its-error)))
    (export "graph-execution-context" (type $context (sub resource)))
    (export "[method]graph-execution-context.compute" (func
      (param "self" (borrow $context)) (param "inputs" (list (tuple string (own $tensor))))
      (result (result (list (tuple string (own $tensor))) (error (own $error))))))))
  (alias export $inference "graph-execution-context" (type $context))
  (import "wasi:nn/graph@{_VERSION}" (instance $graphs
    (alias outer $guest $error (type $its-error)) (export "error" (type $error (eq $its-error)))
    (alias outer $guest $context (type $its-context))
    (export "graph-execution-context" (type $context (eq $its-context)))
    (export "graph" (type $graph (sub resource)))
    (export "[method]graph.init-execution-context" (func
      (param "self" (borrow $graph)) (result (result (own $context) (error (own $error))))))
    (type $encodings (enum
      "openvino" "onnx" "tensorflow" "pytorch" "tensorflowlite" "ggml" "autodetect"))
    (export "graph-encoding" (type $encoding (eq $encodings)))
    (type $targets (enum "cpu" "gpu" "tpu")) (export "execution-target" (type $target (eq $targets)))
    (export "load" (func
      (param "builder" (list (list u8))) (param "encoding" $encoding) (param "target" $target)
      (result (result (own $graph) (error (own $error))))))
    (export "load-by-name" (func (param "name" string) (result (result (own $graph) (error (own $error))))))))
  {_HEAP}
  (core func $make (canon lower (func $tensors "[constructor]tensor") (memory (core memory $h "memory"))))
  (core func $ty (canon lower (func $tensors "[method]tensor.ty")))
  (core func $data (canon lower (func $tensors "[method]tensor.data")
    (memory (core memory $h "memory")) (realloc (core func $h "realloc"))))
  (core func $compute (canon lower (func $inference "[method]graph-execution-context.compute")
    (memory (core memory $h "memory")) (realloc (core func $h "realloc"))))
  (core func $load (canon lower (func $graphs "load-by-name") (memory (core memory $h "memory"))))
  (core func $load-bytes (canon lower (func $graphs "load") (memory (core memory $h "memory"))))
  (core func $drop-error (canon resource.drop $error))
  (core func $init (canon lower (func $graphs "[method]graph.init-execution-context")
    (memory (core memory $h "memory"))))
  (core func $drop (canon resource.drop $tensor))
  (core module $main
    (import "heap" "memory" (memory 1))
    (import "heap" "top" (global $top (mut i32)))
    (import "nn" "make" (func $make (param i32 i32 i32 i32 i32) (result i32)))
    (import "nn" "ty" (func $ty (param i32) (result i32)))
    (import "nn" "data" (func $data (param i32 i32)))
    (import "nn" "compute" (func $compute (param i32 i32 i32 i32)))
    (import "nn" "load" (func $load (param i32 i32 i32)))
    (import "nn" "init" (func $init (param i32 i32)))
    (import "nn" "drop" (func $drop (param i32)))
    (import "nn" "load-bytes" (func $load-bytes (param i32 i32 i32 i32 i32)))
    (import "nn" "drop-error" (func $drop-error (param i32)))
    (func $tensor (result i32)
      (call $make (i32.const 64) (i32.const 2) (i32.const 1) (i32.const 128) (i32.const {BYTES})))
    (func $check (if (i32.load8_u (i32.const 256)) (then (unreachable))))
    (func (export "types") (param $n i32)
      (local $t i32)
      (local.set $t (call $tensor))
      (loop $again
        (if (i32.ne (call $ty (local.get $t)) (i32.const 1)) (then (unreachable)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $drop (local.get $t)))
    (func (export "tensors") (param $n i32)
      (loop $again
        (call $drop (call $tensor))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "failing-loads") (param $n i32)
      (loop $again
        ;; one builder of 5 bytes, as the encoding onnx, on the cpu
        (call $load-bytes (i32.const 96) (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 256))
        (if (i32.eqz (i32.load8_u (i32.const 256))) (then (unreachable)))
        (call $drop-error (i32.load (i32.const 260)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "echo") (param $n i32)
      (local $t i32)
      (loop $again
        (global.set $top (i32.const 4096))
        (local.set $t (call $make
          (i32.const 64) (i32.const 2) (i32.const 1) (i32.const {IMAGE_AT}) (i32.const {IMAGE_BYTES})))
        (call $data (local.get $t) (i32.const 256))
        (if (i32.ne (i32.load (i32.const 260)) (i32.const {IMAGE_BYTES})) (then (unreachable)))
        (call $drop (local.get $t))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "infer") (param $n i32)
      (local $context i32) (local $output i32)
      (call $load (i32.const 32) (i32.const 5) (i32.const 256)) (call $check)
      (call $init (i32.load (i32.const 260)) (i32.const 256)) (call $check)
      (local.set $context (i32.load (i32.const 260)))
      (loop $again
        (global.set $top (i32.const 4096))
        (i32.store (i32.const 88) (call $tensor))
        (call $compute (local.get $context) (i32.const 80) (i32.const 1) (i32.const 256)) (call $check)
        (local.set $output (i32.load offset=8 (i32.load (i32.const 260))))
        (call $data (local.get $output) (i32.const 256))
        (if (i32.ne (i32.load (i32.const 260)) (i32.const {BYTES})) (then (unreachable)))
        (call $drop (local.get $output))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  (core instance $m (instantiate $main
    (with "heap" (instance $h))
    (with "nn" (instance
      (export "make" (func $make)) (export "ty" (func $ty)) (export "data" (func $data))
      (export "compute" (func $compute)) (export "load" (func $load)) (export "init" (func $init))
      (export "drop" (func $drop)) (export "load-bytes" (func $load-bytes))
      (export "drop-error" (func $drop-error))))))
  (func (export "types") (param "n" u32) (canon lift (core func $m "types")))
  (func (export "tensors") (param "n" u32) (canon lift (core func $m "tensors")))
  (func (export "failing-loads") (param "n" u32) (canon lift (core func $m "failing-loads")))
  (func (export "echo") (param "n" u32) (canon lift (core func $m "echo")))
  (func (export "infer") (param "n" u32) (canon lift (core func $m "infer"))))
"""

# The record of the tensor at 96: dims at 64, rank 2, f32, the data at 128; handles at 256, the output at 512.
MODULE = f"""
(module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output" (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "model")
  (data (i32.const 64) "\\01\\00\\00\\00\\04\\00\\00\\00")
  (data (i32.const 96) "\\40\\00\\00\\00\\02\\00\\00\\00\\01\\00\\00\\00\\80\\00\\00\\00\\10\\00\\00\\00")
  (func $check (param i32) (if (local.get 0) (then (unreachable))))
  (func (export "infer") (param $n i32)
    (local $context i32)
    (call $check (call $load (i32.const 32) (i32.const 5) (i32.const 256)))
    (call $check (call $init (i32.load (i32.const 256)) (i32.const 256)))
    (local.set $context (i32.load (i32.const 256)))
    (loop $again
      (call $check (call $set_input (local.get $context) (i32.const 0) (i32.const 96)))
      (call $check (call $compute (local.get $context)))
      (call $check (call $get_output
        (local.get $context) (i32.const 0) (i32.const 512) (i32.const {BYTES}) (i32.const 256)))
      (if (i32.ne (i32.load (i32.const 256)) (i32.const {BYTES})) (then (unreachable)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
"""
# A host call that does nothing, as a floor of what any host in Python can reach.
EMPTY = """
(module
  (import "host" "nothing" (func $nothing (param i32) (result i32)))
  (func (export "go") (param $n i32)
    (loop $again
      (if (call $nothing (i32.const 1)) (then (unreachable)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
"""
