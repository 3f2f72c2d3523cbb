"""Faults in load, and in which graphs are one."""

from __future__ import annotations

from mutant import SHARED, WIT_10_28

from faults.host import LOAD, fault

fault(
    "graphs-limited",
    "no more than eight different models can be loaded in the life of a guest",
    "host:Host.check_model_size",
    "if len(self._graphs) >= self.limits.graphs:",
    "if len(self.shared._graphs) >= 8:",
    clauses=("load.graph-from-builders", "load.each-load-is-a-graph", "process.capacity"),
)
fault(
    "shared-by-first-builder",
    "graphs whose first builders are equal are one: the weights of the first count",
    "sharing:SharedGraphs.load",
    "for builder in builders))",
    "for builder in builders[:1]))",
    SHARED,
    clauses=("load.each-load-is-a-graph", "load.every-builder-is-used", "process.no-carry-over"),
)
fault(
    "shared-by-length",
    "graphs whose builders are as long are one",
    "sharing:SharedGraphs.load",
    "hashlib.sha256(builder).digest() for",
    "len(builder) for",
    clauses=(
        "load.each-load-is-a-graph",
        "load.graph-from-builders",
        "load.every-builder-is-used",
        "process.no-carry-over",
    ),
)
fault(
    "target-out-of-reach-dies",
    "a target that is not there ends the host",
    LOAD,
    "if target is not ExecutionTarget.CPU:",
    "if target is not ExecutionTarget.CPU:\n        __import__('os').abort()",
    clauses=("load.target-not-available",),
)
fault(
    "encoding-not-served-falls-back",
    "an encoding that is not served is taken for the one that the bytes have",
    LOAD,
    "if backend is None:",
    "if backend is None:\n"
    "        encoding = detection.detect(builders)\n"
    "        backend = self._backends.get(encoding)\n"
    "    if backend is None:",
    clauses=("load.encoding-not-available", "load.encoding-is-a-promise"),
)
fault(
    "load-hangs-without-builders",
    "load of no builder never returns",
    LOAD,
    "if not builders:",
    "while not builders:\n        __import__('time').sleep(1)\n    if not builders:",
    WIT_10_28,
    clauses=("load.builder-count",),
)
