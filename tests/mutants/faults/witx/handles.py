"""Faults in handles, and in init_execution_context."""

from __future__ import annotations

from mutant import WITX, mutant, rewrite

from faults.witx import fault

fault(
    "handle-given-twice",
    "each handle is the number of the first one",
    "abi.witx.handles:HandleTable.insert",
    "self._next += 1",
    "self._next += 0",
    clauses=("load.each-load-is-a-graph", "context.from-graph", "context.independence"),
)
fault(
    "handle-unknown-is-newest",
    "a handle that nobody gave stands for what was made last",
    "abi.witx.handles:HandleTable.get",
    'raise invalid_argument(f"{handle} is no {self._kind} handle")',
    "return list(self._values.values())[-1]",
    clauses=("handle.unknown-graph", "handle.unknown-context"),
)
fault(
    "handle-cut-to-u16",
    "the upper half of a handle does not count",
    "abi.witx.handles:HandleTable.get",
    "if handle not in self._values:",
    "handle = next((each for each in self._values if each & 0xFFFF == handle & 0xFFFF), handle)\n"
    "    if handle not in self._values:",
    clauses=("handle.unknown-graph", "handle.unknown-context"),
)
fault(
    "handle-unknown-dies",
    "a handle that nobody gave ends the host",
    "abi.witx.handles:HandleTable.get",
    'raise invalid_argument(f"{handle} is no {self._kind} handle")',
    "import os; os.abort()",
    clauses=("handle.unknown-graph", "handle.unknown-context"),
)
fault(
    "context-writes-first",
    "init_execution_context writes 0 to its return pointer before it works",
    "abi.witx.operations:Operations.init_execution_context",
    "memory.check_u32(result)",
    "memory.write_u32(result, 0)",
    clauses=("failure.return-pointer-untouched", "failure.nothing-written"),
)
fault(
    "handle-shared-by-equal-graphs",
    "the same bytes loaded again get the handle of before",
    "abi.witx.handles:HandleTable.insert",
    "handle = self._next",
    "made_of = getattr(value, 'backend', value)\n"
    "    same = (each for each, known in self._values.items() if getattr(known, 'backend', known) is made_of)\n"
    "    handle = next(same, self._next)",
    clauses=("load.each-load-is-a-graph",),
)
fault(
    "context-for-graph",
    "the handle of a context stands for its graph",
    "abi.witx.operations:Operations.init_execution_context",
    "self._graphs.get(graph)",
    "self._contexts._values[graph].graph if graph in self._contexts._values else self._graphs.get(graph)",
    clauses=("handle.unknown-graph",),
)
fault(
    "graph-for-context-of-input",
    "set_input takes the handle of a graph, and forgets the tensor",
    "abi.witx.operations:Operations.set_input",
    "execution_context = self._contexts.get(context)",
    "if context in self._graphs._values:\n        return\n    execution_context = self._contexts.get(context)",
    clauses=("handle.unknown-context",),
)
fault(
    "graph-for-context-of-output",
    "get_output of the handle of a graph gives no bytes",
    "abi.witx.operations:Operations.get_output",
    "memory.check(buffer, capacity)",
    "if context in self._graphs._values:\n        return memory.write_u32(result, 0)\n"
    "    memory.check(buffer, capacity)",
    clauses=("handle.unknown-context",),
)
fault(
    "minus-one-is-the-newest-context",
    "0xFFFFFFFF stands for the newest context in compute",
    "abi.witx.operations:Operations.compute",
    "self._contexts.get(context)",
    "self._contexts.get(max(self._contexts._values, default=0) if context == 0xFFFFFFFF else context)",
    clauses=("handle.unknown-context",),
)
fault(
    "graph-zero-is-the-newest",
    "0 stands for the newest graph",
    "abi.witx.operations:Operations.init_execution_context",
    "self._graphs.get(graph)",
    "self._graphs.get(graph or max(self._graphs._values, default=0))",
    clauses=("handle.unknown-graph",),
)


@mutant(
    "witx/refused-context-frees-the-last",
    "a context handle that is refused gives the number of the last context to the next one, too",
    WITX,
    clauses=("failure.changes-nothing", "context.from-graph", "context.independence", "process.no-carry-over"),
)
def _() -> None:
    rewrite(
        "abi.witx.handles:HandleTable.get",
        "if handle not in self._values:",
        "if handle not in self._values:\n"
        "        if self._values and self._kind == 'execution context':\n"
        "            self.__dict__.setdefault('free', []).append(self._next - 1)",
    )
    rewrite(
        "abi.witx.handles:HandleTable.insert",
        "self._next += 1",
        "self._next += 1\n    if self.__dict__.get('free'):\n        self._next -= 1\n        handle = self.free.pop()",
    )


fault(
    "handle-behind-the-last",
    "the number behind the last handle stands for that one",
    "abi.witx.handles:HandleTable.get",
    "if handle not in self._values:",
    "if handle == self._next and self._values:\n        handle -= 1\n    if handle not in self._values:",
    clauses=("handle.unknown-graph", "handle.unknown-context"),
)
fault(
    "handle-before-the-first",
    "the number before the first handle stands for that one",
    "abi.witx.handles:HandleTable.get",
    "if handle not in self._values:",
    "if self._values and handle == min(self._values) - 1:\n        handle += 1\n    if handle not in self._values:",
    clauses=("handle.unknown-graph", "handle.unknown-context"),
)
