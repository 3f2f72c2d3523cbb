"""Rows of components: what their calls cost against those of core modules, in one process and on one host."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import wasmtime
from wasmtime import component

import component_guest
from row import Figures, Row, Target
from wasi_nn_reference.abi.wit.calls import Definitions, WitCalls
from wasi_nn_reference.abi.witx.calls import WitxCalls
from wasi_nn_reference.backends.registry import backends
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraph, NamedGraphs
from wasi_nn_reference.types import GraphEncoding
from wasi_nn_reference.wasmtime_host.bridging import bridged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ROUNDS = 2000
_IMAGE_TARGET = Target(10.0)  # ms
_VERSION = "0.2.0-rc-2024-10-28"
_MODEL = b"""<?xml version="1.0"?>
<net name="identity" version="11"><layers>
<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,4" element_type="f32"/>
<output><port id="0" precision="FP32" names="x"><dim>1</dim><dim>4</dim></port></output></layer>
<layer id="1" name="result" type="Result" version="opset1">
<input><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></input></layer>
</layers><edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/></edges></net>"""


def new_host() -> Host:
    """Return a host that has the graph of `component_guest`."""
    named_graphs = NamedGraphs()
    named_graphs.add(component_guest.GRAPH, NamedGraph(GraphEncoding.OPENVINO, (_MODEL, b"")))
    return Host(backends(EngineSettings(threads=1)), named_graphs, Limits())


def component_exports(host: Host, *names: str, bridge: bool = True) -> tuple[WitCalls, list[Callable[[int], Any]]]:
    """Return the calls of a component that is ready, with the bridge or without, and its functions."""
    engine = wasmtime.Engine()
    code = bytes(wasmtime.wat2wasm(component_guest.COMPONENT))
    compiled = component.Component(engine, bridged(code) if bridge else code)
    calls, definitions = WitCalls(host, bridged=bridge), Definitions()
    linker = component.Linker(engine)
    definitions.add(linker, [_VERSION], [_VERSION] if bridge else [])
    store = wasmtime.Store(engine)
    with calls.answering():
        instance = linker.instantiate(store, compiled)

    def exported(name: str) -> Callable[[int], Any]:
        function = instance.get_func(store, name)
        assert function is not None

        def run(count: int, _kept: Definitions = definitions) -> Any:
            with calls.answering():
                return function(store, count)

        return run

    return calls, [exported(name) for name in names]


def images(_folder: Path, turns: int) -> list[Row]:
    """Measure a tensor of an image's size that goes into the host and comes back, with the bridge and without."""
    host = new_host()
    guest, (ours,) = component_exports(host, "echo")
    other_guest, (other,) = component_exports(host, "echo", bridge=False)
    ours(1), other(1)
    times = [(_microseconds(ours, 1) / 1e3, _microseconds(other, 1) / 1e3) for _ in range(turns)]
    values, others = zip(*times, strict=True)
    if guest.table.counts() or other_guest.table.counts():
        raise RuntimeError(f"a guest left behind {guest.table.counts()} {other_guest.table.counts()}")
    name = f"e: tensor of a component, {component_guest.IMAGE_BYTES / 1e3:.0f} KB in and out"
    return [Row(name, "ms", Figures(values), "without the bridge", Figures(others), _IMAGE_TARGET)]


def calls(_folder: Path, turns: int) -> list[Row]:
    """Measure a call that does next to nothing, and the calls of one small inference."""
    host = new_host()
    guest, (types, infer) = component_exports(host, "types", "infer")
    pairs = (
        (
            "f: call of a component, tensor.ty",
            types,
            "call of a core module that does nothing, wasmtime's Python package",
            _empty_export(),
        ),
        (
            "f: tiny inference of a component (tensor, compute, data, drop)",
            infer,
            "core module's set_input, compute, get_output",
            _module_export(host),
        ),
    )
    found = []
    for name, ours, against, other in pairs:
        ours(_ROUNDS), other(_ROUNDS)  # what is slow only once
        times = [(_microseconds(ours), _microseconds(other)) for _ in range(turns)]
        values, others = zip(*times, strict=True)
        found.append(Row(name, "us", Figures(values), against, Figures(others)))
    if guest.table.counts().keys() - {"graph", "graph-execution-context"}:
        raise RuntimeError(f"the guest left behind {guest.table.counts()}")
    return found


def _microseconds(call: Callable[[int], Any], rounds: int = _ROUNDS) -> float:
    started = time.perf_counter()
    call(rounds)
    return (time.perf_counter() - started) / rounds * 1e6


def _module_export(host: Host) -> Callable[[int], Any]:
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    linker = wasmtime.Linker(engine)
    calls = WitxCalls(host, store)
    calls.define(linker)
    exports = linker.instantiate(store, wasmtime.Module(engine, component_guest.MODULE)).exports(store)
    calls.use(exports["memory"])
    infer: Any = exports["infer"]
    return lambda count: infer(store, count)


def _empty_export() -> Callable[[int], Any]:
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    linker = wasmtime.Linker(engine)
    number = wasmtime.ValType.i32()
    kind = wasmtime.FuncType([number], [number])
    linker.define_func("host", "nothing", kind, lambda _caller, _number: 0, access_caller=True)
    exports = linker.instantiate(store, wasmtime.Module(engine, component_guest.EMPTY)).exports(store)
    go: Any = exports["go"]
    return lambda count: go(store, count)
