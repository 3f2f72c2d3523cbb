"""Likely causes: findings that one fault of a host brings about, whatever cases and clauses it shows in.

A host that dies at one place of its source has one fault there, under how many clauses it is ever met; so has one that
dies without a word, of whatever call, where one area of the specification is concerned, one that ends the guest or
dies so wherever it owes an error, and one whose call succeeds wherever it owes an error, even where that is most plain.
Answers tell less: what breaks one clause has one cause, in whatever ways it does, and so have clauses that say the same
of other names or other drops. No number, address, name or time that changes from case to case tells causes apart.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from itertools import chain
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from wasi_nn_conformance.vectors.clause import Level
from wasi_nn_conformance.vectors.own_clause import call_of

from .carry_over import NO_CARRY_OVER
from .case_result import CaseResult, Expected
from .known_failures import GENERATED
from .last_words import place
from .likeness import fails_alike
from .verdict import Verdict
from .violation import ENDS, SUCCESS, is_trap

Group: TypeAlias = list[CaseResult]
_Key: TypeAlias = tuple[str, ...]
# How many clauses have to be broken in one manner before that manner is what is wrong, and not the clauses.
_WHEREVER = {"trap": 2, "death": 2, "success": 3}
# What a host that gives errors for a call at all refuses first. Where it does, each success in the place of an error is
# a check of its own that is missing.
_REFUSED_FIRST = {
    "load": ("load.builder-count",),
    "load_by_name": ("load-by-name.unknown",),
    "context": ("handle.unknown-graph",),
    "set_input": ("input.unknown-index", "input.unknown-name"),
    "compute": ("compute.missing-input",),
    "output": ("output.unknown-index", "output.unknown-name"),
}


class Cause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One likely cause: what a fault of the host does, and where."""

    clause: Annotated[str, Meta(description="the clause that it breaks")]
    level: Level
    verdict: Annotated[Verdict, Meta(description="the worst that it brings about, whatever was expected")]
    diagnosis: Annotated[str, Meta(description="what is wrong in the smallest case")]
    case: Annotated[str, Meta(description="the id of the smallest case, which shows it alone")]
    cases: Annotated[tuple[str, ...], Meta(description="the ids of the cases that fail of it")]
    blocked: Annotated[tuple[str, ...], Meta(description="the ids of the cases that these block")]
    touches: Annotated[dict[str, int], Meta(description="the other clauses that it shows in, with how many cases")]
    abis: tuple[str, ...]
    encodings: tuple[str, ...]
    fields: Annotated[tuple[str, ...], Meta(description="what tells it from other causes, in this report and others")]
    expected: Annotated[Expected | None, Meta(description="what the known failures say of it")] = None


def likely_causes(case_results: Iterable[CaseResult], clauses: Sequence[str] = ()) -> list[Cause]:
    """Return the causes of all findings, known ones last: the most binding clause first, then the most cases.

    `clauses` are all there are, the basic ones before those that build on them: where nothing else decides, the first
    that a cause touches is accused.
    """
    kept = sorted(case_results, key=lambda case_result: case_result.id)
    findings = [each for each in kept if found(each).is_finding]
    manners = _manners(findings)
    groups = _grouped(findings, lambda each: (_known(each), _key(_shown_alone(each, findings), manners)))
    blocked: dict[str | None, list[str]] = {}
    for each in kept:
        if each.verdict is Verdict.BLOCKED:
            blocked.setdefault(each.blocked_by, []).append(each.id)
    order = {name: index for index, name in enumerate(clauses)}
    causes = [_cause(group, _key(_shown_alone(group[0], findings), manners), blocked, order) for group in groups]
    return sorted(causes, key=_urgency)


def found_alike(cases: Iterable[CaseResult], clauses: Sequence[str]) -> list[Group]:
    """Group what fails a run by clause, verdict and cause: the worst first, then by `clauses`, then the most."""
    order = {name: index for index, name in enumerate(clauses)}
    failed = (case for case in cases if case.verdict.fails_the_run)
    groups = _grouped(failed, lambda case: (case.clause, case.verdict, _in_common(case)))
    # Sorting keeps the order of equals, which is that of their first cases' ids.
    return sorted(groups, key=lambda g: (-g[0].verdict.severity, order[g[0].clause], -len(g)))


def known_alike(cases: Iterable[CaseResult]) -> list[tuple[Expected, Group]]:
    """Group the known failures by what is told of them, the most first."""
    known = (case for case in cases if case.verdict is Verdict.XFAIL)
    groups = _grouped(known, lambda case: case.expected)
    told = [(group[0].expected, group) for group in groups]
    return sorted(((expected, group) for expected, group in told if expected), key=lambda each: -len(each[1]))


def said(case: CaseResult) -> str:
    """Return what is wrong with a case, without the place in its vector."""
    return "; ".join(violation.sentence for violation in case.violations) or case.diagnosis


def steps(case: CaseResult) -> int:
    """Return how many requests it takes to see what is wrong: the measure by which one case is smaller than another."""
    return sum(line.startswith("> ") for line in case.transcript)


def found(case: CaseResult) -> Verdict:
    """Return what the host did, whatever was expected of it."""
    return case.expected.outcome if case.verdict is Verdict.XFAIL and case.expected else case.verdict


def kinds_alike(kind: str) -> tuple[str, ...]:
    """Return the kinds of violation that one fault brings about in turn, this one among them."""
    return next((alike for alike in _ALIKE if kind in alike), (kind,))


def _shown_alone(case: CaseResult, findings: Sequence[CaseResult]) -> CaseResult:
    """Return the finding of one vector that fails as a process does which has served others; else the case itself."""
    if case.clause != NO_CARRY_OVER or not case.violations:
        return case
    others = [each for each in findings if each.clause != NO_CARRY_OVER and each.abi == case.abi]
    alike = (each for each in others if fails_alike(each, case.violations[0]))
    mixed_up = (each for each in others if each.clause in _KEPT_APART)
    return next(chain(alike, mixed_up), case)


def _known(case: CaseResult) -> Expected | None:
    """Return what the known failures tell of a finding that is as they say."""
    return case.expected if case.verdict is Verdict.XFAIL else None


def _manners(findings: Iterable[CaseResult]) -> set[_Key]:
    """Return the manners of not failing that findings of enough clauses share to be what is wrong."""
    clauses: dict[_Key, set[str]] = {}
    for each in findings:
        if manner := _manner(each):
            clauses.setdefault(manner, set()).add(each.clause)
    return {
        manner
        for manner, broken in clauses.items()
        if len(broken) >= _WHEREVER[manner[0]] and not broken.isdisjoint(_refused_first(manner))
    }


def _refused_first(manner: _Key) -> Iterable[str]:
    """Return the clauses of which one is broken by whoever never gives an error, in this call or in any."""
    return _REFUSED_FIRST.get(manner[1], ()) if manner[0] == "success" else chain(*_REFUSED_FIRST.values())


def _manner(case: CaseResult) -> _Key:
    """Return how a host gives no error where it owes one: by a trap or its death, of whatever call, or by success.

    A host that says what it dies of tells what is wrong by its words.
    """
    violation = case.violations[0] if case.violations else None
    if violation is None or "error" not in violation.wanted:
        return ()
    if violation.kind == "crash" and not violation.cause.get("said"):
        return ("death",)
    if violation.kind != "outcome":
        return ()
    if is_trap(violation):
        return ("trap",)
    return ("success", call_of(violation.call), case.level.value) if violation.got == SUCCESS else ()


def _key(case: CaseResult, manners: Collection[_Key]) -> _Key:
    """Return what findings of one cause have in common; `manners` are those of all findings."""
    if not case.violations:
        return ("", case.clause, case.diagnosis)
    violation = case.violations[0]
    if violation.kind in ENDS:
        if where := place(violation.printed):
            return ("place", where)
        if (manner := _manner(case)) in manners:
            return manner
        return (violation.kind, violation.subject, case.clause.partition(".")[0], violation.cause.get("said", ""))
    manner = _manner(case)
    return manner if manner in manners else ("clause", _TOGETHER.get(case.clause, case.clause))


_TOGETHER = {
    clause: clauses[0]
    for clauses in (
        ("load-by-name.registered", "load-by-name.unknown", "load-by-name.is-no-path"),
        ("input.any-name", "input.unknown-name", "input.unknown-index", "output.unknown-name", "compute.output-names"),
        ("resource.drop-order", "resource.graph-before-context"),
        ("failure.changes-nothing", "failure.no-lasting-harm"),
        ("handle.unknown-context", "handle.unknown-graph"),
        ("output.size", "output.too-small-buffer"),
    )
    for clause in clauses
}
"""Clauses that one fault breaks together, by the first: a name is taken for another, a drop or a failure takes more,
one table is looked up for all handles, one copy is made into whatever buffer."""
_KEPT_APART = (
    *("load.each-load-is-a-graph", "load.every-builder-is-used", "context.independence"),
    *("compute.new-inputs", "input.last-binding-wins", "output.tensor-is-the-guests"),
)
"""Clauses about two things of one conversation: who mixes these up mixes up those of two conversations as well."""

_ALIKE = (
    ("guards", "written", "tail", "changed", "slot", "memory"),
    ("size", "length", "dimensions", "count"),
)


def _cause(group: Group, key: _Key, blocked: dict[str | None, list[str]], order: dict[str, int]) -> Cause:
    counted = Counter(case.clause for case in group)
    clause = min(counted, key=lambda name: (-counted[name], order.get(name, len(order)), name))
    smallest = min(
        (case for case in group if case.clause == clause),
        key=lambda case: (case.id.startswith(GENERATED), steps(case), sum(map(len, case.transcript)), case.id),
    )
    behind = sorted(name for case in group for name in blocked.get(case.id, ()))
    return Cause(
        clause=clause,
        level=smallest.level,
        verdict=max((found(case) for case in group), key=lambda verdict: verdict.severity),
        diagnosis=said(smallest),
        case=smallest.id,
        cases=tuple(case.id for case in group),
        blocked=tuple(behind),
        touches={name: number for name, number in sorted(counted.items()) if name != clause},
        abis=tuple(sorted({case.abi for case in group})),
        encodings=tuple(sorted({case.encoding for case in group if case.encoding})),
        fields=key,
        expected=_known(smallest),
    )


def _urgency(cause: Cause) -> tuple[bool, int, int, str]:
    # A host that gives no answer breaks more than the clause that it was asked about.
    binding = -1 if cause.verdict in (Verdict.CRASH, Verdict.HANG) else list(Level).index(cause.level)
    return (cause.expected is not None, binding, -len(cause.cases) - len(cause.blocked), cause.case)


def _in_common(case: CaseResult) -> Hashable:
    """Return what the violations of one cause have in common; of a case without any, what is said of it."""
    return tuple(tuple(violation.cause.items()) for violation in case.violations) or case.diagnosis


def _grouped(cases: Iterable[CaseResult], key: Callable[[CaseResult], Hashable]) -> list[Group]:
    groups: dict[Hashable, Group] = {}
    # Written vectors first: they can be replayed without the files of this run.
    for case in sorted(cases, key=lambda case: (case.id.startswith(GENERATED), case.id)):
        groups.setdefault(key(case), []).append(case)
    return list(groups.values())
