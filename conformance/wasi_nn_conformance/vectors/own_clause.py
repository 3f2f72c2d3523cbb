"""The clause that a step owes by itself, whatever its vector is about.

A vector leans on more than it tests: a model is loaded and a context made before anything can be asked of either. Where
such a step fails, its own clause is broken, and what the vector is about was never reached.
"""

from collections.abc import Mapping

from .expectation import Expectation
from .step import Block, Node, Step

RETURN_POINTER = "its return pointer"
"""The subject of the violation of a failing call that wrote there."""

DROPS = "resource.drop-order"
"""The clause of what a probe does behind the last step: it drops what is left."""

_BY_ACTION: Mapping[str, str] = {
    "load": "load.graph-from-builders",
    "load_by_name": "load-by-name.registered",
    "context": "context.from-graph",
    "set_input": "input.bound-by-index",
    "compute": "compute.succeeds",
    "output": "output.each-by-index",
    "tensor": "tensor.getters",
}
"""The clause that says that the call succeeds."""

_BY_KIND: Mapping[str, str] = {
    "errno": "failure.known-code",
    "path": "error.no-host-path",
    "size": "output.size",
    "length": "output.size",
    "tail": "output.size",
    "type": "output.type-and-dimensions",
    "dimensions": "output.type-and-dimensions",
    "value": "values.arithmetic",
    "count": "compute.each-output-once",
    "names": "compute.output-names",
    "end": "process.ends-with-its-guest",
    "growth": "process.no-endless-growth",
}
"""The clause about what a successful call gives: by the kind of a violation."""

_AGAIN: Mapping[str, str] = {"load": "load.each-load-is-a-graph", "context": "context.from-graph"}
"""The clause of a call that has succeeded before, in the same conversation."""

_BY_HANDLE: Mapping[str, str] = {"graph": "load.each-load-is-a-graph", "context": "context.from-graph"}
"""The clause that says that each has a handle of its own."""

_WHATEVER_IS_TESTED = ("errno", "path", "end", "growth", "count")
"""Kinds of violations that have one clause, in whatever vector they are met."""

_WHICH_OUTPUT = "output.each-by-index"
_OF_NUMBERS = ("values.bits-pass-through", "values.row-major", "values.arithmetic", "values.any-size")
"""Clauses about what an output's elements are, and not about its form."""
_OF_SIZES = ("output.too-small-buffer", "output.scalar")
"""Clauses that a host keeps which reports another size than it writes."""
_OF_ONLY_OUTPUT: Mapping[str, str] = {
    **{kind: _BY_KIND[kind] for kind in ("size", "length", "tail", "type", "dimensions")},
    "unwritten": "output.size",
}
"""By the kind of a violation, what is broken where there is no other output that could have been taken for this one."""

_SAME: Mapping[str, str] = {
    "set_named": "set_input",
    "compute_named": "compute",
    "get_named": "output",
    "outputs": "output",
    "infer": "compute",
    "get_output": "output",
    "init_execution_context": "context",
}

_AREAS: Mapping[str, tuple[str, ...]] = {
    "load": ("load", "handle"),
    "load_by_name": ("load-by-name", "handle"),
    "context": ("context", "handle"),
    "set_input": ("input",),
    "compute": ("compute",),
    "output": ("output", "values", "compute"),
    "tensor": ("tensor", "resource"),
}
"""The areas of clauses that are about a call."""


_BEFORE: Mapping[str, tuple[str, ...]] = {
    "values": ("load", "load_by_name", "context", "set_input", "compute"),
    "output": ("load", "load_by_name", "context"),
    "compute": ("load", "load_by_name", "context"),
}
"""What has to succeed before anything can be seen of what clauses of an area are about."""

_WITHOUT_A_CALL = ("rounds", "reuse")
"""Actions that ask nothing of a host themselves."""


def call_of(action: str) -> str:
    """Return the call that an action makes, under one name for all its forms."""
    return _SAME.get(action, action)


def function_of(step: Step) -> str:
    """Return what a step calls: its action, or the function that a `raw` one names."""
    return str(step.arguments["function"]) if step.action == "raw" else step.action


def own_clause(action: str, kind: str, *, again: bool = False) -> str | None:
    """Return the clause that a plain step broke, by what was wrong with its answer; None where it has none.

    With `again` a call like it has succeeded before.
    """
    call = call_of(action)
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    return _AGAIN[call] if again and call in _AGAIN else _BY_ACTION.get(call)


def comes_before(step: Step, clause: str) -> bool:
    """Return whether a step only has to succeed, however late, and is a call that the clause says nothing of."""
    is_plain = step.expectation == Expectation() and not step.clause
    return is_plain and call_of(step.action) in _BEFORE.get(clause.partition(".")[0], ())


def clause_of_kind(kind: str, subject: str) -> str | None:
    """Return the one clause that a kind of violation breaks wherever it is met, if there is one."""
    if kind == "written" and subject == RETURN_POINTER:
        return "failure.return-pointer-untouched"
    if kind == "handle":
        return _BY_HANDLE[subject]
    return _BY_KIND[kind] if kind in _WHATEVER_IS_TESTED else None


def clause_of_only_output(clause: str, kind: str) -> str | None:
    """Return what is broken, if not `clause`, where the only output of a model is not as it should be."""
    if clause in _OF_SIZES and kind == "size":
        return _BY_KIND[kind]
    return _OF_ONLY_OUTPUT.get(kind) if clause in (_WHICH_OUTPUT, *_OF_NUMBERS) else None


def own_clauses() -> frozenset[str]:
    """Return all clauses that steps have by themselves."""
    return frozenset(
        (
            "failure.return-pointer-untouched",
            DROPS,
            *_BY_ACTION.values(),
            *_BY_KIND.values(),
            *_BY_HANDLE.values(),
            *_AGAIN.values(),
        )
    )


def is_under_test(node: Node, clause: str) -> bool:
    """Return whether a step is more than set-up for a vector of `clause`.

    Set-up only has to succeed, and is a call that the area of the clause is not about.
    """
    if isinstance(node, Block) or node.expectation != Expectation() or node.slot_untouched or node.clause:
        return True
    call = call_of(node.action)
    if call in _WITHOUT_A_CALL:
        return False
    return call not in _AREAS or clause.partition(".")[0] in _AREAS[call]
