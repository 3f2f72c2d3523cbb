"""What fails in a process that has served other cases and passes in one of its own: findings about the process."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from wasi_nn_conformance.vectors.clause import Clause
from wasi_nn_conformance.vectors.own_clause import call_of

from .case_result import CaseResult
from .verdict import Verdict
from .violation import Violation

NO_CARRY_OVER, CAPACITY = "process.no-carry-over", "process.capacity"
_VECTORS = {NO_CARRY_OVER: "process/carries-over", CAPACITY: "process/capacity"}
OF_PROCESSES = frozenset(_VECTORS.values())
"""What stands in the place of a vector in a finding that no single case shows."""
_MAKING = ("load", "load_by_name", "context")
_LISTED = 5  # cases that a diagnosis has room for
_Key: TypeAlias = tuple[str, str, str | None]


class CarryOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case that failed so, with what its process had served before."""

    case_result: Annotated[CaseResult, Meta(description="what it came to there")]
    served: Annotated[int, Meta(ge=0, description="cases before it")]
    graphs: Annotated[int, Meta(ge=0, description="graphs that these had asked for")]
    contexts: Annotated[int, Meta(ge=0, description="contexts that these had asked for")]
    shown_by: Annotated[tuple[str, ...], Meta(description="cases before it which are enough, as was tried")] = ()

    @property
    def clause(self) -> str:
        """The clause that it breaks. A limit is a host's right; what comes of one may still be wrong."""
        return CAPACITY if is_limit(self.case_result) else NO_CARRY_OVER


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of one kind a process bears, and how it refuses more."""

    abi: str
    encoding: str | None
    what: Annotated[str, Meta(description="graphs or contexts")]
    most: int
    case_result: Annotated[CaseResult, Meta(description="the conversation that met the limit")]

    @property
    def amount(self) -> str:
        """How much that is, in words."""
        return f"{self.most} {self.what if self.most > 1 else self.what.removesuffix('s')}"


def is_limit(case_result: CaseResult) -> bool:
    """Return whether a call that makes something was refused by an error of wasi-nn."""
    violation = next(iter(case_result.violations), None)
    return violation is not None and _is_refusal(violation) and call_of(violation.call) in _MAKING


def _is_refusal(violation: Violation) -> bool:
    return violation.kind == "outcome" and violation.got.startswith("error ")


def results_of(
    carry_overs: Iterable[CarryOver], limits: Iterable[Limit], clauses: Mapping[str, Clause]
) -> Iterator[CaseResult]:
    """Return one result for each clause, ABI and encoding of these."""
    groups: dict[_Key, list[CarryOver]] = {}
    for carry_over in carry_overs:
        case_result = carry_over.case_result
        groups.setdefault((carry_over.clause, case_result.abi, case_result.encoding), []).append(carry_over)
    met: dict[_Key, dict[str, Limit]] = {}
    for limit in limits:
        met.setdefault((CAPACITY, limit.abi, limit.encoding), {})[limit.what] = limit
    for key in dict.fromkeys([*groups, *met]):
        yield _result(clauses[key[0]], groups.get(key, []), list(met.get(key, {}).values()))


def _result(clause: Clause, carry_overs: list[CarryOver], limits: list[Limit]) -> CaseResult:
    shows = min(carry_overs, key=_order) if carry_overs else None
    first = shows.case_result if shows else limits[0].case_result
    vector = _VECTORS[clause.id]
    pair = "-".join(part for part in (first.abi, first.encoding) if part)
    told = [*map(_limit_words, limits), *_words(carry_overs)]
    return msgspec.structs.replace(
        first,
        id=f"{vector}[{pair}]",
        vector=vector,
        clause=clause.id,
        level=clause.level,
        verdict=Verdict.DEVIATES if clause.id == CAPACITY else first.verdict,
        diagnosis="; ".join(told),
        choice=None,
        question=None,
        seconds=0.0,
        why="",
        place="",
        alone=False,
        own_clause="",
        blocked_by=None,
        shown_by=(*shows.shown_by, first.id) if shows and shows.shown_by else (),
        violations=tuple(msgspec.structs.replace(each, clause=clause.id) for each in first.violations),
    )


def _order(carry_over: CarryOver) -> tuple[bool, int, str]:
    return not carry_over.shown_by, carry_over.served, carry_over.case_result.id


def _words(carry_overs: list[CarryOver]) -> Iterator[str]:
    if not carry_overs:
        return
    first = min(carry_overs, key=_order)
    ids = sorted(each.case_result.id for each in carry_overs)
    more = f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else ""
    verb = "fails" if len(ids) == 1 else "fail"
    yield f"{', '.join(ids[:_LISTED])}{more} {verb} in a process that has served others, not in one of their own"
    past = f"{first.served} before it with {first.graphs} graphs and {first.contexts} contexts"
    yield f"{first.case_result.id} with {past}: {first.case_result.diagnosis}"
    if first.shown_by:
        options = " ".join(f"--case='{name}'" for name in (*first.shown_by, first.case_result.id))
        yield f"these are enough: {options}"
    else:
        yield "the same cases on another process did not show it again"


def _limit_words(limit: Limit) -> str:
    # A run with a limit of few takes longer, and nothing else tells why.
    return f"one process bears {limit.amount}, then cases get another: {limit.case_result.diagnosis}"
