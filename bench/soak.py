"""Soaks the reference host: broken models and hostile calls in great number, graphs and guests that come and go.

Every conversation is drawn and judged by the suite, with a host of its own kind of ABI and encoding, as its users run
it: a host that dies, hangs beyond its deadline or answers wrongly is a finding. Exit status: 0 if there is none and
nothing grew.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from network import write_tiny
from wasi_nn_reference.backends.engines import Engines, Isolation
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import NamedGraphs, read_model
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType
from whole_run import ROOT, run_suite

ABIS = ("witx", "wit-2024-06-25", "wit-2024-08-19", "wit-2024-10-28")
_EXAMPLES = ROOT / "examples"
_CLASSIFY = ROOT / "guests" / "prebuilt" / "classify-witx.wasm"
_WARM_CYCLES = 500  # until what is kept on purpose (compiled models, arenas) is there
_MOST_GROWTH = 4 << 20  # bytes; a leak of one page a cycle would be 40 MB


def main() -> int:
    """Soak, and print what came of it."""
    options = _parser().parse_args()
    findings = 0
    for kind, conversations in (
        ("bytes", options.models),
        ("errors", options.errors),
        ("sequences", options.sequences),
    ):
        for abi in ABIS if conversations else ():
            findings += _searched(kind, abi, -(-conversations // len(ABIS)), options.seed)
    grown = _cycled(options.cycles) if options.cycles else False
    left = _followed(options.guests) if options.guests else False
    return int(findings > 0 or grown or left)


def _searched(kind: str, abi: str, conversations: int, seed: int) -> int:
    """Draw so many conversations, in both encodings; return the number of findings."""
    words = (f"--abi={abi}", f"--fuzz-only={kind}", f"--fuzz-examples={conversations}", f"--fuzz-seed={seed}")
    with tempfile.TemporaryDirectory() as folder:
        seconds, told = run_suite(Path(folder), ("--impl=reference", *words))
    searches = told["fuzz"]["searches"]
    calls = sum(int(each["calls"]) for each in searches)
    broken = sum(int(each["exercised"].get("misuse load.corrupt-model", 0)) for each in searches)
    found = [name for each in searches for name in each["findings"]]
    models = f", {broken} broken models" if broken else ""
    print(
        f"{kind} {abi}: {conversations} conversations, {calls} calls{models}, {seconds:.0f} s;"
        f" findings: {', '.join(found) or 'none'}",
        flush=True,
    )
    return len(found)


def _cycled(cycles: int) -> bool:
    """Load, compute and drop a graph again and again, another one each time; return whether memory grew."""
    with tempfile.TemporaryDirectory() as folder:
        network = write_tiny(Path(folder) / "tiny")
        xml, weights = read_model(network.folder, GraphEncoding.OPENVINO).builders
    engines = Engines(Isolation.PROCESS, Limits.engine_bytes)
    host = Host(engines.backends(EngineSettings(threads=1)), NamedGraphs(), Limits(shared_model_bytes=0))
    tensor = Tensor(TensorType.F32, (1, 4), np.ones(4, "<f4").tobytes())
    held: list[tuple[int, int]] = []
    started = time.perf_counter()
    for cycle in range(cycles + _WARM_CYCLES):
        graph = host.load((xml + b"<!--%d-->" % cycle, weights), GraphEncoding.OPENVINO, ExecutionTarget.CPU)
        context = host.init_execution_context(graph)
        host.set_input(context, 0, tensor)
        host.compute(context)
        if cycle == _WARM_CYCLES or cycle == cycles + _WARM_CYCLES - 1:
            process = graph.backend.process.process_id  # type: ignore[attr-defined] # engines are isolated here
            held.append((_resident("self"), _resident(str(process))))
        del graph, context
    engines.close()
    grown: list[int] = [after - before for before, after in zip(*held, strict=True)]
    seconds = time.perf_counter() - started
    print(f"{cycles} cycles of load, compute and drop, {seconds:.0f} s")
    print(f"grown: host {grown[0]:+} bytes, engine {grown[1]:+} bytes")
    return max(grown) > _MOST_GROWTH


def _followed(guests: int) -> bool:
    """Run guests one after another that load a model and compute; return whether one left something behind."""
    image = "/digits/images/digit-3-839.pgm"
    words = ["run", "--dir", f"{_EXAMPLES}/digits::/digits", str(_CLASSIFY), "/digits/openvino", image]
    before = _traces()
    started = time.perf_counter()
    for _ in range(guests):
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", "wasi_nn_reference", *words], check=True, stdout=subprocess.DEVNULL
        )
    left = sorted(_traces() - before)
    print(f"{guests} guests, {time.perf_counter() - started:.0f} s; left behind: {', '.join(left) or 'nothing'}")
    return bool(left)


def _traces() -> set[str]:
    """Return the processes of engines, and what lies where temporary files and shared memory do."""
    found = set()
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            if b"isolated.template" in each.read_bytes():
                found.add(f"process {each.parent.name}")
    for folder in (Path(tempfile.gettempdir()), Path("/dev/shm")):  # noqa: S108 - it is only looked at
        found |= {str(each) for each in folder.glob("wasi-nn*")}
    return found


def _resident(process: str) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/soak.py", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--models", type=int, default=20_000, metavar="N", help="conversations with a broken model (%(default)s)")
    add("--errors", type=int, default=8_000, metavar="N", help="conversations of calls that must fail (%(default)s)")
    add("--sequences", type=int, default=800, metavar="N", help="conversations of calls in any order (%(default)s)")
    add("--cycles", type=int, default=10_000, metavar="N", help="graphs that come and go (%(default)s)")
    add("--guests", type=int, default=200, metavar="N", help="guests one after another (%(default)s)")
    add("--seed", type=int, default=0, metavar="N", help="what the conversations are drawn by (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
