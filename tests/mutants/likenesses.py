"""Hosts in the likeness of real ones: what they lack and what they get wrong, alone and all at once.

Some of it is a host's right, such as to have one element type or one encoding: it breaks no clause, and a report that
accuses one is wrong. So these are no mutants, each of which must be noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutant import WITX, Mutant, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable

_ENCODINGS = ("openvino", "onnx")
_CALL = "abi.witx.calls:WitxCalls.function"
_RUN = "operation(lambda: self._view(caller),"


def _four_graphs() -> None:
    rewrite("host:Host.check_model_size", "len(self._graphs) >= self.limits.graphs", "len(self._graphs) >= 4")
    rewrite(
        "host:Host.init_execution_context", "len(self._contexts) >= self.limits.contexts", "len(self._contexts) >= 4"
    )


def _one_encoding() -> None:
    rewrite(
        "host:Host.load",
        "    if backend is None:",
        "    if backend is not None and encoding is not self.__dict__.setdefault('served', encoding):\n"
        "        raise invalid_encoding('another engine is in use')\n"
        "    if backend is None:",
    )


def _f32_only() -> None:
    rewrite(
        "host:Host._fitted",
        "    if tensor.type is not port.type:",
        "    if tensor.type is not TensorType.F32:\n"
        "        raise unsupported('a tensor is f32')\n"
        "    if tensor.type is not port.type:",
    )


def _early_call_aborts() -> None:
    rewrite(
        _CALL,
        _RUN,
        "if name.startswith('load'):\n"
        "                self.loads = self.__dict__.get('loads', 0) + 1\n"
        "            elif not self.__dict__.get('loads'):\n"
        "                __import__('os').abort()\n"
        "            " + _RUN,
    )


def _log_with_times() -> None:
    """Log as hosts do; a word of the environment stands for what another build says otherwise."""
    rewrite(
        _CALL,
        _RUN,
        "import os, time\n"
        "            build = os.environ.get('WASI_NN_LOG', '')\n"
        "            log = f'[{time.time():.6f}] {os.getpid()} {id(caller):#x} {build}: {name}\\n'\n"
        "            os.write(1, log.encode())\n"
        "            " + _RUN,
    )


def _likeness(name: str, does: str, patch: Callable[[], None], clauses: tuple[str, ...] = ()) -> Mutant:
    return Mutant(f"likeness/{name}", does, (WITX,), _ENCODINGS, patch, clauses)


_OWN = (
    _likeness(
        "four-graphs",
        "a guest has at most four graphs and four contexts",
        _four_graphs,
        ("load.each-load-is-a-graph", "context.from-graph", "process.capacity"),
    ),
    _likeness("one-encoding", "a process serves the encoding that was loaded first", _one_encoding),
    _likeness("f32-only", "tensors of another type than f32 are refused", _f32_only),
    _likeness(
        "early-call-aborts",
        "a call before any load ends the host",
        _early_call_aborts,
        ("handle.unknown-graph", "handle.unknown-context"),
    ),
    _likeness("log-with-times", "each call is logged on standard output, with times and addresses", _log_with_times),
)
HOSTS: dict[str, tuple[str, ...]] = {
    "limit of four graphs and contexts": ("likeness/four-graphs",),
    "guest memory kept instead of copied": ("witx/input-by-reference",),
    "only f32": ("likeness/f32-only",),
    "earlier inputs lost at set_input": ("host/input-forgets-the-others",),
    "lengths unchecked": ("witx/data-length-unchecked",),
    "one encoding in a process": ("likeness/one-encoding",),
    "first call before any load aborts": ("likeness/early-call-aborts",),
    "log on standard output with times": ("likeness/log-with-times",),
    "no error for misaligned pointers": ("memory/no-alignment",),
}
"""Ids of the faults of each host. The last ones have several, as real hosts do."""
HOSTS["four graphs, memory kept, only f32, a log"] = (
    "likeness/four-graphs",
    "witx/input-by-reference",
    "likeness/f32-only",
    "likeness/log-with-times",
)
HOSTS["all of these"] = tuple(dict.fromkeys(name for names in HOSTS.values() for name in names))


def likenesses() -> dict[str, Mutant]:
    """Return what the hosts have beyond the mutants, by id."""
    return {each.id: each for each in _OWN}
