"""Whatever numbers a guest passes: an errno, never an exception, and no trace of a call that failed."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
import small_ir
from direct_guest import MEMORY_SIZE, DirectGuest
from hypothesis import given, settings
from hypothesis import strategies as st

from wasi_nn_reference.abi import witx
from wasi_nn_reference.errors import ErrorCode
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.registry import Registry

if TYPE_CHECKING:
    from wasi_nn_reference.backends.openvino import OpenVino


@pytest.fixture(scope="module")
def prepared(backend: OpenVino) -> DirectGuest:
    """A guest with a graph and a computed context; its memory is full of plausible pointers and lengths."""
    guest = DirectGuest(Host([backend], Registry(), Limits()))
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
    st.sampled_from([witx.FIRST_GRAPH, witx.FIRST_CONTEXT, 256, 2**31, 2**32 - 4]),
)


@pytest.mark.parametrize(("name", "count"), witx.FUNCTIONS.items())
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_arguments_give_an_errno(prepared: DirectGuest, name: str, count: int, data: st.DataObject) -> None:
    arguments = data.draw(st.lists(numbers, min_size=count, max_size=count))
    before = prepared.everything
    errno = prepared.call(name, *arguments)
    assert errno in range(9)
    assert errno != witx.ERRNO[ErrorCode.RUNTIME_ERROR]
    if errno != witx.SUCCESS:
        assert prepared.everything == before
    prepared.place(before, at=0)
