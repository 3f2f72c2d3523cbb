"""The types of a built component's imports, as wasmtime reads them, in the words of WIT with every alias resolved."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import wasmtime
from wasmtime.component import (
    BorrowType,
    Component,
    ComponentInstanceType,
    EnumType,
    FuncType,
    ListType,
    OwnType,
    ResourceType,
    ResultType,
    String,
    TupleType,
    ValType,
)
from wit_table import Interface, Signature

Functions = dict[str, Signature]


@dataclass(frozen=True)
class Imports:
    """The functions of each interface of `wasi:nn`, the package's versions, and the other packages imported."""

    functions: dict[str, Functions]
    versions: set[str]
    others: set[str]


@cache
def imports(file: Path) -> Imports:
    """Read a component's imports. What is no type of `wasi:nn` raises `TypeError`."""
    engine = wasmtime.Engine()
    instances = Component.from_file(engine, str(file)).type.imports(engine)
    functions: dict[str, Functions] = {}
    versions, others = set(), set()
    for name, extern in instances.items():
        path, version = name.split("@")
        package, interface = path.split("/")
        if package != "wasi:nn":
            others.add(package)
            continue
        versions.add(version)
        instance = extern.ty
        assert isinstance(instance, ComponentInstanceType)
        items = {item: exported.ty for item, exported in instance.exports(engine).items()}
        resources = {item: kind for item, kind in items.items() if isinstance(kind, ResourceType)}
        functions[interface] = {
            item: signature(kind, resources) for item, kind in items.items() if isinstance(kind, FuncType)
        }
    return Imports(functions, versions, others)


def signature(function: FuncType, resources: dict[str, ResourceType]) -> Signature:
    parameters = tuple((name, written(kind, resources)) for name, kind in function.params)
    return parameters, None if function.result is None else written(function.result, resources)


def written(kind: ValType | None, resources: dict[str, ResourceType]) -> str:
    """Write a type as WIT does, with `own` and `borrow` as components have them."""
    match kind:
        case None:
            return "_"
        case ListType():
            return f"list<{written(kind.element, resources)}>"
        case TupleType():
            return f"tuple<{','.join(written(element, resources) for element in kind.elements)}>"
        case ResultType():
            return f"result<{written(kind.ok, resources)},{written(kind.err, resources)}>"
        case EnumType():
            return f"enum<{','.join(kind.names)}>"
        case OwnType():
            return f"own<{resource_name(kind.ty, resources)}>"
        case BorrowType():
            return f"borrow<{resource_name(kind.ty, resources)}>"
        case String():
            return "string"
        case _:
            name = type(kind).__name__
            if name not in ("U8", "U32"):
                raise TypeError(f"{name} is no type of wasi:nn")
            return name.lower()


def resource_name(kind: ResourceType, resources: dict[str, ResourceType]) -> str:
    (name,) = [name for name, known in resources.items() if known == kind]
    return name


def resolved(interfaces: dict[str, Interface]) -> dict[str, Functions]:
    """Give the functions of declared interfaces with every alias resolved, `self` told, and resources owned."""
    return {name: _resolved(interface, interfaces) for name, interface in interfaces.items()}


def _resolved(interface: Interface, interfaces: dict[str, Interface]) -> Functions:
    known = _known(interface)
    for place, name in interface.uses:
        known[name] = _known(interfaces[place])[name]
    known |= {name: _replaced(kind, known) for name, kind in interface.types.items()}

    def function(name: str, declared: Signature) -> Signature:
        parameters = tuple((parameter, _replaced(kind, known)) for parameter, kind in declared[0])
        if name.startswith("[method]"):
            resource = name.removeprefix("[method]").partition(".")[0]
            parameters = (("self", f"borrow<{resource}>"), *parameters)
        return parameters, None if declared[1] is None else _replaced(declared[1], known)

    return {name: function(name, declared) for name, declared in interface.functions.items()}


def _known(interface: Interface) -> dict[str, str]:
    enums = {name: f"enum<{','.join(cases)}>" for name, cases in interface.enums.items()}
    return interface.types | enums | {name: f"own<{name}>" for name in interface.resources}


def _replaced(kind: str, known: dict[str, str]) -> str:
    return re.sub(r"[a-z][a-z0-9-]*", lambda name: known.get(name[0], name[0]), kind)
