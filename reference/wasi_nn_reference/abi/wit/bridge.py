"""A component between a guest and the host, through which lists of bytes go eight at a time.

wasmtime's C API makes a record of 32 bytes of every element of a list, and of the 128 MiB that one call may take each
counts as 48: a list of more than 2,796,202 elements ends the guest. The bridge takes a guest's `list<u8>` into a
memory of its own, which the runtime does natively, and passes it on as `list<u64>`, in pieces: an eighth of the
elements, and any number of bytes. To the guest it is `wasi:nn` as it is: the same types, and memory is asked for once
for a list. Functions without bytes do not pass through it.

What it asks of the host is one interface, `name(version)`: the functions of `wasi:nn` that do not have bytes, as they
are, and the six of `BYTES` for the three that do.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import wasmtime

from wasi_nn_reference.abi.wit import bridge_core
from wasi_nn_reference.abi.wit.resources import Kind
from wasi_nn_reference.abi.wit.values import (
    U32,
    Borrow,
    Bytes,
    Enumeration,
    Fallible,
    Own,
    Pair,
    Sequence,
    Words,
)
from wasi_nn_reference.abi.wit.world import (
    ERROR_CODE,
    EXECUTION_TARGET,
    GRAPH_ENCODING,
    PACKAGE,
    TENSOR_TYPE,
    WORLDS,
    Function,
    Interface,
)

if TYPE_CHECKING:
    from wasi_nn_reference.abi.wit.values import ValueType

_TENSOR = Own(Kind.TENSOR)
_SELF = Borrow(Kind.TENSOR)
BYTES = {
    "append": Function("append", (Words(),), U32()),
    "make-tensor": Function("appended_tensor", (Sequence(U32()), TENSOR_TYPE, Words(), U32()), _TENSOR),
    "end-builder": Function("end_builder", (Words(), U32()), U32()),
    "load-builders": Function(
        "load_appended", (GRAPH_ENCODING, EXECUTION_TARGET), Fallible(Own(Kind.GRAPH), Own(Kind.ERROR))
    ),
    "tensor-data": Function("tensor_start", (_SELF,), Pair(U32(), Words())),
    "tensor-part": Function("tensor_part", (_SELF, U32()), Words()),
}
# The functions of wasi:nn that a guest has called then, for messages.
_CALLED = {
    "append": "[constructor]tensor or load",
    "make-tensor": "[constructor]tensor",
    "end-builder": "load",
    "load-builders": "load",
    "tensor-data": "[method]tensor.data",
    "tensor-part": "[method]tensor.data",
}
# The names of parameters, by operation: in a component they are part of a function's type.
_NAMES = {
    "append": "words",
    "appended_tensor": "dimensions ty words size",
    "end_builder": "words size",
    "load_appended": "encoding target",
    "tensor_start": "self",
    "tensor_part": "self start",
    "tensor": "dimensions ty data",
    "tensor_dimensions": "self",
    "tensor_ty": "self",
    "tensor_data": "self",
    "error": "code data",
    "error_code": "self",
    "error_data": "self",
    "load": "builder encoding target",
    "load_by_name": "name",
    "init_execution_context": "self",
    "compute_named": "self inputs",
    "set_input": "self name tensor",
    "compute": "self",
    "get_output": "self name",
}
_ENUMERATIONS = {
    "tensor-type": TENSOR_TYPE,
    "error-code": ERROR_CODE,
    "graph-encoding": GRAPH_ENCODING,
    "execution-target": EXECUTION_TARGET,
}
_ALIASES = {
    "tensor-dimensions": "(list u32)",
    "tensor-data": "(list u8)",
    "graph-builder": "(list u8)",
    "named-tensor": "(tuple string (own $tensor))",
}
_EXPORTED = "exported-"  # before the identifiers of types in exports
# What each interface exports beside its functions, in all versions together: more than is asked for does no harm.
_TYPES = {
    "tensor": ("tensor", "tensor-type", "tensor-dimensions", "tensor-data"),
    "errors": ("error", "error-code"),
    "inference": ("error", "tensor", "graph-execution-context", "tensor-data", "named-tensor"),
    "graph": (
        *("error", "tensor", "graph-execution-context", "graph"),
        *("graph-encoding", "execution-target", "graph-builder"),
    ),
}
_REPLACED = {"tensor": "tensor", "load": "load", "tensor_data": "data"}  # operations, and what does them in the core


def called(item: str) -> str:
    """Return the function of wasi:nn that a guest has called when the host's `item` is."""
    return _CALLED.get(item, item)


def name(version: str) -> str:
    """Return the name of the interface that the bridge of a version imports."""
    return f"wasi-nn-reference:bridge/host@{version}"


def interface(version: str) -> Interface:
    """Return what the host serves under that name."""
    world = WORLDS[version].values()
    passed = {
        item: function
        for each in world
        for item, function in each.functions.items()
        if function.operation not in _REPLACED
    }
    return Interface(tuple(kind for each in world for kind in each.resources), passed | BYTES)


@cache
def component(version: str) -> bytes:
    """Return the bridge of a version: it imports `name(version)`, and exports the interfaces of `wasi:nn`."""
    host = interface(version)
    types = [kind.wit_name for kind in host.resources]
    imported = [_imported_type("export", each) for each in [*types, *_ENUMERATIONS]]
    imported += [f'(export "{item}" (func {_signature(function)}))' for item, function in host.functions.items()]
    parts = [
        f'(import "{name(version)}" (instance $host {" ".join(imported)}))',
        *(f'(alias export $host "{each}" (type ${each}))' for each in [*types, *_ENUMERATIONS]),
        *(f"(type ${each} {text})" for each, text in _ALIASES.items()),
        bridge_core.LISTS,
        *(
            f'(core func ${item} (canon lower (func $host "{item}") (memory (core memory $lists "memory"))'
            ' (realloc (core func $lists "realloc"))))'
            for item in BYTES
        ),
        "(core func $drop (canon resource.drop $tensor))",
        bridge_core.MAIN,
        '(core instance $main (instantiate $main (with "lists" (instance $lists)) (with "host" (instance',
        *(f'(export "{item}" (func ${item}))' for item in [*BYTES, "drop"]),
        "))))",
        *(_interface(version, each, one) for each, one in WORLDS[version].items()),
    ]
    return bytes(wasmtime.wat2wasm(f"(component {' '.join(parts)})"))


def _interface(version: str, title: str, one: Interface) -> str:
    """Return the export of one interface: its types, and its functions, from the core or as the host has them.

    A method is valid only beside an export of the type that it is of, so a component of its own imports all, and
    exports it with the exported types.
    """
    lifted, imports, exports, arguments = [], [], [], []
    for each in _TYPES[title]:
        if each in _ALIASES:
            imports.append(f"(type ${each} {_ALIASES[each]})")
        else:
            imports.append(_imported_type("import", each))
            arguments.append(f'(with "{each}" (type ${each}))')
        exports.append(f'(export ${_EXPORTED}{each} "{each}" (type ${each}))')
    for item, function in one.functions.items():
        inside, core = function.operation.replace("_", "-"), _REPLACED.get(function.operation)
        imports.append(f'(import "call-{inside}" (func ${inside} {_signature(function)}))')
        exports.append(f'(export "{item}" (func ${inside}) (func {_signature(function, _EXPORTED)}))')
        source = f"${core}" if core else f'$host "{item}"'
        arguments.append(f'(with "call-{inside}" (func {source}))')
        if core:
            freed = '(post-return (core func $lists "free-result"))' if core == "data" else ""
            lifted.append(
                f'(func ${core} {_signature(function)} (canon lift (core func $main "{core}")'
                f' (memory (core memory $lists "memory")) (realloc (core func $lists "realloc")) {freed}))'
            )
    return " ".join(
        [
            *lifted,
            f"(component ${title}-interface {' '.join(imports)} {' '.join(exports)})",
            f"(instance ${title}-instance (instantiate ${title}-interface {' '.join(arguments)}))",
            f'(export "{PACKAGE}/{title}@{version}" (instance ${title}-instance))',
        ]
    )


def _imported_type(keyword: str, title: str) -> str:
    """Return the declaration of a resource or an enumeration, as an `import` or as an instance's `export`."""
    if title not in _ENUMERATIONS:
        return f'({keyword} "{title}" (type ${title} (sub resource)))'
    names = " ".join(f'"{value}"' for value in _ENUMERATIONS[title].values)
    return f'(type ${title}-names (enum {names})) ({keyword} "{title}" (type ${title} (eq ${title}-names)))'


def _signature(function: Function, prefix: str = "") -> str:
    names = _NAMES[function.operation].split()
    parameters = " ".join(
        f'(param "{each}" {_text(kind, prefix)})' for each, kind in zip(names, function.parameters, strict=True)
    )
    return f"{parameters} (result {_text(function.result, prefix)})"


def _text(kind: ValueType, prefix: str) -> str:
    """Return a type in the text format of components, which names resources and enumerations with `prefix`."""
    match kind:
        case Enumeration():
            return next(f"${prefix}{each}" for each, known in _ENUMERATIONS.items() if known is kind)
        case Borrow():
            return f"(borrow ${prefix}{kind.kind.wit_name})"
        case Own():
            return f"(own ${prefix}{kind.kind.wit_name})"
        case Sequence():
            return f"(list {_text(kind.element, prefix)})"
        case Bytes():
            return "(list u8)"
        case Words():
            return "(list u64)"
        case Pair():
            return f"(tuple {_text(kind.first, prefix)} {_text(kind.second, prefix)})"
        case Fallible():
            return f"(result {_text(kind.ok, prefix) if kind.ok else ''} (error {_text(kind.error, prefix)}))"
        case _:
            return kind.text  # u32, string
