"""init_execution_context, handles and compute."""

from __future__ import annotations

import pytest
from direct_guest import BAD_WORDS, INVALID_ARGUMENT, IR, NO_HANDLES, DirectGuest, unchanged

from wasi_nn_reference.abi.witx.handles import FIRST_CONTEXT, FIRST_GRAPH, MOST_HANDLES, HandleTable
from wasi_nn_reference.errors import ErrorCode, WasiNnError


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_init_with_no_graph(guest: DirectGuest, context: int, handle: int) -> None:
    assert context != handle
    assert unchanged(guest, "init_execution_context", handle, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("slot", BAD_WORDS)
def test_init_checks_its_result_pointer(guest: DirectGuest, slot: int) -> None:
    assert unchanged(guest, "init_execution_context", guest.load(IR, b""), slot) == INVALID_ARGUMENT


def test_a_context_is_no_graph(guest: DirectGuest, context: int) -> None:
    assert unchanged(guest, "init_execution_context", context, guest.slot()) == INVALID_ARGUMENT


def test_a_graph_is_no_context(guest: DirectGuest) -> None:
    assert unchanged(guest, "compute", guest.load(IR, b"")) == INVALID_ARGUMENT


def test_handles_are_given_once(guest: DirectGuest) -> None:
    graphs = [guest.load(IR, b"") for _ in range(3)]
    contexts = [guest.context(graphs[0]) for _ in range(3)]
    assert len({*graphs, *contexts}) == 6


def test_a_failed_call_uses_up_no_handle(guest: DirectGuest) -> None:
    before = guest.load(IR, b"")
    guest.call("load", guest.builders(b"garbage", b""), 2, 0, 0, guest.slot())
    assert guest.load(IR, b"") == before + 1


def test_a_table_of_handles_ends_before_the_other_begins() -> None:
    assert FIRST_GRAPH + MOST_HANDLES <= FIRST_CONTEXT
    table: HandleTable[str] = HandleTable("graph", FIRST_GRAPH, most=1)
    assert table.insert("last") == FIRST_GRAPH
    with pytest.raises(WasiNnError) as caught:
        table.insert("one more")
    assert caught.value.code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_compute_of_no_context(guest: DirectGuest, context: int, handle: int) -> None:
    assert context != handle
    assert unchanged(guest, "compute", handle) == INVALID_ARGUMENT


def test_compute_without_its_input(guest: DirectGuest, context: int) -> None:
    assert unchanged(guest, "compute", context) == INVALID_ARGUMENT


def test_compute_needs_no_memory(guest: DirectGuest, context: int) -> None:
    guest.views = 0
    guest.call("compute", context)
    assert guest.views == 0
