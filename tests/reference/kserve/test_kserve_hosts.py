"""A host whose graphs are at an inference server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from served_model import GIVEN, failure

from wasi_nn_reference.errors import ErrorCode

if TYPE_CHECKING:
    from wasi_nn_reference.host import Host


def test_a_host_computes_with_a_graph_at_a_server(host: Host) -> None:
    context = host.init_execution_context(host.load_by_name("m"))
    host.set_input(context, 0, GIVEN)
    host.compute(context)
    assert host.get_output(context, 0) == GIVEN


def test_graphs_at_servers_count_as_graphs(host: Host) -> None:
    kept = [host.load_by_name("m") for _ in range(2)]
    assert failure(lambda: host.load_by_name("m")).code is ErrorCode.TOO_LARGE
    assert len(kept) == 2
