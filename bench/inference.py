"""Rows of inference: a guest in `wasi-nn run` against plain OpenVINO, both alive at once and taking turns."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from guest import GRAPH, guest
from looping import Looping, LoopingError
from network import write_mobilenet, write_tiny
from row import Figures, Row, Target

if TYPE_CHECKING:
    from network import Network

_HERE = Path(__file__).parent
THREADS = min(os.cpu_count() or 1, 4)  # the host's own default
_LARGE_BATCH, _TINY_BATCH = 5, 1000  # rounds of one turn: 0.1 s, and 0.05 s
_CALLS = 3  # set_input, compute, get_output
_SECONDS = 600  # a guest that takes longer is stuck


def large(folder: Path, turns: int) -> list[Row]:
    """Measure one inference of a network of MobileNet's size."""
    network = write_mobilenet(folder / "mobilenet")
    ours, plain, _ = _in_turns(network, folder, turns, _LARGE_BATCH)
    size = f"{network.weights / 1e6:.1f} M weights, {network.multiply_adds / 1e6:.0f} M multiply-adds"
    return [
        Row(
            "a: inference of 224x224x3 f32",
            "ms",
            _scaled(ours, 1e3),
            f"plain OpenVINO; {size}, {THREADS} threads",
            _scaled(plain, 1e3),
            Target(1.05, of_ratio=True),
        )
    ]


def tiny(folder: Path, turns: int) -> list[Row]:
    """Measure the calls of a model that takes no time, and what one call adds to OpenVINO's time."""
    network = write_tiny(folder / "tiny")
    ours, plain, empty = _in_turns(network, folder, turns, _TINY_BATCH)
    added = Figures(
        tuple((mine - other) / _CALLS for mine, other in zip(ours.values, plain.values, strict=True)),
    )
    return [
        Row(
            "b: set_input + compute + get_output, [1, 4]",
            "us",
            _scaled(ours, 1e6),
            "plain OpenVINO",
            _scaled(plain, 1e6),
        ),
        Row(
            "b: added by a host call",
            "us",
            _scaled(added, 1e6),
            "a call of an empty function through wasmtime's Python package",
            _scaled(empty, 1e6),
        ),
    ]


def _in_turns(network: Network, folder: Path, turns: int, batch: int) -> tuple[Figures, Figures, Figures]:
    """Return seconds of one inference in the guest and plain, and of one empty call, turn by turn."""
    module = folder / f"{network.folder.name}.wasm"
    module.write_bytes(guest(network))
    host = [sys.executable, "-P", "-m", "wasi_nn_reference", "run", "--verbose", "--timeout", str(_SECONDS)]
    options = ["--threads", str(THREADS), "--graph", f"{GRAPH}=openvino::{network.folder}"]
    plain = [sys.executable, str(_HERE / "plain.py"), str(network.folder), str(THREADS)]
    size = network.output_bytes
    with ExitStack() as stack:
        processes = [
            stack.enter_context(Looping([*host, *options, str(module)], network.data, size)),
            stack.enter_context(Looping(plain, network.data, size)),
            stack.enter_context(Looping([sys.executable, str(_HERE / "empty_call.py")], b"", 0)),
        ]
        outputs = [each.run(batch)[1] for each in processes]  # not counted: caches, lazy compilation
        if outputs[0] != outputs[1]:
            raise LoopingError(f"{network.folder.name}: the guest's output is not plain OpenVINO's")
        seconds: list[list[float]] = [[] for _ in processes]
        for turn in range(turns):
            order = range(len(processes)) if turn % 2 == 0 else reversed(range(len(processes)))
            for index in order:
                seconds[index].append(processes[index].run(batch)[0])
    return Figures(tuple(seconds[0])), Figures(tuple(seconds[1])), Figures(tuple(seconds[2]))


def _scaled(figures: Figures, factor: float) -> Figures:
    return Figures(tuple(value * factor for value in figures.values))
