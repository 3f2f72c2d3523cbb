"""What WasmEdge serves beside the functions of the specification: each frees what a handle stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from direct_guest import F32, INVALID_ARGUMENT, IR, NO_HANDLES, OK, ONES

from wasi_nn_reference.limits import Limits

if TYPE_CHECKING:
    from direct_guest import DirectGuest

    from wasi_nn_reference.host import Host


def test_an_unloaded_graph_has_no_handle(guest: DirectGuest) -> None:
    graph = guest.load(IR, b"")
    assert guest.call("unload", graph) == OK
    assert guest.call("init_execution_context", graph, guest.slot()) == INVALID_ARGUMENT
    assert guest.call("unload", graph) == INVALID_ARGUMENT


def test_contexts_outlive_their_graph(guest: DirectGuest) -> None:
    graph = guest.load(IR, b"")
    context = guest.context(graph)
    assert guest.call("unload", graph) == OK
    assert guest.call("set_input", context, 0, guest.tensor((1, 4), F32, ONES)) == OK
    assert guest.call("compute", context) == OK


def test_an_unloaded_graph_does_not_count(host: Host, guest: DirectGuest) -> None:
    graph = guest.load(IR, b"")
    host.limits = Limits(graphs=1)
    assert guest.call("unload", graph) == OK
    assert guest.load(IR, b"") != graph


def test_a_finalized_context_has_no_handle(guest: DirectGuest, computed: int) -> None:
    assert guest.call("finalize_execution_context", computed) == OK
    assert guest.call("get_output", computed, 0, guest.place(bytes(16)), 16, guest.slot()) == INVALID_ARGUMENT
    assert guest.call("compute", computed) == INVALID_ARGUMENT
    assert guest.call("finalize_execution_context", computed) == INVALID_ARGUMENT


@pytest.mark.parametrize("name", ["unload", "finalize_execution_context"])
@pytest.mark.parametrize("handle", NO_HANDLES)
def test_what_is_no_handle_is_not_freed(guest: DirectGuest, computed: int, name: str, handle: int) -> None:
    assert handle != computed
    assert guest.call(name, handle) == INVALID_ARGUMENT
