"""Rows of inference: a guest in `wasi-nn run` against plain OpenVINO and other hosts, alive at once and in turns."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from guest import GRAPH, guest
from looping import Looping, LoopingError
from network import write_mobilenet, write_tiny
from row import Figures, Row, Target
from wasi_nn_conformance.run.adapter import AdapterError, read_adapter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from network import Network
    from wasi_nn_conformance.run.adapter import Adapter

_HERE = Path(__file__).parent
THREADS = min(os.cpu_count() or 1, 4)  # the host's own default
_LARGE_BATCH, _TINY_BATCH = 5, 1000  # rounds of one turn: 0.1 s, and 0.05 s
_EMPTY = _HERE / "empty_call.py"
_TARGETS = {"none": Target(4.0, of_ratio=True), "process": Target(8.0, of_ratio=True)}
_CALLS = 3  # set_input, compute, get_output
_SECONDS = 600  # a guest that takes longer is stuck


def large(folder: Path, turns: int) -> list[Row]:
    """Measure one inference of a network of MobileNet's size."""
    network = write_mobilenet(folder / "mobilenet")
    processes = [_host(network, folder, each) for each in _TARGETS]
    figures = _in_turns([*processes, _plain(network)], turns, _LARGE_BATCH)
    size = f"{network.weights / 1e6:.1f} M weights, {network.multiply_adds / 1e6:.0f} M multiply-adds"
    return [
        Row(
            f"a: inference of 224x224x3 f32, isolation {each}",
            "ms",
            _scaled(figures[each], 1e3),
            f"plain OpenVINO; {size}, {THREADS} threads",
            _scaled(figures["plain"], 1e3),
            Target(1.05, of_ratio=True) if each == "process" else None,
        )
        for each in _TARGETS
    ]


def tiny(folder: Path, turns: int) -> list[Row]:
    """Measure the calls of a model that takes no time, and what one call adds to OpenVINO's time."""
    network = write_tiny(folder / "tiny")
    processes = [_host(network, folder, each) for each in _TARGETS]
    processes += [_plain(network), _Process("empty", [sys.executable, str(_EMPTY)], b"", 0)]
    try:
        wasmtime = read_adapter("wasmtime")
        against_wasmtime = f"the same guest in {wasmtime.version()}"
        processes.append(_wasmtime(wasmtime, network, folder))
    except AdapterError as error:
        against_wasmtime = f"nothing: {error}"
    figures = _in_turns(processes, turns, _TINY_BATCH)
    added = Figures(
        tuple(
            (mine - other) / _CALLS for mine, other in zip(figures["none"].values, figures["plain"].values, strict=True)
        ),
    )
    ours = {each: _scaled(figures[each], 1e6) for each in _TARGETS}
    plain = _scaled(figures["plain"], 1e6)
    rust = _scaled(figures["wasmtime"], 1e6) if "wasmtime" in figures else None
    calls = "b: set_input + compute + get_output, [1, 4], isolation"
    beside = "b: the same beside another host, isolation"
    return [
        *(Row(f"{calls} {each}", "us", ours[each], "plain OpenVINO", plain) for each in _TARGETS),
        *(
            Row(f"{beside} {each}", "us", ours[each], against_wasmtime, rust, target if rust else None)
            for each, target in _TARGETS.items()
        ),
        Row(
            "b: added by a host call",
            "us",
            _scaled(added, 1e6),
            "a call of an empty function through wasmtime's Python package",
            _scaled(figures["empty"], 1e6),
        ),
    ]


@dataclass(frozen=True)
class _Process:
    """What `Looping` starts; see there. `name` tells whose the figures are."""

    name: str
    argv: list[str]
    given: bytes
    output_bytes: int
    environment: Mapping[str, str] | None = None


def _host(network: Network, folder: Path, isolation: str) -> _Process:
    host = [sys.executable, "-P", "-m", "wasi_nn_reference", "run", "--verbose", "--timeout", str(_SECONDS)]
    host += ["--isolation", isolation]
    options = ["--threads", str(THREADS), "--graph", f"{GRAPH}=openvino::{network.folder}"]
    module = _module(network, folder)
    return _Process(isolation, [*host, *options, str(module)], network.data, network.output_bytes)


def _plain(network: Network) -> _Process:
    argv = [sys.executable, str(_HERE / "plain.py"), str(network.folder), str(THREADS)]
    return _Process("plain", argv, network.data, network.output_bytes)


def _wasmtime(adapter: Adapter, network: Network, folder: Path) -> _Process:
    graph = folder / "registered" / GRAPH  # it is registered by the name of its folder
    graph.parent.mkdir()
    graph.symlink_to(network.folder)
    argv = adapter.argv(_module(network, folder), {GRAPH: ("openvino", graph)})
    return _Process("wasmtime", argv, network.data, network.output_bytes, adapter.process_environment())


def _module(network: Network, folder: Path) -> Path:
    module = folder / f"{network.folder.name}.wasm"
    module.write_bytes(guest(network))
    return module


def _in_turns(processes: Sequence[_Process], turns: int, batch: int) -> dict[str, Figures]:
    """Return the seconds of one round of each process, by its name and turn by turn."""
    with ExitStack() as stack:
        alive = [
            stack.enter_context(Looping(each.argv, each.given, each.output_bytes, each.environment))
            for each in processes
        ]
        outputs = {each.run(batch)[1] for each in alive}  # not counted: caches, lazy compilation
        if len(outputs - {b""}) > 1:
            raise LoopingError("the guest's output is not plain OpenVINO's")
        seconds: list[list[float]] = [[] for _ in alive]
        for turn in range(turns):
            order = range(len(alive)) if turn % 2 == 0 else reversed(range(len(alive)))
            for index in order:
                seconds[index].append(alive[index].run(batch)[0])
    return {each.name: Figures(tuple(values)) for each, values in zip(processes, seconds, strict=True)}


def _scaled(figures: Figures, factor: float) -> Figures:
    return Figures(tuple(value * factor for value in figures.values))
