"""Workers in the text format of WebAssembly."""

from __future__ import annotations

from wat_guests import compiled

_WASI = "wasi_snapshot_preview1"
_PARAMETERS = {
    "fd_read": "i32 i32 i32 i32",
    "fd_write": "i32 i32 i32 i32",
    "path_open": "i32 i32 i32 i32 i32 i64 i64 i32 i32",
    "poll_oneoff": "i32 i32 i32 i32",
    "environ_get": "i32 i32",
    "environ_sizes_get": "i32 i32",
    "args_sizes_get": "i32 i32",
}
_DATA, _INPUT = 1024, 65536  # where the text of an answer is, and what was read


def worker(body: str, *, more: str = "", pages: int = 1, imports: str = "") -> bytes:
    """A command that imports of WASI what `body` calls."""
    imports += "".join(
        f'(import "{_WASI}" "{name}" (func ${name} (param {parameters}) (result i32)))'
        for name, parameters in _PARAMETERS.items()
        if f"${name}" in body + more
    )
    exit_import = f'(import "{_WASI}" "proc_exit" (func $exit (param i32)))' if "$exit" in body else ""
    return compiled(
        f'(module {imports}{exit_import}(memory (export "memory") {pages}){more}(func (export "_start") {body}))'
    )


def data(text: str | bytes, at: int = _DATA) -> str:
    """Bytes in memory."""
    given = text.encode() if isinstance(text, str) else text
    escaped = "".join(f"\\{byte:02x}" for byte in given)
    return f'(data (i32.const {at}) "{escaped}")'


def write(at: int, length: str, stream: int = 1) -> str:
    """Write `length`, an expression, bytes."""
    return (
        f"(i32.store (i32.const 0) (i32.const {at})) (i32.store (i32.const 4) {length})"
        f"(drop (call $fd_write (i32.const {stream}) (i32.const 0) (i32.const 1) (i32.const 8)))"
    )


def answering(text: str, *, stream: int = 1, then: str = "") -> bytes:
    """A worker whose standard output is `text`."""
    length = len(text.encode())
    return worker(write(_DATA, f"(i32.const {length})", stream) + then, more=data(text))


def saying(number: str, more: str = "", before: str = "", imports: str = "") -> bytes:
    """A worker that answers with the number, of one or two digits, that an i32 expression gives."""
    head = '{"data":"'
    end = _DATA + len(head)
    return worker(
        f"""(local $n i32) {before} (local.set $n {number})
        (i32.store8 (i32.const {end}) (i32.add (i32.const 48) (i32.div_u (local.get $n) (i32.const 10))))
        (i32.store8 (i32.const {end + 1}) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
        {write(_DATA, f"(i32.const {len(head) + 4})")}""",
        more=data(head + '00"}') + more,
        imports=imports,
    )


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_HEAD, _TAIL = '{"base64":true,"data":"', '"}'


def _reflecting() -> bytes:
    """Answer with all that was read, by base64: three bytes at a time, and zeros at the end are spaces to JSON."""
    return worker(
        f"""(local $length i32) (local $in i32) (local $out i32) (local $word i32) (local $shift i32) (local $end i32)
        (block $read (loop $more
          (i32.store (i32.const 0) (i32.add (i32.const {_INPUT}) (local.get $length)))
          (i32.store (i32.const 4) (i32.sub (i32.const 1048576) (local.get $length)))
          (br_if $read (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if $read (i32.eqz (i32.load (i32.const 8))))
          (local.set $length (i32.add (local.get $length) (i32.load (i32.const 8))))
          (br $more)))
        ;; blanks behind the object make the length a multiple of three
        (i32.store16 (i32.add (i32.const {_INPUT}) (local.get $length)) (i32.const 0x2020))
        (local.set $end (i32.add (i32.const {_INPUT}) (local.get $length)))
        (local.set $in (i32.const {_INPUT})) (local.set $out (i32.const 2097152))
        (loop $three
          (local.set $word (i32.or (i32.or
            (i32.shl (i32.load8_u (local.get $in)) (i32.const 16))
            (i32.shl (i32.load8_u offset=1 (local.get $in)) (i32.const 8)))
            (i32.load8_u offset=2 (local.get $in))))
          (local.set $shift (i32.const 18))
          (loop $digit
            (i32.store8 (local.get $out) (i32.load8_u (i32.add (i32.const 64)
              (i32.and (i32.shr_u (local.get $word) (local.get $shift)) (i32.const 63)))))
            (local.set $out (i32.add (local.get $out) (i32.const 1)))
            (local.set $shift (i32.sub (local.get $shift) (i32.const 6)))
            (br_if $digit (i32.ge_s (local.get $shift) (i32.const 0))))
          (local.set $in (i32.add (local.get $in) (i32.const 3)))
          (br_if $three (i32.lt_u (local.get $in) (local.get $end))))
        {write(_DATA, f"(i32.const {len(_HEAD)})")}
        {write(2097152, "(i32.sub (local.get $out) (i32.const 2097152))")}
        {write(_DATA + len(_HEAD), f"(i32.const {len(_TAIL)})")}""",
        more=data(_ALPHABET, 64) + data(_HEAD + _TAIL),
        pages=64,
    )


REFLECTING = _reflecting()
HELLO = answering('{"data":"hello"}')
LOOPING = worker("(loop $again (br $again))")
TRAPPING = worker("unreachable")
FLOODING = worker(f"(loop $again {write(0, '(i32.const 65536)')} (br $again))")
EXITING = answering('{"data":"hello"}', then="(call $exit (i32.const 3))")
# Traps unless there are 1024 pages, which are 64 MiB.
GROWING = answering(
    '{"data":"grown"}', then="(if (i32.lt_s (memory.grow (i32.const 1023)) (i32.const 0)) (then unreachable))"
)


def sleeping(milliseconds: int) -> bytes:
    """A worker that waits for the monotonic clock, in a call of the host that nothing interrupts, and then answers."""
    text = '{"data":"slept"}'
    return worker(
        f"""(i32.store8 (i32.const 72) (i32.const 0)) (i32.store (i32.const 80) (i32.const 1))
        (i64.store (i32.const 88) (i64.const {milliseconds * 1_000_000}))
        (drop (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 256)))
        {write(_DATA, f"(i32.const {len(text)})")}""",
        more=data(text),
    )


SLEEPING = sleeping(3_600_000)


def opening(path: str, flags: int) -> bytes:
    """A worker that opens a file of its first folder to write, and answers with the errno; flags: 1 create, 4 excl."""
    return saying(
        f"(call $path_open (i32.const 3) (i32.const 1) (i32.const 512) (i32.const {len(path)}) (i32.const {flags})"
        " (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 600))",
        more=data(path, 512),
    )


_NN = "wasi_ephemeral_nn"
_CALLS = {"load": 5, "load_by_name": 3, "init_execution_context": 2, "set_input": 3, "compute": 1, "get_output": 5}
_NAME, _BUILDERS, _MODEL = 512, 600, 2048
VALUE = 7  # of the only element that goes through the model


def inferring(
    *,
    name: str = "",
    model: bytes = b"",
    element_type: int = 3,
    dimensions: tuple[int, ...] = (1,),
    given: bytes = bytes([VALUE]),
    at: int = 0,
) -> bytes:
    """A worker that answers with an element of what a model makes of `given`, else 10 times the failed call plus errno.

    name: of the graph. model: in OpenVINO IR, without weights, which it loads if it has no name. element_type: the
    number of u8. at: the index of the element.
    """
    load = (
        f"(call $load_by_name (i32.const {_NAME}) (i32.const {len(name)}) (i32.const 16))"
        if name
        else f"(call $load (i32.const {_BUILDERS}) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 16))"
    )
    steps = (
        load,
        "(call $init_execution_context (i32.load (i32.const 16)) (i32.const 20))",
        "(call $set_input (i32.load (i32.const 20)) (i32.const 0) (i32.const 32))",
        "(call $compute (i32.load (i32.const 20)))",
        "(call $get_output (i32.load (i32.const 20)) (i32.const 0) (i32.const 128) (i32.const 64) (i32.const 24))",
    )
    body = "".join(
        f"(local.set $e {step}) (if (local.get $e) (then (return (i32.add (i32.const {10 * number}) (local.get $e)))))"
        for number, step in enumerate(steps, 1)
    )
    return saying(
        "(call $infer)",
        more=f"(func $infer (result i32) (local $e i32) {body} (i32.load8_u (i32.const {128 + at})))"
        + data(_words(80, len(dimensions), element_type, 112, len(given)), 32)
        + data(_words(*dimensions), 80)
        + data(given, 112)
        + data(name, _NAME)
        + data(_words(_MODEL, len(model), 0, 0), _BUILDERS)
        + data(model, _MODEL),
        imports="".join(
            f'(import "{_NN}" "{call}" (func ${call} (param {" ".join(["i32"] * count)}) (result i32)))'
            for call, count in _CALLS.items()
        ),
    )


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in numbers)
