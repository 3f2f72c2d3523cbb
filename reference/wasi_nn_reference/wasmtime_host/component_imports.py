"""Links components: WASI, wasi-nn in the versions that they import, and wasi:http without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wasmtime import _ffi as ffi
from wasmtime.component import Linker, Variant

from wasi_nn_reference.abi.wit.imports import served
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.linking import UnknownImports
from wasi_nn_reference.wasmtime_host.unserved import refusal

if TYPE_CHECKING:
    import wasmtime
    from wasmtime.component import Component

    from wasi_nn_reference.abi.wit.calls import Definitions
    from wasi_nn_reference.abi.wit.imports import Imports
    from wasi_nn_reference.wasmtime_host.linking import Linking


def obstacles(imports: Imports, linking: Linking) -> list[str]:
    """Return why a component with those imports is refused, all reasons, each as a sentence."""
    reasons = list(imports.faults)
    if imports.unserved and linking.unknown_imports is UnknownImports.REFUSE:
        reasons.insert(0, refusal("component", imports.unserved, served()))
    if imports.unserved and linking.unknown_imports is UnknownImports.DEFAULT:
        reasons.insert(0, "only imports of modules have default values; --unknown-imports trap runs a component")
    return reasons


def refuse(imports: Imports, linking: Linking) -> None:
    """Raise UserError for a component that cannot be linked."""
    reasons = obstacles(imports, linking)
    if reasons:
        raise UserError("; ".join(reasons))


def link(
    engine: wasmtime.Engine, component: Component, imports: Imports, definitions: Definitions, *, http: bool
) -> Linker:
    """Return a linker with all that `component` imports, for any number of stores. `http` lets its requests go out."""
    linker = Linker(engine)
    linker.add_wasip2()
    definitions.add(linker, imports.versions, imports.bridged)
    if imports.http:
        linker.add_wasi_http()
        if not http:
            _refuse_requests(linker, imports.http)
    if imports.unserved:
        linker.define_unknown_imports_as_traps(component)
    return linker


def give_http(store: wasmtime.Store) -> None:
    """Let components that are linked with wasi:http keep what it needs in a store."""
    ffi.wasmtime_context_set_wasi_http(store._context())  # noqa: SLF001 - the package has no name for it


def _refuse_requests(linker: Linker, versions: tuple[str, ...]) -> None:
    """Put a function in the place of the runtime's that answers each request with `HTTP-request-denied`."""
    linker.allow_shadowing = True
    with linker.root() as root:
        for version in versions:
            with root.add_instance(f"wasi:http/outgoing-handler@{version}") as instance:
                instance.add_func("handle", _denied)
    linker.allow_shadowing = False


def _denied(store: Any, request: Any, options: Any) -> Variant:
    request.drop(store)
    if options is not None:
        options.drop(store)
    return Variant("HTTP-request-denied")
