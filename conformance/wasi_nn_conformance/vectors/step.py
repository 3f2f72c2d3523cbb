"""A step of a vector, and a block of steps with one expectation."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from .expectation import Expectation


@dataclass(frozen=True)
class Step:
    """One call of the guest: `action` with its `arguments`, what is expected, and what follows success.

    `clause` is the one that the answer is judged by, where it is not the vector's.
    """

    action: str
    arguments: Mapping[str, Any]
    expectation: Expectation
    slot_untouched: bool = False
    then: tuple["Node", ...] = ()
    line: int | None = None
    clause: str | None = None


@dataclass(frozen=True)
class Block:
    """Steps with one expectation: an error at any of them is accepted, and wanted if `must_fail`."""

    must_fail: bool
    steps: tuple["Node", ...]
    prefer: str | None
    line: int | None = None
    clause: str | None = None

    def wanted(self, expectation: Expectation) -> str:
        """Return in words what is accepted of a step in it: beside success, or in its place, an error."""
        if "ok" not in expectation.accept:
            return expectation.wanted
        accept = (expectation.accept | {"error"}) - ({"ok"} if self.must_fail else set())
        return Expectation(accept, prefer=self.prefer or expectation.prefer).wanted


Node: TypeAlias = Step | Block


def nodes_of(nodes: Iterable[Node]) -> Iterator[Node]:
    """Return the steps and blocks, each before what is inside it."""
    for node in nodes:
        yield node
        yield from nodes_of(node.steps if isinstance(node, Block) else node.then)


def steps_of(nodes: Iterable[Node]) -> Iterator[Step]:
    """Return the steps in the order in which they are said, those inside of blocks among them."""
    return (node for node in nodes_of(nodes) if isinstance(node, Step))


def proper_steps(nodes: Iterable[Node]) -> Iterator[Step]:
    """Return the steps that are no misuse: success is accepted, and nothing else rather than that."""
    for node in nodes:
        if isinstance(node, Block):
            if not node.must_fail and node.prefer in (None, "ok"):
                yield from proper_steps(node.steps)
        elif "ok" in node.expectation.accept and node.expectation.prefer in (None, "ok"):
            yield node
            yield from proper_steps(node.then)


def with_traps(
    nodes: Iterable[Node], clause: str, may_trap: Collection[str], *, block: bool = False
) -> tuple[Node, ...]:
    """Return steps that accept a trap wherever they accept an error and their clause, or that of their block, does.

    `clause` is the one of steps without their own; `block` tells that these are in a block of such a clause.
    """
    return tuple(_with_traps(node, clause, may_trap, block) for node in nodes)


def _with_traps(node: Node, clause: str, may_trap: Collection[str], block: bool) -> Node:
    allows = block or (node.clause or clause) in may_trap
    if isinstance(node, Block):
        return replace(node, steps=with_traps(node.steps, clause, may_trap, block=allows))
    expectation = node.expectation
    if allows and (block or "error" in expectation.accept) and not expectation.traps:
        expectation = replace(expectation, accept=expectation.accept | {"trap"})
    return replace(node, expectation=expectation, then=with_traps(node.then, clause, may_trap, block=block))


def without_line(node: Node) -> Node:
    """Return the step or block as two can be compared by."""
    if isinstance(node, Block):
        return replace(node, line=None, steps=tuple(map(without_line, node.steps)))
    return replace(node, line=None, then=tuple(map(without_line, node.then)))
