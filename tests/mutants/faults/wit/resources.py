"""Faults in the table of resources: numbers, borrows and drops."""

from __future__ import annotations

from typing import Any

from mutant import WIT_06_25, WIT_08_19, WIT_10_28, module, mutant, replace, rewrite

from faults.wit import COMPUTE, OPERATIONS, TABLE, VALUES, fault

ERROR = 2  # what tells an error from other resources


@mutant(
    "wit/leak-of-handles",
    "what is dropped stays in a table that has room for 512",
    WIT_10_28,
    clauses=("resource.many", "process.no-carry-over"),
)
def _() -> None:
    table = module("abi.wit.resources").ResourceTable
    insert = table.insert

    def insert_counted(self: object, kind: object, value: object, size: int = 0) -> int:
        representation = insert(self, kind, value, size)
        if representation % 0x1_0000 > 1200:
            raise module("abi.wit.resources").CallTrapError("no room")
        return int(representation)

    replace(table, "insert", insert_counted)


fault(
    "borrow-takes",
    "a getter takes the tensor",
    f"{VALUES}Borrow.read",
    "scope.table.get(",
    "(scope.table.take if self.kind == 1 else scope.table.get)(",
    WIT_08_19,
    clauses=("tensor.getters",),
)
fault(
    "error-read-once",
    "an error is gone when its code was read",
    f"{VALUES}Borrow.read",
    "scope.table.get(",
    "(scope.table.take if self.kind == 2 else scope.table.get)(",
    WIT_10_28,
    clauses=("error.getters",),
)


@mutant(
    "wit/unread-error-dropped",
    "an error cannot be dropped before somebody has asked what it says",
    WIT_10_28,
    clauses=("resource.drop-order",),
)
def _() -> None:
    resources, borrow = module("abi.wit.resources"), module("abi.wit.values").Borrow
    drop, read = resources.ResourceTable.drop, borrow.read
    asked: list[object] = []

    def read_noted(self: Any, record: object, scope: Any) -> object:
        asked.append(value := read(self, record, scope))
        return value

    def drop_asked(self: Any, kind: int, representation: int) -> None:
        value = self.get(kind, representation)
        if kind == ERROR and not any(value is each for each in asked):
            raise resources.CallTrapError("the error is lent to the engine")
        drop(self, kind, representation)

    replace(borrow, "read", read_noted)
    replace(resources.ResourceTable, "drop", drop_asked)


fault(
    "numbers-reused",
    "every resource has the number of the first",
    f"{TABLE}.insert",
    "self._next += 1",
    "self._next += 0",
    WIT_06_25,
    clauses=(
        "tensor.getters",
        "resource.many",
        "context.from-graph",
        "load.each-load-is-a-graph",
        "error.getters",
        "resource.drop-order",
        "input.bound-by-index",
    ),
)
fault(
    "numbers-of-tensors-wrap",
    "resources have one of 64 numbers",
    f"{TABLE}.insert",
    "self._next += 1",
    "self._next = self._next % 64 + 1",
    WIT_08_19,
    clauses=("resource.many", "process.no-carry-over"),
)
fault(
    "drop-frees-all",
    "a drop forgets every resource of that kind",
    f"{TABLE}.drop",
    "self.take(kind, representation)",
    "self._entries = {k: v for k, v in self._entries.items() if v.kind is not kind}",
    WIT_10_28,
    clauses=("resource.drop-order",),
)
fault(
    "drop-graph-with-contexts",
    "a graph takes its contexts with it",
    f"{TABLE}.drop",
    "self.take(kind, representation)",
    "graph = self.take(kind, representation)\n"
    "    self._entries = {k: v for k, v in self._entries.items() if getattr(v.value, 'graph', 0) is not graph}",
    WIT_06_25,
    clauses=("resource.graph-before-context", "resource.drop-order"),
)
fault(
    "double-free",
    "a tensor that compute takes is freed again by a failing call",
    COMPUTE,
    "    finally:\n",
    "    except Exception:\n        self._table.take(1, 0)\n    finally:\n",
    clauses=(
        "resource.taken",
        "failure.no-lasting-harm",
        "compute.missing-input",
        "compute.only-its-inputs",
        "compute.incompatible-inputs",
        "compute.duplicate-input",
        "input.unknown-name",
        "input.shape-and-type",
        "input.data-length",
        "input.dimension-overflow",
    ),
)
fault(
    "few-resources",
    "a guest may have 100 resources",
    f"{TABLE}.insert",
    "len(self._entries) >= self._limits.resources",
    "len(self._entries) >= 100",
    WIT_10_28,
    clauses=("resource.many", "process.no-carry-over"),
)
fault(
    "error-takes-results",
    "an error that is dropped takes the results of all contexts with it",
    f"{TABLE}.drop",
    "self.take(kind, representation)",
    "self.take(kind, representation)\n"
    "    for each in self._entries.values():\n"
    "        if kind is Kind.ERROR and each.kind is Kind.CONTEXT:\n"
    "            each.value.outputs = None",
    WIT_08_19,
    clauses=("resource.drop-order",),
)


@mutant(
    "wit/slot-of-a-dropped-graph",
    "the contexts of a dropped graph become those of the one that is loaded next",
    WIT_10_28,
    clauses=("resource.graph-before-context", "resource.drop-order"),
)
def _() -> None:
    rewrite(
        f"{TABLE}.drop",
        "self.take(kind, representation)",
        "value = self.take(kind, representation)\n    if kind is Kind.GRAPH:\n        value.gone = True",
    )
    rewrite(
        f"{OPERATIONS}.load",
        "return self._host.load(tuple(builders), encoding, target)",
        "graph = self._host.load(tuple(builders), encoding, target)\n"
        "    for entry in self._table._entries.values():\n"
        "        if hasattr(getattr(entry.value, 'graph', None), 'gone'):\n"
        "            entry.value.graph, entry.value.request = graph, None\n"
        "    return graph",
    )


@mutant(
    "wit/dropped-graph-takes-its-name",
    "a name whose graph was dropped is unknown",
    WIT_10_28,
    clauses=("load-by-name.registered", "process.no-carry-over"),
)
def _() -> None:
    rewrite(
        f"{OPERATIONS}.load_by_name",
        "return self._host.load_by_name(name)",
        "spent = self.__dict__.setdefault('spent', set())\n"
        "    graph = self._host.load_by_name('' if name in spent else name)\n"
        "    graph.given_back = lambda: spent.add(name)\n"
        "    return graph",
    )
    rewrite(
        f"{TABLE}.drop",
        "self.take(kind, representation)",
        "value = self.take(kind, representation)\n    if hasattr(value, 'given_back'):\n        value.given_back()",
    )


@mutant(
    "wit/outputs-dropped-together",
    "an output that is dropped takes the data of the others of its compute along",
    WIT_10_28,
    clauses=("resource.drop-order", "output.tensor-is-the-guests"),
)
def _() -> None:
    rewrite(
        f"{OPERATIONS}.compute_named",
        "tensors = self._outputs(context.outputs or [])",
        "tensors = self._outputs(context.outputs or [])\n"
        "        self._table.__dict__.setdefault('blocks', []).append(tensors)",
    )
    rewrite(
        f"{TABLE}.drop",
        "self.take(kind, representation)",
        "value = self.take(kind, representation)\n"
        "    for block in self.__dict__.get('blocks', ()):\n"
        "        if any(value is each for each in block):\n"
        "            for each in block:\n"
        "                object.__setattr__(each, 'data', bytes(len(each.data)))",
    )


fault(
    "ninetieth-drop-exchanges",
    "with each 90th drop the two oldest tensors exchange their places",
    f"{TABLE}.drop",
    "self.take(kind, representation)",
    "self.take(kind, representation)\n"
    "    self.dropped = self.__dict__.get('dropped', 0) + 1\n"
    "    oldest = [each for each, entry in self._entries.items() if entry.kind is Kind.TENSOR][:2]\n"
    "    if self.dropped % 90 == 0 and len(oldest) == 2:\n"
    "        one, other = oldest\n"
    "        self._entries[one], self._entries[other] = self._entries[other], self._entries[one]",
    WIT_10_28,
    clauses=("resource.many", "resource.drop-order", "tensor.getters"),
)
fault(
    "waiting-context-undroppable",
    "a context whose inputs are set and not computed with cannot be dropped",
    f"{TABLE}.drop",
    "self.take(kind, representation)",
    "value = self.get(kind, representation)\n"
    "    if kind is Kind.CONTEXT and value.inputs and value.outputs is None:\n"
    "        raise CallTrapError('the context waits for its compute')\n"
    "    self.take(kind, representation)",
    WIT_08_19,
    clauses=("resource.drop-order",),
)
