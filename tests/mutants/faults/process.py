"""Faults of the host's process: its end, and what it keeps of calls that are over."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from mutant import GROWTH, SHARED, WIT_10_28, WITX, module, mutant, replace, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDS = ("process.ends-with-its-guest",)
_GROWS = (GROWTH,)
_KEPT = "globals().setdefault('kept', [])"


def _at_end(act: Callable[[], Any]) -> None:
    """Let the host do something when its guest has returned."""
    runner = module("wasmtime_host.runner").Runner
    whole = runner.run

    def run(*arguments: Any) -> int:
        status: int = whole(*arguments)
        act()
        return status

    replace(runner, "run", run)


@mutant("process/aborts-at-end", "the host aborts when its guest has returned", clauses=_ENDS)
def _aborts_at_end() -> None:
    _at_end(os.abort)


@mutant("process/hangs-at-end", "the host goes on when its guest has returned", clauses=_ENDS)
def _hangs_at_end() -> None:
    _at_end(signal.pause)


@mutant("process/code-of-a-failure", "the host ends with 1 when its guest has returned", clauses=_ENDS)
def _code_of_a_failure() -> None:
    _at_end(lambda: os._exit(1))


rewritten(
    "process/inputs-kept",
    "a copy of each input is kept for ever",
    SHARED,
    "host:Host.set_input",
    "context.inputs[index] = self._fitted(ports[index], tensor)",
    f"context.inputs[index] = self._fitted(ports[index], tensor)\n    {_KEPT}.append(bytearray(tensor.data))",
    clauses=_GROWS,
)
rewritten(
    "process/files-kept",
    "each compute opens a file and does not close it",
    SHARED,
    "host:Host.compute",
    "ports = context.graph.inputs",
    f"ports = context.graph.inputs\n    {_KEPT}.append(open('/dev/null'))",
    clauses=_GROWS,
)
rewritten(
    "process/failed-load-keeps-its-bytes",
    "the bytes of a load that failed are kept for ever",
    SHARED,
    "host:Host.load",
    "loaded = shared.load(backend, encoding, builders, target, self.call_seconds)",
    "try:\n"
    "        loaded = shared.load(backend, encoding, builders, target, self.call_seconds)\n"
    "    except Exception:\n"
    "        globals().setdefault('kept', []).append([bytearray(4096 + len(b)) for b in builders])\n"
    "        raise",
    clauses=("process.no-endless-growth",),
)
rewritten(
    "process/unknown-name-keeps-a-file",
    "each load of an unknown name opens a file and does not close it",
    SHARED,
    "host:Host.load_by_name",
    "named = self._named_graphs.get(name)",
    "try:\n"
    "        named = self._named_graphs.get(name)\n"
    "    except Exception:\n"
    "        globals().setdefault('kept', []).append(open('/dev/null'))\n"
    "        raise",
    clauses=("process.no-endless-growth",),
)
rewritten(
    "process/too-large-keeps-a-copy",
    "each buffer that is too small for its output leaves 64 KiB behind",
    WITX,
    "abi.witx.operations:Operations.get_output",
    "        raise too_large(",
    f"        {_KEPT}.append(bytearray(b'\\1' * 65536))\n        raise too_large(",
    clauses=_GROWS,
)
rewritten(
    "process/context-is-kept",
    "20,000 bytes of each context stay when it is dropped",
    WIT_10_28,
    "host:Host.init_execution_context",
    "self._contexts.add(context)",
    f"self._contexts.add(context)\n    {_KEPT}.append(bytearray(b'\\1' * 20000))",
    clauses=_GROWS,
)
rewritten(
    "process/name-is-kept",
    "20,000 bytes of each name that is not found stay",
    SHARED,
    "host:Host.load_by_name",
    "named = self._named_graphs.get(name)",
    f"{_KEPT}.append(bytearray(b'\\1' * 20000))\n    named = self._named_graphs.get(name)",
    clauses=_GROWS,
)
rewritten(
    "process/refused-type-is-kept",
    "each tensor of a wrong type leaves 64 KiB behind",
    SHARED,
    "host:Host._fitted",
    "if tensor.type is not port.type:",
    f"if tensor.type is not port.type:\n        {_KEPT}.append(bytearray(b'\\1' * 65536))",
    clauses=_GROWS,
)
