"""Graphs that are loaded again when their engine is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small_ir

from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.named_graphs import NamedGraph
from wasi_nn_reference.serve.models import StandingGraphs
from wasi_nn_reference.types import GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.serve.models import StandingGraph

IR = GraphEncoding.OPENVINO
SECONDS = 60.0


class Engine:
    """A backend that counts its loads; each run of one of its graphs takes the next of `ends`, None for a success."""

    def __init__(self) -> None:
        self.loads = 0
        self.ends: list[ErrorCode | None] = []

    def load(self, *_arguments: object) -> Loaded:
        self.loads += 1
        return Loaded(self)


class Loaded:
    inputs = outputs = ()

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_lost = False

    def request(self) -> Loaded:
        return self

    def infer(self, *_arguments: object) -> list[str]:
        end = self._engine.ends.pop(0) if self._engine.ends else None
        if end is not None:
            self.is_lost = True
            raise WasiNnError(end, "lost")
        return ["output"]


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def losses() -> list[str]:
    return []


@pytest.fixture
def graphs(engine: Engine, losses: list[str]) -> StandingGraphs:
    return StandingGraphs({IR: engine}, SECONDS, lambda: losses.append("lost"))  # type: ignore[dict-item]


@pytest.fixture
def graph(graphs: StandingGraphs) -> StandingGraph:
    return graphs.load(NamedGraph(IR, (small_ir.identity(), b"")))


def test_the_same_model_is_loaded_once(graphs: StandingGraphs, engine: Engine) -> None:
    graphs.load(NamedGraph(IR, (small_ir.identity(), b"")))
    graphs.load(NamedGraph(IR, (small_ir.identity(), b"")))
    graphs.load(NamedGraph(IR, (small_ir.identity("u8"), b"")))
    assert engine.loads == 2


def test_a_run_after_a_loss(graph: StandingGraph, engine: Engine, losses: list[str]) -> None:
    request = graph.request()
    assert request.infer([], SECONDS) == ["output"]
    engine.ends = [ErrorCode.RUNTIME_ERROR]
    assert request.infer([], SECONDS) == ["output"]
    assert graph.request().infer([], SECONDS) == ["output"]
    assert (engine.loads, losses, graph.is_lost) == (2, ["lost"], False)


def test_a_run_that_the_engine_dies_of_is_tried_twice(graph: StandingGraph, engine: Engine) -> None:
    engine.ends = [ErrorCode.RUNTIME_ERROR] * 9
    with pytest.raises(WasiNnError):
        graph.request().infer([], SECONDS)
    assert len(engine.ends) == 7


def test_a_run_that_took_too_long_is_not_tried_again(graph: StandingGraph, engine: Engine) -> None:
    engine.ends = [ErrorCode.TIMEOUT]
    with pytest.raises(WasiNnError, match="lost"):
        graph.request().infer([], SECONDS)
    assert engine.loads == 1
    assert graph.request().infer([], SECONDS) == ["output"]
    assert engine.loads == 2


def test_bytes_of_another_encoding_are_no_graph(graphs: StandingGraphs) -> None:
    with pytest.raises(WasiNnError, match="not a model in the encoding openvino"):
        graphs.load(NamedGraph(IR, (b"no model", b"")))
