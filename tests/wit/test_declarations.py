"""`vectors/declarations.yaml` against our WIT, and against what the probe of witx imports."""

import re
from pathlib import Path

import pytest
import wasmtime
from wit_table import TAGS, Interface, Signature, declared

from wasi_nn_conformance.paths import GUESTS, VECTORS
from wasi_nn_conformance.vectors.declaration import Declaration, read_declarations

DECLARATIONS = read_declarations(VECTORS / "declarations.yaml")

Row = tuple[str, str, str | int | None]
"""Name, kind, and the type or the number."""


def expected(interface: Interface) -> set[Row]:
    rows: set[Row] = {(name, "type", kind) for name, kind in interface.types.items()}
    rows |= {(name, "resource", None) for name in interface.resources}
    for name, cases in interface.enums.items():
        rows |= {(name, "enum", None), *((f"{name}.{case}", "case", number) for number, case in enumerate(cases))}
    for name, signature in interface.functions.items():
        rows |= function(name, signature)
    return rows


def function(name: str, signature: Signature) -> set[Row]:
    parameters, result = signature
    if name.startswith("[constructor]"):
        name = f"{name.removeprefix('[constructor]')}.constructor"
        rows: set[Row] = {(name, "constructor", None)}
    elif name.startswith("[method]"):
        name = name.removeprefix("[method]")
        rows = {(name, "method", None), (f"{name}.result", "result", result)}
    else:
        rows = {(name, "function", None), (f"{name}.result", "result", result)}
    return rows | {(f"{name}.{parameter}", "parameter", kind) for parameter, kind in parameters}


@pytest.mark.parametrize("tag", TAGS)
def test_declarations_are_those_of_our_wit(tag: str) -> None:
    abi = f"wit-{tag}"
    found = {
        (".".join(entry.parts), entry.kind, entry.number if entry.kind == "case" else entry.types.get(abi))
        for entry in DECLARATIONS.values()
        if abi in entry.places
    }
    assert found == set().union(*map(expected, declared(tag).values()))


WITX = {name.partition(":")[2]: entry for name, entry in DECLARATIONS.items() if name.startswith("witx:")}


def cases(enum: str) -> dict[str, int | None]:
    return {entry.parts[1]: entry.number for entry in WITX.values() if entry.kind == "case" and entry.parts[0] == enum}


@pytest.mark.parametrize(
    ("enum", "carrier", "names"),
    [
        (
            "nn_errno",
            "u16",
            """
            success invalid_argument invalid_encoding missing_memory busy runtime_error unsupported_operation
            too_large not_found
            """,
        ),
        ("tensor_type", "u8", "f16 f32 f64 u8 i32 i64"),
        ("graph_encoding", "u8", "openvino onnx tensorflow pytorch tensorflowlite autodetect"),
        ("execution_target", "u8", "cpu gpu tpu"),
    ],
)
def test_cases_of_witx(enum: str, carrier: str, names: str) -> None:
    assert cases(enum) == {name: number for number, name in enumerate(names.split())}
    assert WITX[enum].types == {"witx": carrier}


def words(kind: str) -> int:
    """Return how many i32 carry a value of this type: a list has a pointer and a length, a record a pointer."""
    entry = WITX.get(kind)
    if kind.startswith("list<") or kind == "string":
        return 2
    if entry is not None and entry.kind == "type":
        (alias,) = entry.types.values()
        return words(alias)
    return 1


def arity(name: str) -> int:
    """Return how many i32 a function takes: its parameters, and a pointer where it returns more than the errno."""
    parts = [entry for entry in WITX.values() if entry.parts[0] == name and len(entry.parts) == 2]
    (result,) = (entry for entry in parts if entry.kind == "result")
    returned = re.fullmatch(r"expected<(\w+),nn_errno>", result.types["witx"])
    assert returned is not None
    taken = [entry.types["witx"] for entry in parts if entry.kind == "parameter"]
    return sum(map(words, taken)) + (returned[1] != "_")


def imported(file: Path) -> dict[str, int]:
    module = wasmtime.Module.from_file(wasmtime.Engine(), str(file))
    found = {}
    for entry in module.imports:
        if entry.module == "wasi_ephemeral_nn":
            assert isinstance(entry.type, wasmtime.FuncType)
            assert {str(kind) for kind in (*entry.type.params, *entry.type.results)} == {"i32"}
            found[str(entry.name)] = len(entry.type.params)
    return found


def test_the_probe_imports_every_function_of_witx_with_as_many_words() -> None:
    functions: list[Declaration] = [entry for entry in WITX.values() if entry.kind == "function"]
    assert imported(GUESTS / "probe-witx.wasm") == {entry.parts[0]: arity(entry.parts[0]) for entry in functions}
