"""Every resource leaves the host's table exactly once: dropped by the guest, or taken by a call."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import small_ir
from wit_probe import BY_NAME, TAGS, Probe, compute, context, drop, get_output, load, set_input, tensor

from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openvino_graph import Backends
    from wit_probe import Request

IDENTITY = small_ir.identity()
FOUR = tensor(bytes(range(16)), (1, 4))
ONE_OF_EACH = [load(IDENTITY, b""), context(), FOUR, load(b"garbage", b"", name="nothing", error="e")]
HANDLES = {"graph": "g", "graph-execution-context": "c", "tensor": "t", "error": "e"}
KINDS = {"graph": "graph", "graph-execution-context": "context", "tensor": "tensor", "error": "error"}


@pytest.fixture
def limited(backends: Backends, tag: str, tmp_path: Path) -> Callable[..., Probe]:
    """Return a probe on a host with other limits."""
    return lambda **limits: Probe(tag, Host(backends, NamedGraphs(), replace(Limits(), **limits)), tmp_path)


def test_what_is_alive_is_counted(probe: Probe) -> None:
    assert probe(ONE_OF_EACH).alive == dict.fromkeys(HANDLES, 1)


@pytest.mark.parametrize("tag", TAGS[-1:])
@pytest.mark.parametrize("order", list(itertools.permutations(HANDLES)), ids=" ".join)
def test_drops_in_every_order(probe: Probe, order: tuple[str, ...]) -> None:
    talk = probe(ONE_OF_EACH, *(drop(KINDS[name], HANDLES[name]) for name in order))
    assert talk.alive == {}
    assert talk.trap == ""


def test_the_guest_drops_all_it_keeps(probe: Probe) -> None:
    talk = probe(ONE_OF_EACH, {"call": "forget"})
    assert talk.alive == {}


def test_a_failed_call_leaves_nothing(probe: Probe) -> None:
    talk = probe(
        load(IDENTITY, b""),
        load(b"garbage", b"", name="none"),
        {"call": "load_by_name", "name": "none"},
        context(),
        probe.infer("c", {"z": FOUR}, ()),
    )
    assert talk.alive.get("error") is None
    assert talk.alive["graph"] == 1


@pytest.mark.parametrize("kind", HANDLES)
def test_dropping_twice_traps(probe: Probe, kind: str) -> None:
    talk = probe(ONE_OF_EACH, [drop(KINDS[kind], HANDLES[kind])] * 2)
    assert "unknown handle index" in talk.trap
    assert kind not in talk.alive


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"call": "tensor_data", "tensor": "t"}, id="tensor"),
        pytest.param({"call": "init_execution_context", "graph": "g"}, id="graph"),
        pytest.param({"call": "error_data", "error": "e"}, id="error"),
    ],
)
def test_a_dropped_handle_traps(probe: Probe, request_: Request) -> None:
    kind = next(kind for kind in HANDLES if KINDS[kind] in request_)
    talk = probe(ONE_OF_EACH, drop(KINDS[kind], HANDLES[kind]), request_)
    assert "unknown handle index" in talk.trap


@pytest.mark.parametrize("handle", [0, 77, 0xFFFFFFFF])
def test_a_number_that_is_no_handle_traps(probe: Probe, handle: int) -> None:
    assert "unknown handle index" in probe({"call": "tensor_data", "tensor": handle}).trap


def test_a_handle_of_another_kind_traps(probe: Probe) -> None:
    # The first handles of a component: whatever its number, one of these four is no tensor.
    talks = [probe(load(IDENTITY, b""), {"call": "tensor_data", "tensor": handle}) for handle in range(1, 5)]
    assert all(talk.trap for talk in talks)


# What compute takes, since 10-28


@pytest.mark.parametrize("tag", TAGS[-1:])
@pytest.mark.parametrize(
    ("inputs", "result"),
    [
        pytest.param((("x", "t"),), "ok", id="success"),
        pytest.param((("z", "t"),), "err", id="unknown name"),
        pytest.param((("x", "t"), ("x", "u")), "err", id="duplicate"),
        pytest.param((("x", "t"), ("z", "u")), "err", id="extra"),
        pytest.param((("x", "short"),), "err", id="inconsistent tensor"),
    ],
)
class TestCompute:
    def test_tensors_are_taken(self, probe: Probe, inputs: tuple[tuple[str, str], ...], result: str) -> None:
        made = [FOUR, FOUR | {"as": "u"}, tensor(b"", (1, 4), name="short")]
        talk = probe(load(IDENTITY, b""), context(), made, compute("c", *inputs))
        assert talk.last["result"] == result
        assert talk.alive.get("tensor", 0) == len(made) - len(inputs)
        assert "error" not in talk.alive

    def test_using_one_of_them_again_traps(
        self, probe: Probe, inputs: tuple[tuple[str, str], ...], result: str
    ) -> None:
        made = [FOUR, FOUR | {"as": "u"}, tensor(b"", (1, 4), name="short")]
        again = {"call": "tensor_data", "tensor": inputs[-1][1]}
        talk = probe(load(IDENTITY, b""), context(), made, compute("c", *inputs), again)
        assert talk.last["result"] == result
        assert "unknown handle index" in talk.trap


@pytest.mark.parametrize("tag", TAGS[-1:])
def test_outputs_are_resources_until_they_are_dropped(probe: Probe) -> None:
    asked = [load(IDENTITY, b""), context(), FOUR, compute("c", ("x", "t")) | {"as": "out"}]
    assert probe(asked).alive["tensor"] == 1
    assert "tensor" not in probe(asked, drop("tensor", "out.0")).alive


@pytest.mark.parametrize("tag", TAGS[-1:])
def test_an_output_can_be_an_input(probe: Probe) -> None:
    first = compute("c", ("x", "t")) | {"as": "out"}
    talk = probe(load(IDENTITY, b""), context(), FOUR, first, compute("c", ("x", "out.0")))
    assert [name for name, *_ in probe.outputs(talk, ())] == ["x"]
    assert probe.outputs(talk, ())[0][3] == bytes(range(16))
    assert "tensor" not in talk.alive


# What set-input takes, before 10-28


@pytest.mark.parametrize("tag", BY_NAME)
@pytest.mark.parametrize(("name", "result"), [("x", "ok"), ("z", "err")])
class TestSetInput:
    def test_the_tensor_is_taken(self, probe: Probe, name: str, result: str) -> None:
        talk = probe(load(IDENTITY, b""), context(), FOUR, set_input("c", name, "t"))
        assert talk.last["result"] == result
        assert "tensor" not in talk.alive

    def test_using_it_again_traps(self, probe: Probe, name: str, result: str) -> None:
        asked = set_input("c", name, "t")
        talk = probe(load(IDENTITY, b""), context(), FOUR, asked, asked)
        assert talk.last["result"] == result
        assert "unknown handle index" in talk.trap


@pytest.mark.parametrize("tag", BY_NAME)
def test_an_output_that_was_gotten_survives_its_context(probe: Probe) -> None:
    talk = probe(
        load(IDENTITY, b""),
        context(),
        probe.infer("c", {"x": FOUR}, ()),
        get_output("c", "x") | {"as": "out"},
        drop("context", "c"),
        {"call": "tensor_data", "tensor": "out"},
    )
    assert talk.trap == ""
    assert talk.replies[-1]["data"] == talk.replies[-3]["data"]


# Limits, and that a drop gives back what counts against them


@pytest.mark.parametrize("kind", ["graph", "graph-execution-context"])
def test_graphs_and_contexts_beyond_the_limit(limited: Callable[..., Probe], kind: str) -> None:
    make = {"graph": load(IDENTITY, b"", name="h"), "graph-execution-context": context(name="h")}[kind]
    talk = limited(graphs=1, contexts=1)(load(IDENTITY, b""), context(), make)
    assert talk.last["code"] == "too-large"


def test_a_dropped_graph_makes_room(limited: Callable[..., Probe]) -> None:
    talk = limited(graphs=1)([load(IDENTITY, b""), drop("graph", "g")] * 3)
    assert [reply["result"] for reply in talk.replies[::2]] == ["ok"] * 3


def test_a_graph_counts_as_long_as_a_context_needs_it(limited: Callable[..., Probe]) -> None:
    held = [load(IDENTITY, b""), context(), drop("graph", "g")]
    probe = limited(graphs=1)
    assert probe(held, load(IDENTITY, b"")).last["code"] == "too-large"
    assert probe(held, drop("context", "c"), load(IDENTITY, b"")).last["result"] == "ok"


def test_a_dropped_context_makes_room(limited: Callable[..., Probe]) -> None:
    talk = limited(contexts=1)(load(IDENTITY, b""), [context(), drop("context", "c")] * 3)
    assert [reply["result"] for reply in talk.replies[1::2]] == ["ok"] * 3


def test_resources_beyond_the_limit_trap(limited: Callable[..., Probe]) -> None:
    talk = limited(resources=3)(*(tensor(b"", (0,), name=f"t{index}") for index in range(4)))
    assert "3 live resources; that is the limit" in talk.trap
    assert talk.alive == {"tensor": 3}


@pytest.mark.parametrize("tag", TAGS[-1:])
def test_outputs_of_which_not_all_have_room_trap(limited: Callable[..., Probe]) -> None:
    layers = [small_ir.parameter("f32", (1, 4), "x"), *(small_ir.result("f32", 0) for _ in range(3))]
    talk = limited(resources=4)(load(small_ir.graph(layers), b""), context(), FOUR, compute("c", ("x", "t")))
    assert "4 live resources; that is the limit" in talk.trap


def test_bytes_of_tensors_beyond_the_limit_trap(limited: Callable[..., Probe]) -> None:
    talk = limited(resource_bytes=2500)(*(tensor(bytes(1000), (1000,), name=f"t{index}") for index in range(4)))
    assert "no 1040 more are allowed" in talk.trap
    assert talk.alive == {"tensor": 2}


@pytest.mark.parametrize("tag", TAGS[:1])
def test_bytes_of_a_guest_s_errors_count(limited: Callable[..., Probe]) -> None:
    errors = [{"call": "error", "code": "unknown", "data": "e" * 1000, "as": f"e{index}"} for index in range(4)]
    talk = limited(resource_bytes=2500)(errors)
    assert "no 1000 more are allowed" in talk.trap
    assert talk.alive == {"error": 2}


def test_a_dropped_tensor_gives_its_bytes_back(limited: Callable[..., Probe]) -> None:
    talk = limited(resource_bytes=2500)([tensor(bytes(1000), (1000,)), drop("tensor", "t")] * 5)
    assert talk.trap == ""
    assert talk.alive == {}


def test_an_input_beyond_the_limit(limited: Callable[..., Probe]) -> None:
    probe = limited(tensor_bytes=15)
    talk = probe(load(IDENTITY, b""), context(), probe.infer("c", {"x": FOUR}, ()))
    assert [reply["code"] for reply in talk.replies if reply.get("result") == "err"][:1] == ["too-large"]


def test_an_output_beyond_the_limit(limited: Callable[..., Probe]) -> None:
    wide = small_ir.converted("u8", "f32")  # 4 bytes in, 16 out; two dimensions count as 80 more
    probe = limited(resource_bytes=90)
    talk = probe(load(wide, b""), context(), probe.infer("c", {"x": tensor(b"abcd", (1, 4), "U8")}, ("y",)))
    assert talk.last["code"] == "too-large"
    assert talk.trap == ""
