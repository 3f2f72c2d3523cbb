"""Handles that calls of witx have returned: no graph and no context may have that of another one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from wasi_nn_conformance.vectors.own_clause import clause_of_kind
from wasi_nn_conformance.vectors.step import Step

from .expected_reply import ExpectedHandle
from .said import LineReply, Said
from .witx_calls import Stored

_KINDS: Mapping[str, Literal["graph", "context"]] = {"load": "graph", "load_by_name": "graph", "context": "context"}


@dataclass(frozen=True)
class GivenHandle:
    """A handle, as its number or as the line of an export that gives it; `name` is that of `load_by_name`."""

    kind: Literal["graph", "context"]
    number: int | LineReply
    name: str | None = None


def given_by(step: Step, said: Said) -> tuple[GivenHandle, ...]:
    """Return the handle that the success of a step has given, if it gives one."""
    if step.action not in _KINDS or not isinstance(said, Stored | LineReply):
        return ()
    number = said if isinstance(said, LineReply) else said.value
    return (GivenHandle(_KINDS[step.action], number, _name(step)),)


def expected_handle(step: Step, given: Iterable[GivenHandle]) -> ExpectedHandle | None:
    """Return what the handle that a step gives must not be: one that it could be taken for.

    Whether a name is a graph of its own each time it is loaded, no guest can tell.
    """
    kind, name = _KINDS[step.action], _name(step)
    before = tuple(each.number for each in given if each.kind == kind and (name is None or each.name != name))
    return ExpectedHandle(kind, before, clause_of_kind("handle", kind) or "") if before else None


def _name(step: Step) -> str | None:
    return str(step.arguments["name"]) if step.action == "load_by_name" else None
