"""What core modules import, and whether it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import wasmtime

from wasi_nn_reference.abi.witx.module import FUNCTIONS, MODULE
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.linking import UnknownImports
from wasi_nn_reference.wasmtime_host.unserved import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_reference.wasmtime_host.linking import Linking

_WASI = "wasi_snapshot_preview1"


def served() -> str:
    """Return what modules may import, for an error message."""
    return f"{_WASI} (WASI preview 1) and {MODULE} ({', '.join(FUNCTIONS)})"


def unserved(linker: wasmtime.Linker, store: wasmtime.Store, module: wasmtime.Module) -> list[str]:
    """Return the names of the imports that `linker` does not have, in the module's order."""
    names = []
    for wanted in module.imports:
        try:
            linker.get(store, wanted.module, wanted.name or "")
        except wasmtime.WasmtimeError:
            names.append(f"{wanted.module}.{wanted.name}")
    return names


def misfits(linker: wasmtime.Linker, store: wasmtime.Store, module: wasmtime.Module) -> list[str]:
    """Return what is wrong with the types of the imports that `linker` has."""
    found = []
    for wanted in module.imports:
        try:
            given = linker.get(store, wanted.module, wanted.name or "")
        except wasmtime.WasmtimeError:
            continue
        if isinstance(given, wasmtime.Func) and _signature(given.type(store)) != _signature(wanted.type):
            found.append(
                f"the module imports {wanted.module}.{wanted.name} as {_signature(wanted.type)};"
                f" it is {_signature(given.type(store))}"
            )
    return found


def settle(linker: wasmtime.Linker, store: wasmtime.Store, module: wasmtime.Module, linking: Linking) -> None:
    """Define what `linker` does not have, or raise UserError, as the user wants it."""
    names = unserved(linker, store, module)
    if not names:
        return
    match linking.unknown_imports:
        case UnknownImports.TRAP:
            linker.define_unknown_imports_as_traps(module)
        case UnknownImports.DEFAULT:
            try:
                linker.define_unknown_imports_as_default_values(store, module)
            except wasmtime.WasmtimeError as error:
                raise UserError(f"an import has no default value: {error}") from error
        case _:
            raise UserError(refusal("guest", names, served()))


def _signature(kind: object) -> str:
    if not isinstance(kind, wasmtime.FuncType):
        return "no function"
    return f"({_types(kind.params)}) -> ({_types(kind.results)})"


def _types(kinds: Sequence[wasmtime.ValType]) -> str:
    return ", ".join(map(str, kinds))
