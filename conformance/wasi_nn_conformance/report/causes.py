"""Cases that failed alike, so that one fault in many places does not drown the others."""

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from wasi_nn_conformance.results.known_failures import GENERATED
from wasi_nn_conformance.results.verdict import Verdict

from .grid import Data, clauses

Group: TypeAlias = list[Data]

_PLACE = re.compile(r"; (?:step \d+|after the last step|fails_by|may_fail)(?: \(\w+\))?(?:, line \d+)?")
_BRACKETS = re.compile(r" ?(?:\[[^\]]*\]|\([^()]*\))")
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d[\w.+-]*|nan|inf)\b")


def found_alike(report: Data) -> list[Group]:
    """Group what fails a run by clause, verdict and diagnosis: the worst first, then the most."""
    cases = [case for case in report["cases"] if _fails(case)]
    order = {name: index for index, name in enumerate(clauses(report))}
    groups = _grouped(cases, lambda case: (case["clause"], case["verdict"], _kind(case)))
    # Sorting keeps the order of equals, which is that of their first cases' ids.
    return sorted(groups, key=lambda g: (-Verdict(g[0]["verdict"]).severity, order[g[0]["clause"]], -len(g)))


def known_alike(report: Data) -> list[Group]:
    """Group the known failures by their reason, the most first."""
    cases = [case for case in report["cases"] if case["verdict"] == Verdict.XFAIL.value]
    groups = _grouped(cases, lambda case: (case["expected"]["because"], case["expected"]["outcome"]))
    return sorted(groups, key=lambda group: -len(group))


def without_place(diagnosis: str) -> str:
    """Leave out where in its vector a case failed."""
    return _PLACE.sub("", diagnosis)


def _fails(case: Data) -> bool:
    verdict = Verdict(case["verdict"])
    return verdict.is_finding or verdict in (Verdict.XPASS, Verdict.ERROR)


def _kind(case: Data) -> str:
    """Return what diagnoses of one cause have in common. The last words of a host that died are kept as they are."""
    said = without_place(case["diagnosis"])
    return said if case["verdict"] == Verdict.CRASH.value else _NUMBER.sub("#", _BRACKETS.sub("", said))


def _grouped(cases: Iterable[Data], key: Callable[[Data], tuple[str, ...]]) -> list[Group]:
    groups: dict[tuple[str, ...], Group] = {}
    # Written vectors first: they can be replayed without the files of this run.
    for case in sorted(cases, key=lambda case: (case["id"].startswith(GENERATED), case["id"])):
        groups.setdefault(key(case), []).append(case)
    return list(groups.values())
