"""Which versions of `wasi:nn` a component imports, and what of its imports is not served.

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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import wasmtime
    from wasmtime.component import Component

    from wasi_nn_reference.abi.wit.world import Interface

_WASI_PACKAGES = ("wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random", "wasi:sockets")
_WASI = re.compile(rf"({'|'.join(_WASI_PACKAGES)})/[a-z-]+@0\.2\.\d+")
_WASI_HTTP = re.compile(r"wasi:http/(types|outgoing-handler)@(?P<version>0\.2\.\d+)")
_WASI_NN = re.compile(rf"{PACKAGE}/(?P<interface>[^@]+)@(?P<version>.+)")


class Imports(NamedTuple):
    """What a component imports.

    versions: those of wasi:nn that are served, oldest first. bridged: those that it has a bridge for. http: the
    versions of wasi:http. unserved: imports that nothing here has, in the component's order. faults: what is imported
    of a served interface that it does not have, or has otherwise, each as a sentence.
    """

    versions: tuple[str, ...]
    bridged: tuple[str, ...]
    http: tuple[str, ...]
    unserved: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def is_bridged(self) -> bool:
        """Return whether it imports wasi:nn through bridges alone."""
        return set(self.versions) <= set(self.bridged)


def served() -> str:
    """Return what components may import, for an error message."""
    packages = ", ".join((*_WASI_PACKAGES, "wasi:http"))
    return f"{', '.join(f'{PACKAGE}@{version}' for version in WORLDS)}, and WASI 0.2 ({packages})"


def imports_of(engine: wasmtime.Engine, component: Component) -> Imports:
    """Look at all imports of `component`."""
    versions, bridged, http = set(), set(), set()
    unserved: list[str] = []
    faults: list[str] = []
    bridges = {bridge.name(version): version for version in WORLDS}
    for name, extern in component.type.imports(engine).items():
        if match := _WASI_NN.fullmatch(name):
            version = match["version"]
            if version in WORLDS:
                versions.add(version)
                faults += _faults(name, WORLDS[version].get(match["interface"]), version, extern.ty, engine)
            else:
                unserved.append(f"{PACKAGE}@{version}")
        elif name in bridges:
            version = bridges[name]
            bridged.add(version)
            faults += _faults(name, bridge.interface(version), version, extern.ty, engine)
        elif match := _WASI_HTTP.fullmatch(name):
            http.add(match["version"])
        elif not _WASI.fullmatch(name):
            unserved.append(name)
    return Imports(
        tuple(sorted(versions)),
        tuple(sorted(bridged)),
        tuple(sorted(http)),
        tuple(dict.fromkeys(unserved)),
        tuple(faults),
    )


def _faults(name: str, interface: Interface | None, version: str, kind: Any, engine: wasmtime.Engine) -> Iterator[str]:
    if interface is None:
        yield f"the component imports {name}; {PACKAGE}@{version} has only: {', '.join(WORLDS[version])}"
        return
    if not isinstance(kind, ComponentInstanceType):
        yield f"the component imports {name} as something else than an interface"
        return
    items: dict[str, Any] = {item: each.ty for item, each in kind.exports(engine).items()}
    resources = {item: each for item, each in items.items() if isinstance(each, ResourceType)}
    for item, each in items.items():
        if not isinstance(each, FuncType):
            continue
        if item not in interface.functions:
            yield f"the component imports {item} of {name}, which has no such function"
            continue
        declared, ours = _signature(each, resources), interface.functions[item].text
        if declared != ours:
            yield f"the component imports {item} of {name} as {declared}; it is {ours}"


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
