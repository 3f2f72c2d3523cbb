"""Compiles modules and components, or takes them from the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import wasmtime

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.ending import one_line

if TYPE_CHECKING:
    from wasmtime.component import Component

    from wasi_nn_reference.wasmtime_host.cache import ModuleCache

_Compiled = TypeVar("_Compiled", wasmtime.Module, "Component")


def new_engine() -> wasmtime.Engine:
    """Return a wasmtime engine with the settings under which compiled guests are cached."""
    config = wasmtime.Config()
    config.epoch_interruption = True
    config.wasm_memory64 = False  # pointers of the witx ABI have 32 bits
    return wasmtime.Engine(config)


class Compiler:
    """Compiles for one wasmtime engine. `cache` None compiles every guest anew."""

    def __init__(self, engine: wasmtime.Engine, cache: ModuleCache | None = None) -> None:
        self._engine = engine
        self._cache = cache

    def compiled(self, kind: type[_Compiled], wasm: bytes) -> _Compiled:
        """Return the module or component in `wasm`; raises UserError."""
        cached = self._cache.read(wasm) if self._cache else None
        if cached is not None:
            try:
                return kind.deserialize(self._engine, cached)
            except wasmtime.WasmtimeError:
                pass  # made by another build: compiled and written anew
        try:
            made = self._made(kind, wasm)
        except wasmtime.WasmtimeError as error:
            raise UserError(f"the {kind.__name__.lower()} does not compile: {one_line(error)}") from error
        if self._cache:
            self._cache.write(wasm, bytes(made.serialize()))
        return made

    def _made(self, kind: type[_Compiled], wasm: bytes) -> _Compiled:
        """Compile, a component with the bridge if it takes one."""
        if kind is not wasmtime.Module:
            # Only what is not in the cache needs it.
            from wasi_nn_reference.wasmtime_host.bridging import UnreadableError, bridged  # noqa: PLC0415

            try:
                return kind(self._engine, bridged(wasm))
            except (UnreadableError, wasmtime.WasmtimeError):
                pass  # it imports other types than ours, which is told of the component itself, or has no bytes
        return kind(self._engine, wasm)
