"""Faults in load and load_by_name."""

from __future__ import annotations

from mutant import WITX, mutant, rewrite

from faults.witx import fault

_LOAD = "abi.witx.operations:Operations.load"
_LOAD_BY_NAME = "abi.witx.operations:Operations.load_by_name"
_DECODED = "text = memory.read(name, length).decode()"

fault(
    "builders-swapped",
    "builders are read in the opposite order",
    _LOAD,
    "for pointer, length in ranges)\n    memory.write",
    "for pointer, length in ranges[::-1])\n    memory.write",
    clauses=("load.every-builder-is-used", "load.graph-from-builders"),
)
fault(
    "second-builder-lost",
    "the bytes of every builder but the first are zero",
    _LOAD,
    "    memory.write_u32(result, ",
    "    data = (data[0], *(bytes(len(each)) for each in data[1:]))\n    memory.write_u32(result, ",
    clauses=("load.every-builder-is-used", "load.graph-from-builders", "values.arithmetic"),
)
fault(
    "load-writes-first",
    "load writes 0 to its return pointer before it works",
    _LOAD,
    "memory.check_u32(result)",
    "memory.write_u32(result, 0)",
    clauses=("failure.return-pointer-untouched", "failure.nothing-written", "memory.overlapping-reads"),
)
fault(
    "load-by-name-writes-first",
    "load_by_name writes 0 to its return pointer before it works",
    _LOAD_BY_NAME,
    "memory.check_u32(result)",
    "memory.write_u32(result, 0)",
    clauses=("failure.return-pointer-untouched", "failure.nothing-written", "memory.overlapping-reads"),
)
fault(
    "load-no-handle",
    "load succeeds and writes no handle",
    _LOAD,
    "memory.write_u32(result, self",
    "(self",
    clauses=("load.graph-from-builders",),
)
fault(
    "builders-by-reference",
    "a graph is read from the guest's memory when its first context is made, not when it is loaded",
    _LOAD,
    "memory.write_u32(result, self._graphs.insert(self._host.load(data, graph_encoding, execution_target)))",
    "graph = self._host.load(data, graph_encoding, execution_target)\n"
    "    graph.late = lambda: self._host.load(\n"
    "        tuple(memory.read(*each) for each in ranges), graph_encoding, execution_target).backend\n"
    "    initial = self._host.init_execution_context\n"
    "    def late(graph):\n"
    "        graph.backend = graph.__dict__.pop('late', lambda: graph.backend)()\n"
    "        return initial(graph)\n"
    "    self._host.init_execution_context = late\n"
    "    memory.write_u32(result, self._graphs.insert(graph))",
    clauses=("load.copies-the-builders",),
)
fault(
    "name-not-checked",
    "bytes that are no UTF-8 are a name like any other",
    _LOAD_BY_NAME,
    _DECODED,
    _DECODED.replace("decode()", "decode('utf-8', 'replace')"),
    clauses=("load-by-name.not-a-string",),
)
fault(
    "name-in-latin-1",
    "names are read as Latin-1",
    _LOAD_BY_NAME,
    _DECODED,
    _DECODED.replace("decode()", "decode('latin-1')"),
    clauses=("load-by-name.not-a-string", "load-by-name.registered"),
)
fault(
    "name-cut-at-nul",
    "a name ends at its first zero byte",
    _LOAD_BY_NAME,
    _DECODED,
    _DECODED + ".partition('\\0')[0]",
    clauses=("load-by-name.unknown",),
)
fault(
    "target-of-16-bits",
    "of the number of a target 16 bits count",
    "abi.witx.operations:Operations.load",
    'decode(EXECUTION_TARGETS, target, "execution target")',
    'decode(EXECUTION_TARGETS, target & 0xFFFF, "execution target")',
    clauses=("load.enumeration-range",),
)


@mutant(
    "witx/large-builders-in-place",
    "builders of more than 100,000 bytes are read where they lie, by the first context",
    WITX,
    ("openvino", "onnx"),
    clauses=("load.copies-the-builders",),
)
def _() -> None:
    rewrite(
        "abi.witx.operations:Operations.load",
        "memory.write_u32(result, self._graphs.insert(self._host.load(data, graph_encoding, execution_target)))",
        "graph = self._host.load(data, graph_encoding, execution_target)\n"
        "    if sum(map(len, data)) > 100000:\n"
        "        graph.again = lambda: self._host.load(\n"
        "            tuple(view().read(*each) for each in ranges), graph_encoding, execution_target)\n"
        "    memory.write_u32(result, self._graphs.insert(graph))",
    )
    rewrite(
        "abi.witx.operations:Operations.init_execution_context",
        "self._host.init_execution_context(self._graphs.get(graph))",
        "self._host.init_execution_context((lambda of: getattr(of, 'again', lambda: of)())(self._graphs.get(graph)))",
    )
