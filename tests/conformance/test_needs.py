from typing import Any

import pytest
from abis import ABIS, MIDDLE, NEWEST, OLDEST, WIT, WITX

from wasi_nn_conformance.vectors.expectation import Expectation
from wasi_nn_conformance.vectors.needs import needs, tags_with

F32 = {"type": "f32", "shape": [1], "data": [1]}
SUCCESS = Expectation()
ERROR = Expectation(frozenset({"error"}))
TRAP = Expectation(frozenset({"trap"}))


def abis(action: str, arguments: dict[str, Any], expectation: Expectation = SUCCESS) -> tuple[str, ...]:
    return tags_with(needs(action, arguments, expectation, slot=False))


@pytest.mark.parametrize(
    ("action", "arguments", "sayable"),
    [
        ("load", {"model": "m"}, ABIS),
        ("load", {"builders": [], "encoding": "ggml"}, WIT),
        ("load", {"builders": [], "encoding": {"raw": 9}}, (WITX,)),
        ("load", {"model": "m", "error": "e"}, WIT),
        ("load_by_name", {"name": {"hex": "ff"}}, (WITX,)),
        ("context", {"graph": "g"}, ABIS),
        ("context", {"graph": {"raw": 7}}, ABIS),
        ("context", {"graph": {"number": "t"}}, WIT),
        ("set_input", {"context": "c", "input": "x", "tensor": F32}, ABIS),
        ("set_input", {"context": "c", "input": {"raw": 0}, "tensor": F32}, (WITX,)),
        ("set_input", {"context": {"raw": 1}, "input": "x", "tensor": F32}, (WITX,)),
        ("set_input", {"context": "c", "input": "x", "tensor": F32 | {"type": "bf16"}}, WIT),
        ("set_input", {"context": "c", "input": "x", "tensor": F32 | {"type": {"raw": 6}}}, (WITX,)),
        ("set_input", {"context": "c", "input": "x", "tensor": F32, "as": "t"}, (WITX,)),
        ("compute", {"context": "c"}, ABIS),
        ("compute", {"context": "c", "names": "own"}, (NEWEST,)),
        ("compute", {"context": {"raw": 1}}, (WITX,)),
        ("output", {"context": "c", "output": "x"}, ABIS),
        ("output", {"context": "c", "output": {"beyond": 0}}, (WITX, OLDEST, MIDDLE)),
        ("output", {"context": "c", "output": "x", "size": 4}, (WITX,)),
        ("outputs", {"context": "c", "order": None}, ABIS),
        ("raw", {"function": "compute", "arguments": [0]}, (WITX,)),
        ("tensor", {"tensor": F32, "as": "t"}, WIT),
        ("drop", {"kind": "tensor", "handle": "t"}, WIT),
        ("new_error", {"code": "unknown", "data": "", "as": "e"}, (OLDEST,)),
        ("set_named", {"context": "c", "name": "x", "tensor": "t"}, (OLDEST, MIDDLE)),
        ("get_named", {"context": "c", "name": "x"}, (OLDEST, MIDDLE)),
        ("compute_named", {"context": "c", "inputs": []}, (NEWEST,)),
    ],
)
def test_abis_that_can_say_a_step(action: str, arguments: dict[str, Any], sayable: tuple[str, ...]) -> None:
    assert abis(action, arguments) == sayable


def test_a_single_input_cannot_fail_where_compute_takes_all() -> None:
    arguments = {"context": "c", "input": "x", "tensor": F32}
    assert abis("set_input", arguments, ERROR) == (WITX, OLDEST, MIDDLE)


def test_a_single_output_cannot_fail_where_compute_gives_all() -> None:
    assert abis("output", {"context": "c", "output": "x"}, ERROR) == (WITX, OLDEST, MIDDLE)


def test_components_alone_owe_a_trap() -> None:
    assert abis("context", {"graph": {"raw": 7}}, TRAP) == WIT


def test_components_have_no_return_pointer() -> None:
    assert tags_with(needs("load", {"model": "m"}, ERROR, slot=True)) == (WITX,)


def test_no_abi_has_a_capability_that_nobody_heard_of() -> None:
    assert tags_with(frozenset({"teleportation"})) == ()
