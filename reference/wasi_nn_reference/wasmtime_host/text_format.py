"""The text format of WebAssembly."""

from __future__ import annotations

from wasi_nn_reference.errors import UserError

_BEGINNINGS = (b"(", b";;")  # a module, a component, or a comment of either kind


def is_text(data: bytes) -> bool:
    """Return whether `data` may be in the text format."""
    return data.lstrip()[:2].startswith(_BEGINNINGS)


def binary(data: bytes) -> bytes:
    """Return a file's content in the binary format; raises UserError for a text that is broken."""
    if not is_text(data):
        return data
    import wasmtime  # noqa: PLC0415 - it takes 60 ms; a guest that runs has imported it

    from wasi_nn_reference.wasmtime_host.ending import one_line  # noqa: PLC0415

    try:
        return bytes(wasmtime.wat2wasm(data))
    except wasmtime.WasmtimeError as error:
        raise UserError(f"the text is no module or component: {one_line(error)}") from error
