from __future__ import annotations

import pytest

from wasi_nn_reference.sharing import SharedGraphs
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

CPU = ExecutionTarget.CPU
IR, ONNX = GraphEncoding.OPENVINO, GraphEncoding.ONNX


class Held:
    """A graph that is there, or not any more."""

    is_lost = False


class Counting:
    """A backend whose graphs do nothing."""

    def __init__(self) -> None:
        self.loads = 0

    def load(self, encoding: object, builders: object, target: object, seconds: float) -> Held:  # noqa: ARG002
        self.loads += 1
        return Held()


@pytest.fixture
def counting() -> Counting:
    return Counting()


def load(shared: SharedGraphs, backend: Counting, *builders: bytes, encoding: GraphEncoding = IR) -> object:
    return shared.load(backend, encoding, builders, CPU, 1)  # type: ignore[arg-type]


def test_the_same_bytes_are_loaded_once(counting: Counting) -> None:
    shared = SharedGraphs(100)
    assert load(shared, counting, b"a", b"") is load(shared, counting, b"a", b"")
    assert counting.loads == 1


@pytest.mark.parametrize("other", [(b"a", b"w"), (b"b", b""), (b"", b"a"), (b"a",)])
def test_other_bytes_are_another_graph(counting: Counting, other: tuple[bytes, ...]) -> None:
    shared = SharedGraphs(100)
    assert load(shared, counting, b"a", b"") is not load(shared, counting, *other)


def test_another_encoding_is_another_graph(counting: Counting) -> None:
    shared = SharedGraphs(100)
    assert load(shared, counting, b"a") is not load(shared, counting, b"a", encoding=ONNX)


def test_a_graph_that_is_lost_is_loaded_anew(counting: Counting) -> None:
    shared = SharedGraphs(100)
    first = shared.load(counting, IR, (b"a",), CPU, 1)  # type: ignore[arg-type]
    first.is_lost = True  # type: ignore[misc]
    assert load(shared, counting, b"a") is not first
    assert counting.loads == 2


def test_the_least_recently_used_goes_first(counting: Counting) -> None:
    shared = SharedGraphs(3)
    for model in (b"a", b"b", b"c", b"a", b"d"):
        load(shared, counting, model)
    assert counting.loads == 4
    load(shared, counting, b"a")
    assert counting.loads == 4
    load(shared, counting, b"b")
    assert counting.loads == 5


def test_a_model_beyond_the_capacity_is_not_kept_and_drives_out_none(counting: Counting) -> None:
    shared = SharedGraphs(3)
    load(shared, counting, b"a")
    load(shared, counting, b"large")
    load(shared, counting, b"large")
    load(shared, counting, b"a")
    assert counting.loads == 3


def test_a_load_that_failed_is_tried_again(counting: Counting) -> None:
    class Failing(Counting):
        def load(self, *_: object) -> object:
            self.loads += 1
            raise ValueError("broken")

    failing = Failing()
    shared = SharedGraphs(3)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            load(shared, failing, b"a")
    assert (failing.loads, counting.loads) == (2, 0)
