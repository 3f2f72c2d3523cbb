"""Calls an export of a component: `NAME(ARGUMENT, ...)`, in as much of WAVE as JSON has too.

WAVE is the text format of the values of components. Arguments are numbers, booleans, strings and lists of
them; results are printed whatever their types are.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from wasmtime import component as types

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.invocation import float_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import wasmtime

_CALL = re.compile(r"\s*(?P<name>[^()\s]+)\s*(?:\((?P<arguments>.*)\))?\s*", re.DOTALL)
# The JSON that a parameter of each kind takes; a boolean is an int for Python, but no number here.
_TAKEN: dict[type, type | tuple[type, ...]] = {
    types.Bool: bool,
    types.String: str,
    types.Char: str,
    **dict.fromkeys((types.U8, types.U16, types.U32, types.U64, types.S8, types.S16, types.S32, types.S64), int),
    **dict.fromkeys((types.F32, types.F64), (int, float)),
}


def invoke(store: wasmtime.Store, component: types.Component, instance: types.Instance, call: str) -> None:
    """Do what `call` says and print its result, if it has one; raises UserError for a call that cannot be done."""
    match = _CALL.fullmatch(call)
    if match is None:
        raise UserError(f"--invoke {call}: give it as NAME(ARGUMENT, ...)")
    name = match["name"]
    interface, kind = _found(store.engine, component, name)
    values = _values(call, match["arguments"] or "", [each for _, each in kind.params])
    parent = None if interface is None else instance.get_export_index(store, interface)
    index = instance.get_export_index(store, name, parent)
    function = None if index is None else instance.get_func(store, index)
    if function is None:
        raise UserError(f"--invoke {call}: the component has no function {name}")
    result = function(store, *values)
    if kind.result is not None:
        sys.stdout.write(_text(kind.result, result) + "\n")
        sys.stdout.flush()


def _found(engine: wasmtime.Engine, component: types.Component, name: str) -> tuple[str | None, types.FuncType]:
    """Return the exported interface that has the function, None for the component itself, and its type."""
    functions = list(_functions(engine, component))
    found = [(interface, kind) for interface, each, kind in functions if each == name]
    if len(found) != 1:
        names = ", ".join(dict.fromkeys(each for _, each, _ in functions)) or "none"
        raise UserError(f"--invoke {name}: {len(found)} exports have that name; functions: {names}")
    return found[0]


def _functions(engine: wasmtime.Engine, component: types.Component) -> Iterator[tuple[str | None, str, types.FuncType]]:
    for name, extern in component.type.exports(engine).items():
        kind: Any = extern.ty
        if isinstance(kind, types.FuncType):
            yield None, name, kind
        elif isinstance(kind, types.ComponentInstanceType):
            for item, each in kind.exports(engine).items():
                if isinstance(each.ty, types.FuncType):
                    yield name, item, each.ty


def _values(call: str, arguments: str, kinds: list[Any]) -> list[Any]:
    try:
        values: list[Any] = json.loads(f"[{arguments}]")
    except ValueError:
        raise UserError(f"--invoke {call}: arguments are numbers, booleans, strings and lists, as in JSON") from None
    if len(values) != len(kinds):
        raise UserError(f"--invoke {call}: it takes {len(kinds)} argument(s); got {len(values)}")
    for kind, value in zip(kinds, values, strict=True):
        if not _fits(kind, value):
            raise UserError(f"--invoke {call}: {json.dumps(value)} is no {_name(kind)}")
    return [_converted(kind, value) for kind, value in zip(kinds, values, strict=True)]


def _converted(kind: Any, value: Any) -> Any:
    """Return a value as wasmtime's package takes it: a float for a float, also where JSON has an integer."""
    if isinstance(kind, types.ListType):
        return [_converted(kind.element, each) for each in value]
    return float(value) if isinstance(kind, (types.F32, types.F64)) else value


def _fits(kind: Any, value: Any) -> bool:
    if isinstance(kind, types.ListType):
        return isinstance(value, list) and all(_fits(kind.element, each) for each in value)
    taken = _TAKEN.get(type(kind), ())
    return isinstance(value, taken) and (taken is bool or not isinstance(value, bool)) and _in_range(kind, value)


def _in_range(kind: Any, value: Any) -> bool:
    match = re.fullmatch(r"(?P<sign>[su])(?P<bits>\d+)", _name(kind))
    if match is None:
        return not isinstance(kind, types.Char) or len(value) == 1
    bits = int(match["bits"])
    low, high = (0, 1 << bits) if match["sign"] == "u" else (-(1 << bits - 1), 1 << bits - 1)
    return bool(low <= value < high)


def _name(kind: Any) -> str:
    return type(kind).__name__.removesuffix("Type").lower()


def _text(kind: Any, value: Any) -> str:
    """Return a value as WAVE writes it."""
    match kind:
        case types.F32() | types.F64():
            return float_text(value, single=isinstance(kind, types.F32))
        case types.Char():
            return "'" + json.dumps(value, ensure_ascii=False)[1:-1] + "'"
        case types.EnumType():
            return str(value)
        case types.OwnType() | types.BorrowType():
            return "<resource>"
        case types.OptionType():
            return _case_text([("none", None), ("some", kind.payload)], value)
        case types.ResultType():
            return _case_text([("ok", kind.ok), ("err", kind.err)], value)
        case types.VariantType():
            return _case_text(kind.cases, value)
        case _:
            return _many_text(kind, value)


def _many_text(kind: Any, value: Any) -> str:
    match kind:
        case types.ListType():
            return f"[{', '.join(_text(kind.element, each) for each in value)}]"
        case types.TupleType():
            return f"({', '.join(map(_text, kind.elements, value))})"
        case types.RecordType():
            return "{" + ", ".join(f"{name}: {_text(each, getattr(value, name))}" for name, each in kind.fields) + "}"
        case types.FlagsType():
            return "{" + ", ".join(sorted(value)) + "}"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _case_text(cases: Sequence[tuple[str, Any]], value: Any) -> str:
    """Return one of several cases; wasmtime's package gives the payload alone where its Python type tells the case."""
    for name, payload in cases:
        if isinstance(value, types.Variant) and value.tag == name:
            return name if payload is None else f"{name}({_text(payload, value.payload)})"
    for name, payload in cases:
        if payload is None:
            if value is None:
                return name
            continue
        classes: set[type] = set()
        payload.add_classes(classes)
        if type(value) in classes:
            return f"{name}({_text(payload, value)})"
    return str(value)
