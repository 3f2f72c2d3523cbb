from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from direct_guest import F32, IR, OK, ONES, DirectGuest

from wasi_nn_reference.named_graphs import NamedGraph, NamedGraphs
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.host import Host


@pytest.fixture
def guest(host: Host, named_graphs: NamedGraphs) -> DirectGuest:
    named_graphs.add("digits", NamedGraph(GraphEncoding.OPENVINO, (IR, b"")))
    return DirectGuest(host)


@pytest.fixture
def context(guest: DirectGuest) -> int:
    return guest.context(guest.load(IR, b""))


@pytest.fixture
def computed(guest: DirectGuest, context: int) -> int:
    assert guest.call("set_input", context, 0, guest.tensor((1, 4), F32, ONES)) == OK
    assert guest.call("compute", context) == OK
    return context
