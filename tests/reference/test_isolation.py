"""Engines in processes of their own: deadlines, deaths, and what such a process can reach."""

from __future__ import annotations

import gc
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import small_ir
from openvino_graph import CPU, tensor

from wasi_nn_reference.backends.engines import Engines, Isolation
from wasi_nn_reference.backends.isolated import backend as isolated_backend
from wasi_nn_reference.backends.isolated.messages import Arrange
from wasi_nn_reference.backends.isolated.segment import Segment
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wasi_nn_reference.backends.engines import OwnProcess
    from wasi_nn_reference.backends.isolated.backend import IsolatedGraph

SECONDS = 60.0
ONES = tensor(np.ones((1, 4), "<f4"))


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    made = Engines(Isolation.PROCESS, 8 << 30)
    yield made
    made.close()


def owner(engines: Engines, **settings: int) -> OwnProcess:
    return engines.backends(EngineSettings(threads=1, **settings))[GraphEncoding.OPENVINO]  # type: ignore[arg-type, return-value]


@pytest.fixture
def backend(engines: Engines) -> OwnProcess:
    return owner(engines)


def load(backend: OwnProcess, xml: bytes, seconds: float = SECONDS) -> IsolatedGraph:
    return backend.load(GraphEncoding.OPENVINO, (xml, b""), CPU, seconds)  # type: ignore[return-value]


def test_a_graph_has_its_ports(backend: OwnProcess) -> None:
    graph = load(backend, small_ir.binary("Add"))
    assert [(port.name, port.shape) for port in graph.inputs] == [("a", (1, 4)), ("b", (1, 4))]


def test_shapes_may_change_from_run_to_run(backend: OwnProcess) -> None:
    request = load(backend, small_ir.unary("Relu", shape=(-1, 4))).request()
    for rows in (1, 3, 0, 1000, 2):
        given = np.linspace(-1, 1, rows * 4, dtype="<f4").reshape(rows, 4)
        assert request.infer([tensor(given)], SECONDS) == [tensor(np.maximum(given, 0))]


def test_outputs_larger_than_their_inputs(backend: OwnProcess) -> None:
    # [rows, 1] + [1, columns]: nothing tells before the run how much comes of it.
    request = load(backend, small_ir.binary("Add", shape=(-1, -1))).request()
    for size in (3, 700, 5):
        column, row = np.arange(size, dtype="<f4").reshape(size, 1), np.ones((1, size), "<f4")
        assert request.infer([tensor(column), tensor(row)], SECONDS) == [tensor(column + row)]


def test_outputs_larger_than_the_limit_are_not_read(engines: Engines) -> None:
    request = load(owner(engines, tensor_bytes=1000), small_ir.binary("Add", shape=(-1, -1))).request()
    column = np.zeros((100, 1), "<f4")
    with pytest.raises(WasiNnError, match=r"output 'y' has 40000 bytes; .* 1000 \(--max-tensor-bytes\)") as caught:
        request.infer([tensor(column), tensor(column.reshape(1, 100))], SECONDS)
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_two_requests_of_a_graph_do_not_meet(backend: OwnProcess) -> None:
    graph = load(backend, small_ir.identity())
    first, second = graph.request(), graph.request()
    other = tensor(np.full((1, 4), 2, "<f4"))
    assert first.infer([ONES], SECONDS) == [ONES]
    assert second.infer([other], SECONDS) == [other]
    assert first.infer([ONES], SECONDS) == [ONES]


def test_runs_keep_no_descriptors(backend: OwnProcess) -> None:
    graph = load(backend, small_ir.identity())
    before = len(list(Path("/dev/fd").iterdir()))
    requests = [graph.request() for _ in range(300)]  # more than the engine's process may have files
    assert all(request.infer([ONES], SECONDS) == [ONES] for request in requests)
    assert len(list(Path("/dev/fd").iterdir())) <= before


def test_a_compilation_that_takes_too_long_is_ended(backend: OwnProcess) -> None:
    with pytest.raises(WasiNnError, match=r"did not finish within 0\.01 s") as caught:
        load(backend, small_ir.chain("Sigmoid", 3000), seconds=0.01)
    assert caught.value.code is ErrorCode.TIMEOUT
    assert load(backend, small_ir.identity()).request().infer([ONES], SECONDS) == [ONES]


def test_graphs_that_were_lost_say_so(backend: OwnProcess) -> None:
    graph = load(backend, small_ir.identity())
    request = graph.request()
    backend.kill("a test ended it")
    assert graph.is_lost
    with pytest.raises(WasiNnError, match="gone with this graph: a test ended it") as caught:
        request.infer([ONES], SECONDS)
    assert caught.value.code is ErrorCode.RUNTIME_ERROR


def crash(backend: OwnProcess) -> None:
    """Load a model that OpenVINO dies of."""
    xml = Path(__file__).with_name("engine-deaths") / "broadcast-without-inputs.xml"
    with pytest.raises(WasiNnError, match="its process ended by"):
        load(backend, xml.read_bytes())


def test_a_model_that_the_engine_dies_of_takes_no_other_graph_along(backend: OwnProcess) -> None:
    graph = load(backend, small_ir.identity())
    request, killed = graph.request(), graph.process.process_id
    assert request.infer([ONES], SECONDS) == [ONES]
    crash(backend)
    assert request.infer([ONES], SECONDS) == [ONES]
    assert (graph.is_lost, graph.process.process_id == killed) == (False, False)
    assert graph.request().infer([ONES], SECONDS) == [ONES]


def test_a_run_that_is_ended_takes_its_own_graph_along_and_no_other(backend: OwnProcess) -> None:
    graph, endless = load(backend, small_ir.identity()), load(backend, small_ir.binary("MatMul", shape=(-1, -1)))
    request = endless.request()
    large = tensor(np.ones((6000, 6000), "<f4"))
    with pytest.raises(WasiNnError) as caught:
        request.infer([large, large], 0.01)
    assert (caught.value.code, endless.is_lost) == (ErrorCode.TIMEOUT, True)
    with pytest.raises(WasiNnError, match="gone with this graph: it did not finish"):
        request.infer([ONES, ONES], SECONDS)
    assert graph.request().infer([ONES], SECONDS) == [ONES]


def test_models_beyond_what_is_kept_are_lost_with_the_process(
    backend: OwnProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated_backend, "_KEPT_BYTES", 2 * len(small_ir.identity()))
    graphs = [load(backend, small_ir.identity()) for _ in range(3)]
    del graphs[0]
    gc.collect()
    graphs.append(load(backend, small_ir.identity()))
    crash(backend)
    assert [graph.is_lost for graph in graphs] == [False, True, False]


def test_graphs_of_another_owner_are_not_lost(engines: Engines, backend: OwnProcess) -> None:
    other = load(owner(engines), small_ir.identity()).request()
    load(backend, small_ir.identity())
    backend.kill("a test ended it")
    assert other.infer([ONES], SECONDS) == [ONES]


def test_an_owner_that_lost_its_process_and_is_gone_takes_no_other_along(engines: Engines) -> None:
    other = load(owner(engines), small_ir.identity()).request()
    gone = owner(engines)
    load(gone, small_ir.identity())
    gone.kill("a test ended it")
    del gone
    gc.collect()
    load(owner(engines), small_ir.identity())  # what nobody speaks to any more is reaped before this one is forked
    assert other.infer([ONES], SECONDS) == [ONES]


def test_a_run_is_ended_from_another_thread(backend: OwnProcess) -> None:
    graph = load(backend, small_ir.binary("MatMul", shape=(-1, -1)))
    large = tensor(np.ones((6000, 6000), "<f4"))
    request = graph.request()
    thread = threading.Timer(0.2, backend.kill, ["the guest's time is up"])
    thread.start()
    with pytest.raises(WasiNnError, match=r"the guest's time is up|SIGKILL"):
        request.infer([large, large], SECONDS)
    thread.join()


def test_a_killed_process_is_told_by_its_signal(backend: OwnProcess) -> None:
    graph = load(backend, small_ir.identity())
    os.kill(graph.process.process_id, signal.SIGKILL)
    with pytest.raises(WasiNnError, match="its process ended by SIGKILL"):
        graph.request().infer([ONES], SECONDS)


def test_graphs_that_nobody_holds_are_freed(backend: OwnProcess) -> None:
    graph = load(backend, small_ir.identity())
    process, number = graph.process, graph.number
    del graph
    segment = Segment(1)
    with pytest.raises(WasiNnError, match="KeyError"):
        process.call(Arrange(number, 1, (), 0, 1), SECONDS, segment.descriptor)
    segment.sent()


def test_no_memory_of_the_host_is_read(backend: OwnProcess) -> None:
    # The engine's GatherND looks at no bounds: what lies far from its tensor comes out, as far as memory is mapped.
    secret = np.tile(np.array([0x5EC2E7A1, 0x7A11DEAD], "<i4"), 1_000_000)
    graph = load(backend, small_ir.gather_nd())
    for reach in (1 << 8, 1 << 14, 1 << 20):
        indices = np.linspace(-reach, reach, 4096, dtype="<i4").reshape(-1, 1)
        try:
            (read,) = graph.request().infer([tensor(np.zeros(4, "<i4")), tensor(indices)], SECONDS)
        except WasiNnError:
            return  # it died of it
        assert not np.isin(np.frombuffer(read.data, "<i4"), secret).any()


@pytest.mark.parametrize("shape", [(1, 4), (4, 0), ()])
def test_each_run_has_its_own_inputs(backend: OwnProcess, shape: tuple[int, ...]) -> None:
    request = load(backend, small_ir.binary("Subtract", shape=shape)).request()
    for value in range(5):
        first, second = np.full(shape, value, "<f4"), np.full(shape, value * value, "<f4")
        assert request.infer([tensor(first), tensor(second)], SECONDS) == [tensor(np.asarray(first - second))]
