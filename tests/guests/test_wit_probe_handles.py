"""Handles that are dead, or never were, reach the canonical ABI as they are: it traps, and the probe ends."""

from pathlib import Path
from typing import Any

import pytest
from wit_guest import NEWEST, OLDEST, TAGS
from wit_requests import CONTEXT, FAIL, LOAD, every_tag, probe, tensor
from witx_guest import line

HELLO = {"call": "hello"}
DEAD_TENSOR = (tensor("t"), {"call": "drop", "kind": "tensor", "handle": "t"})
DEAD_GRAPH = (LOAD, {"call": "drop", "kind": "graph", "handle": "g"})
DEAD_CONTEXT = (LOAD, CONTEXT, {"call": "drop", "kind": "context", "handle": "c"})
DEAD_ERROR = (FAIL, {"call": "drop", "kind": "error", "handle": "e"})

USES: dict[str, tuple[tuple[dict[str, Any], ...], dict[str, Any]]] = {
    "dimensions": (DEAD_TENSOR, {"call": "tensor_dimensions", "tensor": "t"}),
    "ty": (DEAD_TENSOR, {"call": "tensor_ty", "tensor": "t"}),
    "data": (DEAD_TENSOR, {"call": "tensor_data", "tensor": "t"}),
    "dropped twice": (DEAD_TENSOR, {"call": "drop", "kind": "tensor", "handle": "t"}),
    "graph": (DEAD_GRAPH, CONTEXT),
    "code": (DEAD_ERROR, {"call": "error_code", "error": "e"}),
    "error data": (DEAD_ERROR, {"call": "error_data", "error": "e"}),
    "context dropped twice": (DEAD_CONTEXT, {"call": "drop", "kind": "context", "handle": "c"}),
    "number that never was": ((), {"call": "tensor_ty", "tensor": 77}),
    "number 0": ((), {"call": "tensor_ty", "tensor": 0}),
    "highest number": ((), {"call": "drop", "kind": "tensor", "handle": 4294967295}),
    "graph as a tensor": ((LOAD,), {"call": "tensor_ty", "tensor": {"number": "g"}}),
    "tensor as an error": ((tensor("t"),), {"call": "drop", "kind": "error", "handle": {"number": "t"}}),
}


@every_tag
@pytest.mark.parametrize("title", USES)
def test_dead_handle_traps(tag: str, title: str, tmp_path: Path) -> None:
    before, use = USES[title]
    outcome = probe(tag, tmp_path).run(b"".join(line(request) for request in (*before, use, HELLO)))
    assert outcome.code is None
    assert "handle" in (outcome.trap or "")
    assert len(outcome.replies) == len(before)


def consumption(tag: str) -> tuple[dict[str, Any], ...]:
    """Requests that give the tensor t away."""
    if tag == NEWEST:
        return LOAD, CONTEXT, tensor("t"), {"call": "compute", "context": "c", "inputs": [["a", "t"]]}
    return LOAD, CONTEXT, tensor("t"), {"call": "set_input", "context": "c", "name": "a", "tensor": "t"}


@every_tag
def test_tensor_that_was_given_away_traps(tag: str, tmp_path: Path) -> None:
    before = consumption(tag)
    use = {"call": "tensor_data", "tensor": "t"}
    outcome = probe(tag, tmp_path).run(b"".join(line(request) for request in (*before, use)))
    assert outcome.replies[-1]["result"] == "ok"
    assert (outcome.code, len(outcome.replies)) == (None, len(before))
    assert "handle" in (outcome.trap or "")


@every_tag
def test_number_of_a_resource_stands_for_it(tag: str, tmp_path: Path) -> None:
    replies = probe(tag, tmp_path).ask(tensor("t"), {"call": "tensor_dimensions", "tensor": {"number": "t"}})
    assert replies[1] == {"dims": [4]}


@every_tag
def test_dropping_by_number_is_known_under_the_name(tag: str, tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    drop = {"call": "drop", "kind": "tensor", "handle": {"number": "t"}}
    assert guest.ask(tensor("t"), drop, {"call": "forget"})[2] == {"handles": 1, "dropped": 0}
    assert guest.host.calls == ["[constructor]tensor", "drop tensor"]


def test_one_tensor_for_two_inputs_traps(tmp_path: Path) -> None:
    compute = {"call": "compute", "context": "c", "inputs": [["a", "t"], ["b", "t"]]}
    outcome = probe(NEWEST, tmp_path).run(b"".join(line(request) for request in (LOAD, CONTEXT, tensor("t"), compute)))
    assert outcome.code is None
    assert "handle" in (outcome.trap or "")


@pytest.mark.parametrize(
    ("tag", "request_of_bytes"),
    [
        *((tag, {"call": "load_by_name", "name": {"bytes": "/w=="}}) for tag in TAGS),
        (OLDEST, {"call": "error", "code": "unknown", "data": {"bytes": "/w=="}, "as": "e"}),
    ],
)
def test_string_that_is_not_utf_8_traps(tag: str, request_of_bytes: dict[str, Any], tmp_path: Path) -> None:
    guest = probe(tag, tmp_path)
    outcome = guest.run(line(request_of_bytes))
    assert outcome.code is None
    assert "utf-8" in (outcome.trap or "").lower()
    assert guest.host.calls == []


@every_tag
def test_trap_is_unreachable(tag: str, tmp_path: Path) -> None:
    outcome = probe(tag, tmp_path).run(line({"call": "trap"}) + line(HELLO))
    assert outcome.stdout == b""
    assert "unreachable" in (outcome.trap or "")


@every_tag
@pytest.mark.parametrize(("code", "seen"), [(0, 0), (1, 1), (125, 1)])
def test_exit_tells_success_or_failure(tag: str, code: int, seen: int, tmp_path: Path) -> None:
    outcome = probe(tag, tmp_path).run(line({"call": "exit", "code": code}) + line(HELLO))
    assert (outcome.code, outcome.trap, outcome.stdout) == (seen, None, b"")
