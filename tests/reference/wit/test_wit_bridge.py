"""The bridge between a component and the host: bytes of any number, and which components it is put to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small_ir
import wasmtime.component
from hypothesis import given, settings
from hypothesis import strategies as st
from wat_components import component, echoing, importing, passing
from wit_probe import TAGS, Probe, binary, context, load, tensor

from wasi_nn_reference.abi.wit import bridge, bridge_core
from wasi_nn_reference.abi.wit.operations import PIECE, GivenTensor, Operations
from wasi_nn_reference.abi.wit.resources import ResourceTable
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType
from wasi_nn_reference.wasmtime_host.bridging import UnreadableError, bridged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openvino_graph import Backends

    from conftest import Run
    from wasi_nn_reference.host import Graph

# So that an import is not at the beginning, and the bridge is not put to the component.
FIRST = "(core module $first)"


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 65_536, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 9])
def test_bytes_go_in_and_out(run: Callable[..., Run], size: int) -> None:
    assert run(component(*echoing(size))) == (0, "", "")


@pytest.mark.parametrize("size", [15, PIECE + 3])
def test_bytes_at_an_odd_address(run: Callable[..., Run], size: int) -> None:
    assert run(component(*echoing(size, at=5))) == (0, "", "")


def test_without_the_bridge(run: Callable[..., Run]) -> None:
    body, imports, *more = echoing(1000)
    assert run(component(body, FIRST + imports, *more)) == (0, "", "")


@pytest.mark.parametrize("sizes", [(), (0,), (5, 0, 3_000_001), (PIECE + 1, 1)], ids=str)
def test_builders(probe: Probe, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...]) -> None:
    builders = tuple(bytes([index + 1]) * size for index, size in enumerate(sizes))
    graph = probe.host.load((small_ir.identity(), b""), GraphEncoding.OPENVINO, ExecutionTarget.CPU)
    seen = []

    def loaded(given: tuple[bytes, ...], *_: object) -> Graph:
        seen.append(given)
        return graph

    monkeypatch.setattr(probe.host, "load", loaded)
    assert probe(load(*builders)).last["result"] == "ok"
    assert seen == [builders]


def test_a_model_after_one_that_failed(probe: Probe) -> None:
    talk = probe(load(b"no model", b"abc"), load(small_ir.identity(), b""))
    assert [reply["result"] for reply in talk.replies] == ["err", "ok"]


@pytest.mark.parametrize("tag", TAGS[-1:])
def test_an_image_is_computed_with(probe: Probe) -> None:
    shape = (1, 3, 640, 640)
    image = bytes(range(1, 249)) * (4 * 3 * 640 * 640 // 248) + bytes(4 * 3 * 640 * 640 % 248)
    model = small_ir.converted("f32", "f32", shape)
    talk = probe(load(model, b""), context(), probe.infer("c", {"x": tensor(image, shape)}, ("y",)))
    assert probe.outputs(talk, ("y",)) == [("y", [*shape], "FP32", image)]


def test_messages_have_the_names_that_the_guest_knows(run: Callable[..., Run]) -> None:
    status, _, err = run(component(*passing(1000)), "--max-resource-bytes", "10")
    assert status == 134
    assert "[constructor]tensor: the component's resources hold" in err


# What is still too much


def test_more_bytes_than_the_bridge_has_room_for(run: Callable[..., Run]) -> None:
    status, _, err = run(component(*passing(bridge_core.MOST_BYTES)))
    assert status == 134
    assert f"it passed more than {bridge_core.MOST_BYTES} bytes of lists in one call; a larger model" in err


def test_more_bytes_than_the_runtime_converts(run: Callable[..., Run]) -> None:
    body, imports, *more = passing(2_796_203)
    status, _, err = run(component(body, FIRST + imports, *more))
    assert status == 134
    assert "lists of more than 2796202 elements in one call" in err
    assert "if all imports stood at the beginning" in err
    assert "--graph" in err


def test_as_many_bytes_as_the_runtime_converts(run: Callable[..., Run]) -> None:
    body, imports, *more = passing(2_796_202)
    assert run(component(body, FIRST + imports, *more)) == (0, "", "")


# The limit of outputs is that of a component without the bridge.
ONE = Limits(component_output_bytes=15)


def test_an_output_beyond_the_limit_without_the_bridge(backends: Backends) -> None:
    operations = Operations(Host(backends, NamedGraphs(), ONE), ResourceTable(ONE))
    graph = operations.load([small_ir.identity(), b""], GraphEncoding.OPENVINO, ExecutionTarget.CPU)
    given = [("x", GivenTensor((1, 4), TensorType.F32, bytes(16)))]
    with pytest.raises(WasiNnError) as caught:
        operations.compute_named(operations.init_execution_context(graph), given)
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_an_output_beyond_that_limit_with_the_bridge(backends: Backends, tag: str, tmp_path: Path) -> None:
    probe = Probe(tag, Host(backends, NamedGraphs(), ONE), tmp_path)
    four = tensor(bytes(range(16)), (1, 4))
    talk = probe(load(small_ir.converted("f32", "f32"), b""), context(), probe.infer("c", {"x": four}, ("y",)))
    assert [data for *_, data in probe.outputs(talk, ("y",))] == [bytes(range(16))]


# Components that it is put to


@pytest.mark.parametrize("tag", TAGS)
def test_a_component_with_the_bridge_is_valid_and_has_the_same_exports(tag: str) -> None:
    engine = wasmtime.Engine()
    plain, with_bridge = (
        wasmtime.component.Component(engine, each).type for each in (binary(tag), bridged(binary(tag)))
    )
    assert list(with_bridge.exports(engine)) == list(plain.exports(engine))
    assert set(with_bridge.imports(engine)) - set(plain.imports(engine)) == {bridge.name(f"0.2.0-rc-{tag}")}


def test_a_component_that_imports_two_versions(run: Callable[..., Run]) -> None:
    body, imports, *more = echoing(1000)
    resource = '(export "tensor" (type (sub resource)))'
    older = [importing(f"wasi:nn/tensor@0.2.0-rc-{tag}", resource) for tag in TAGS[:2]]
    assert run(component(body, "".join(older) + imports, *more)) == (0, "", "")


def test_a_component_that_imports_what_is_the_bridge_s(run: Callable[..., Run]) -> None:
    name = bridge.name(f"0.2.0-rc-{TAGS[0]}")
    status, _, err = run(component(imports=importing(name)))
    assert status == 1
    assert f"imports {name}, which is not served here" in err


@pytest.mark.parametrize(
    "wasm",
    [
        pytest.param(component(), id="without wasi:nn"),
        pytest.param(component(imports=FIRST + passing(1)[1]), id="imports behind a definition"),
        pytest.param(b"(component)", id="text"),
        pytest.param(binary(TAGS[0])[:1000], id="cut off"),
    ],
)
def test_a_component_that_takes_no_bridge(wasm: bytes) -> None:
    with pytest.raises(UnreadableError):
        bridged(wasm)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.integers(8, 12_000), st.binary(min_size=1, max_size=4))
def test_whatever_is_broken_is_told_in_one_way(at: int, junk: bytes) -> None:
    wasm = binary(TAGS[2])
    broken = wasm[:at] + junk + wasm[at + len(junk) :]
    try:
        made = bridged(broken)
    except (UnreadableError, UserError):
        return
    assert broken in made
