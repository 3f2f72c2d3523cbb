"""When two cases fail alike: in the same call and in the same way, whatever numbers and names were in it."""

from collections.abc import Hashable

from wasi_nn_conformance.vectors.own_clause import call_of

from .case_result import CaseResult
from .violation import ENDS, Violation

_CONTENT = frozenset({"size", "tail", "length", "type", "dimensions", "value", "count", "names", "memory"})
"""Kinds of what is wrong with an output: one fault shows as this or that, by the output it meets."""


_BY_GETTER = {"type": "type", "dims": "dimensions", "data": "value"}
"""What a component learns of an output by each getter of a tensor, as a kind of what is wrong with it."""

_GETTERS = frozenset({"ty", "dimensions", "data"})
"""Steps that ask a tensor by one getter; an output of a component is read by all of them."""


def fails_alike(case_result: CaseResult, violation: Violation) -> bool:
    """Return whether a case is a finding that violates in the same call what `violation` does."""
    if not case_result.verdict.is_finding or not case_result.violations:
        return False
    other = case_result.violations[0]
    if other.kind == "getter" and violation.kind in _CONTENT:
        return _BY_GETTER.get(other.subject) == violation.kind
    if other.call in _GETTERS and call_of(violation.call) == "output":
        return (other.kind, other.got) == (violation.kind, violation.got)
    return manner(other) == manner(violation)


def manner(violation: Violation) -> Hashable:
    """Return in which call an answer is wrong, and how. An output is one wherever an ABI gives it."""
    if violation.kind in _CONTENT:
        return "content"
    if violation.kind == "getter":
        return violation.kind, violation.subject
    if violation.kind == "unwritten" or (violation.kind, violation.wanted) == ("slot", "written"):
        return call_of(violation.call), "unwritten"  # a raw call has its return pointers by names
    return call_of(violation.call), violation.kind, "" if violation.kind in ENDS else violation.got
