"""Runs a core module on wasmtime: links WASI and wasi-nn, tells how it ended. Components: `component_engine`.

Importing wasmtime takes 60 ms, so this module is imported when a guest is about to run. Nothing that
a model needs is imported here at all: a guest's first reply does not wait for an engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import wasmtime

from wasi_nn_reference.abi import witx
from wasi_nn_reference.abi.witx_calls import WitxCalls
from wasi_nn_reference.deadline import deadline
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasm import MODULE, recognise

if TYPE_CHECKING:
    from wasi_nn_reference.limits import Limits
    from wasi_nn_reference.module_cache import ModuleCache

TRAPPED = 134  # exit status of a trap, as of the wasmtime program: 128 + SIGABRT
_MAX_TABLE_ELEMENTS = 10_000_000  # 80 MB
_MAX_TABLES = 64
_WASI = "wasi_snapshot_preview1"


@dataclass(frozen=True)
class Guest:
    """What a guest sees of this machine.

    arguments: argv, its own name first. directories: (host folder, guest path) pairs. environment:
    names and values. seconds: how long it may run, None for ever.
    """

    arguments: tuple[str, ...]
    directories: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    seconds: float | None = None


class TrapError(Exception):
    """The guest trapped, or was ended because its time was up; the text says which."""


def overrun(guest: Guest) -> str:
    """Return what to say when the guest's time is up."""
    return f"the guest was ended: it ran for more than {guest.seconds:g} s (--timeout)"


def new_engine() -> wasmtime.Engine:
    """Return an engine with the settings under which compiled guests are cached."""
    config = wasmtime.Config()
    config.epoch_interruption = True
    config.wasm_memory64 = False  # pointers of the witx ABI have 32 bits
    return wasmtime.Engine(config)


def new_store(engine: wasmtime.Engine, guest: Guest, limits: Limits, *, instances: int) -> wasmtime.Store:
    """Return the store of one guest, which may have `instances` core instances and one memory."""
    store = wasmtime.Store(engine)
    store.set_wasi(_wasi(guest))
    store.set_limits(
        memory_size=limits.guest_memory_bytes,
        table_elements=_MAX_TABLE_ELEMENTS,
        tables=_MAX_TABLES,
        instances=instances,
        memories=1,
    )
    store.set_epoch_deadline(1)
    return store


def _wasi(guest: Guest) -> wasmtime.WasiConfig:
    wasi = wasmtime.WasiConfig()
    try:
        wasi.argv = list(guest.arguments)
        wasi.env = [list(pair) for pair in guest.environment]
        for host, name in guest.directories:
            if not Path(host).is_dir():
                raise UserError(f"--dir {host}: no such folder")
            wasi.preopen_dir(host, name)
    except UnicodeEncodeError as error:
        raise UserError("a guest's arguments, environment and folders must be UTF-8") from error
    except wasmtime.WasmtimeError as error:
        raise UserError(f"--dir or --env cannot be set up: {one_line(error)}") from error
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    return wasi


class GuestEngine:
    """One wasmtime engine. `cache` None compiles every module anew."""

    def __init__(self, limits: Limits, cache: ModuleCache | None = None) -> None:
        self._limits = limits
        self._cache = cache
        self._engine = new_engine()

    def run(self, wasm: bytes, guest: Guest, abi: witx.WitxAbi, *, verbose: bool = False) -> int:
        """Run a core module's `_start` and return its exit status, 0 if it just returns.

        Raises UserError for a file that cannot be run here, TrapError.
        """
        module = self._module(wasm)
        store = new_store(self._engine, guest, self._limits, instances=1)
        linker = wasmtime.Linker(self._engine)
        linker.define_wasi()
        calls = WitxCalls(abi, store, verbose=verbose)
        calls.define(linker)
        self._refuse_unknown_imports(linker, store, module)
        with deadline(guest.seconds, self._engine.increment_epoch):
            try:
                start = self._instantiate(linker, store, module, calls)
                start(store)
            except wasmtime.ExitTrap as end:
                return end.code
            except wasmtime.Trap as trap:
                raise TrapError(self._trap_text(trap, guest)) from trap
            except wasmtime.WasmtimeError as error:
                raise UserError(f"the guest failed: {one_line(error)}") from error
        return 0

    def _module(self, wasm: bytes) -> wasmtime.Module:
        if recognise(wasm) != MODULE:
            raise UserError("the file is no WebAssembly module or component")
        cached = self._cache.read(wasm) if self._cache else None
        if cached is not None:
            try:
                return wasmtime.Module.deserialize(self._engine, cached)
            except wasmtime.WasmtimeError:
                pass  # made by another build: compiled and written anew
        try:
            module = wasmtime.Module(self._engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise UserError(f"the module does not compile: {one_line(error)}") from error
        if self._cache:
            self._cache.write(wasm, bytes(module.serialize()))
        return module

    def _refuse_unknown_imports(self, linker: wasmtime.Linker, store: wasmtime.Store, module: wasmtime.Module) -> None:
        for wanted in module.imports:
            try:
                linker.get(store, wanted.module, wanted.name or "")
            except wasmtime.WasmtimeError:
                raise UserError(
                    f"the guest imports {wanted.module}.{wanted.name}, which is not served here;"
                    f" served: {_WASI} (WASI preview 1) and {witx.MODULE} ({', '.join(witx.FUNCTIONS)})"
                ) from None

    def _instantiate(
        self, linker: wasmtime.Linker, store: wasmtime.Store, module: wasmtime.Module, calls: WitxCalls
    ) -> wasmtime.Func:
        exports = linker.instantiate(store, module).exports(store)
        calls.memory = exports.get("memory")
        start = exports.get("_start")
        if not isinstance(start, wasmtime.Func):
            raise UserError("the module exports no function _start, so there is nothing to run")
        return start

    def _trap_text(self, trap: wasmtime.Trap, guest: Guest) -> str:
        if trap.trap_code is wasmtime.TrapCode.INTERRUPT:
            return overrun(guest)
        return f"the guest trapped: {_cause(trap)}"


def _cause(trap: wasmtime.Trap) -> str:
    """Return the cause that wasmtime writes below its backtrace, and the innermost function."""
    lines = [line.strip() for line in trap.message.splitlines() if line.strip()]
    cause = next((line for line in reversed(lines) if "wasm trap:" in line), lines[-1] if lines else "no reason")
    frames = trap.frames
    where = f" in {frames[0].func_name}" if frames and frames[0].func_name else ""
    return cause.partition("wasm trap:")[2].strip() + where if "wasm trap:" in cause else cause + where


def one_line(error: Exception) -> str:
    """Return an error's text for a line of ours."""
    return " ".join(str(error).split())[:500]
