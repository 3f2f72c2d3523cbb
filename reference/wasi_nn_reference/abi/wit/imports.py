"""Which version of `wasi:nn` a component imports, and whether everything it imports is served.

The runtime checks a host function's arguments only when it is called, so the signatures that a
component declares are compared with ours before it runs: then a record is never read as a type
that it does not have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from wasmtime.component import (
    BorrowType,
    ComponentInstanceType,
    EnumType,
    FuncType,
    ListType,
    OwnType,
    ResourceType,
    ResultType,
    TupleType,
)

from wasi_nn_reference.abi.wit import bridge
from wasi_nn_reference.abi.wit.world import PACKAGE, WORLDS
from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import wasmtime
    from wasmtime.component import Component

    from wasi_nn_reference.abi.wit.world import Function

_WASI_PACKAGES = ("wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random", "wasi:sockets")
_WASI = re.compile(rf"({'|'.join(_WASI_PACKAGES)})/[a-z-]+@0\.2\.\d+")
_WASI_NN = re.compile(rf"{PACKAGE}/(?P<interface>[^@]+)@(?P<version>.+)")


def served() -> str:
    """Return what components may import, for an error message."""
    return f"{', '.join(f'{PACKAGE}@{version}' for version in WORLDS)}, and WASI 0.2 ({', '.join(_WASI_PACKAGES)})"


class Imports(NamedTuple):
    """The versions of wasi:nn that a component imports, and those that it has a bridge for, oldest first."""

    versions: list[str]
    bridged: list[str]


def check(engine: wasmtime.Engine, component: Component) -> Imports:
    """Return what `component` imports of wasi:nn.

    Raises UserError for an import that is not served, and for a function whose signature is not ours.
    """
    versions, bridged = set(), []
    bridges = {bridge.name(version): version for version in WORLDS}
    for name, extern in component.type.imports(engine).items():
        match = _WASI_NN.fullmatch(name)
        if match or name in bridges:
            kind = extern.ty
            if match:
                functions = _functions(name, match["interface"], match["version"])
                versions.add(match["version"])
            else:
                functions = bridge.interface(bridges[name]).functions
                bridged.append(bridges[name])
            if not isinstance(kind, ComponentInstanceType):
                raise UserError(f"the component imports {name} as something else than an interface")
            _check_signatures(name, {item: each.ty for item, each in kind.exports(engine).items()}, functions)
        elif not _WASI.fullmatch(name):
            raise UserError(f"the component imports {name}, which is not served here; served: {served()}")
    return Imports(sorted(versions), sorted(bridged))


def _functions(name: str, interface: str, version: str) -> Mapping[str, Function]:
    world = WORLDS.get(version)
    if world is None:
        raise UserError(f"the component imports {PACKAGE}@{version}, which is not served here; served: {served()}")
    if interface not in world:
        raise UserError(f"the component imports {name}; {PACKAGE}@{version} has only: {', '.join(world)}")
    return world[interface].functions


def _check_signatures(name: str, items: Mapping[str, Any], functions: Mapping[str, Function]) -> None:
    resources = {item: kind for item, kind in items.items() if isinstance(kind, ResourceType)}
    for item, kind in items.items():
        if not isinstance(kind, FuncType):
            continue
        if item not in functions:
            raise UserError(f"the component imports {item} of {name}, which has no such function")
        declared = _signature(kind, resources)
        if declared != functions[item].text:
            raise UserError(f"the component imports {item} of {name} as {declared}; it is {functions[item].text}")


def _signature(function: FuncType, resources: Mapping[str, ResourceType]) -> str:
    parameters = ", ".join(_text(kind, resources) for _, kind in function.params)
    result = function.result
    return f"func({parameters})" + (f" -> {_text(result, resources)}" if result is not None else "")


def _text(kind: Any, resources: Mapping[str, ResourceType]) -> str:
    """Return a type as `values` writes it; types that wasi-nn does not use are just named."""

    def text(inner: Any) -> str:
        return "_" if inner is None else _text(inner, resources)

    match kind:
        case ListType():
            return f"list<{text(kind.element)}>"
        case TupleType():
            return f"tuple<{', '.join(map(text, kind.elements))}>"
        case EnumType():
            return f"enum{{{', '.join(kind.names)}}}"
        case ResultType():
            return f"result<{text(kind.ok)}, {text(kind.err)}>"
        case OwnType() | BorrowType():
            name = next((name for name, each in resources.items() if each == kind.ty), "?")
            return f"{'own' if isinstance(kind, OwnType) else 'borrow'}<{name}>"
        case _:
            return type(kind).__name__.lower()
