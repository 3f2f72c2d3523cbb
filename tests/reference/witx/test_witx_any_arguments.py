"""Whatever numbers a guest passes: an errno, never an exception, and no trace of a call that failed."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
import small_ir
from direct_guest import MEMORY_SIZE, DirectGuest
from hypothesis import given, settings
from hypothesis import strategies as st

from wasi_nn_reference.abi.witx.handles import FIRST_CONTEXT, FIRST_GRAPH
from wasi_nn_reference.abi.witx.module import FUNCTIONS
from wasi_nn_reference.abi.witx.values import ERRNO, SUCCESS
from wasi_nn_reference.errors import ErrorCode
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs

if TYPE_CHECKING:
    from openvino_graph import Backends


@pytest.fixture(scope="module")
def prepared(backends: Backends) -> DirectGuest:
    """A guest with a graph and a computed context; its memory is full of plausible pointers and lengths."""
    guest = DirectGuest(Host(backends, NamedGraphs(), Limits()))
    context = guest.context(guest.load(small_ir.identity(), b""))
    assert guest.call("set_input", context, 0, guest.tensor((1, 4), 1, bytes(16))) == 0
    assert guest.call("compute", context) == 0
    guest.place(struct.pack("<5I", 0x8000, 2, 1, 0x8020, 16) * 100, at=0x4000)
    guest.place(struct.pack("<II", 1, 4), at=0x8000)
    return guest


numbers = st.one_of(
    st.integers(0, 8),
    st.integers(-(2**31), 2**32 - 1),
    st.integers(MEMORY_SIZE - 24, MEMORY_SIZE + 4),
    st.integers(0x4000, 0x4040),
    st.sampled_from([FIRST_GRAPH, FIRST_CONTEXT, 256, 2**31, 2**32 - 4]),
)


@pytest.mark.parametrize(("name", "count"), FUNCTIONS.items())
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_arguments_give_an_errno(prepared: DirectGuest, name: str, count: int, data: st.DataObject) -> None:
    arguments = data.draw(st.lists(numbers, min_size=count, max_size=count))
    before = prepared.everything
    errno = prepared.call(name, *arguments)
    assert errno in range(9)
    assert errno != ERRNO[ErrorCode.RUNTIME_ERROR]
    if errno != SUCCESS:
        assert prepared.everything == before
    prepared.place(before, at=0)
