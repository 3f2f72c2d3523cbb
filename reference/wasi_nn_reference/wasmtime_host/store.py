"""The store of one guest: its limits, and what WASI shows it."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING

import wasmtime
from wasmtime import _ffi as ffi

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.ending import one_line
from wasi_nn_reference.wasmtime_host.streams import Buffer, Pieces

if TYPE_CHECKING:
    from wasi_nn_reference.limits import Limits
    from wasi_nn_reference.wasmtime_host.guest import Guest
    from wasi_nn_reference.wasmtime_host.streams import Streams

_MAX_TABLE_ELEMENTS = 10_000_000  # 80 MB
_MAX_TABLES = 64


def new_store(
    engine: wasmtime.Engine, guest: Guest, limits: Limits, *, instances: int, memories: int
) -> wasmtime.Store:
    """Return a store for `guest`, which may have so many core instances and memories; raises UserError."""
    store = wasmtime.Store(engine)
    store.set_wasi(_wasi(guest))
    store.set_limits(
        memory_size=limits.guest_memory_bytes,
        table_elements=_MAX_TABLE_ELEMENTS,
        tables=_MAX_TABLES,
        instances=instances,
        memories=memories,
    )
    return store


def _wasi(guest: Guest) -> wasmtime.WasiConfig:
    wasi = wasmtime.WasiConfig()
    try:
        wasi.argv = list(guest.arguments)
        wasi.env = [list(pair) for pair in guest.environment]
        for host, name, read_only in guest.directories:
            if not Path(host).is_dir():
                raise UserError(f"--dir {host}: no such folder")
            wasi.preopen_dir(host, name, not read_only)
        if guest.network.sockets:
            ffi.wasi_config_inherit_network(wasi.ptr())
        if guest.network.names:
            ffi.wasi_config_allow_ip_name_lookup(wasi.ptr(), True)
    except UnicodeEncodeError as error:
        raise UserError("a guest's arguments, environment and folders must be UTF-8") from error
    except wasmtime.WasmtimeError as error:
        raise UserError(f"--dir or --env cannot be set up: {one_line(error)}") from error
    try:
        _connect(wasi, guest.streams)
    except wasmtime.WasmtimeError as error:
        raise UserError(f"a standard stream cannot be set up: {one_line(error)}") from error
    return wasi


def _connect(wasi: wasmtime.WasiConfig, streams: Streams) -> None:
    match streams.stdin:
        case Path() as path:
            wasi.stdin_file = path
        case bytes() as data:
            _give(wasi, Pieces(len(data), (data,)))
        case Pieces() as pieces:
            _give(wasi, pieces)
        case _:
            wasi.inherit_stdin()
    match streams.stdout:
        case Path() as path:
            wasi.stdout_file = str(path)
        case Buffer() as buffer:
            wasi.stdout_custom = buffer.write
        case _:
            wasi.inherit_stdout()
    match streams.stderr:
        case Path() as path:
            wasi.stderr_file = str(path)
        case Buffer() as buffer:
            wasi.stderr_custom = buffer.write
        case _:
            wasi.inherit_stderr()


def _give(wasi: wasmtime.WasiConfig, given: Pieces) -> None:
    """Make bytes the standard input; the package has no name for what the C API can do."""
    vector = ffi.wasm_byte_vec_t()
    ffi.wasm_byte_vec_new_uninitialized(ctypes.byref(vector), given.size)
    try:
        if given.size:
            _fill((ctypes.c_ubyte * given.size).from_address(ctypes.addressof(vector.data.contents)), given)
    except BaseException:
        ffi.wasm_byte_vec_delete(ctypes.byref(vector))
        raise
    ffi.wasi_config_set_stdin_bytes(wasi.ptr(), ctypes.byref(vector))  # takes the vector


def _fill(array: ctypes.Array[ctypes.c_ubyte], given: Pieces) -> None:
    """Copy pieces; raises ValueError if they are not as long as they claim."""
    room, start = memoryview(array).cast("B"), 0
    for piece in given.pieces:
        begin, start = start, start + len(piece)
        if start > given.size:
            break
        room[begin:start] = piece
    if start != given.size:
        raise ValueError(f"the pieces do not have {given.size} bytes")
