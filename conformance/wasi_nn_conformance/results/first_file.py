"""A first file of known failures for a host, from the findings of a run."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import tomli_w

from .case_result import CaseResult
from .known_failures import GENERATED
from .pattern import matches
from .verdict import Verdict

# A first file keeps of a diagnosis what is in front of this: of a crash what the host said, of the others also what
# was wanted, but never the place in the vector.
_BEHIND = {Verdict.FAIL: "; step", Verdict.HANG: "; step", Verdict.CRASH: "; wanted"}
# Of a diagnosis of wrong numbers, what does not stand for one conversation: not the output's name, nor the numbers.
_WRONG_VALUE = re.compile(r"(?P<begins>output ).*: element .*(?P<contains> of \w+ is )")
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")  # of surrogates, which TOML cannot say


def first_file(case_results: Sequence[CaseResult]) -> str:
    """Write the findings of a report as the text of a file of known failures, one entry for each diagnosis."""
    groups: dict[tuple[Verdict, str], list[str]] = {}
    generated: list[dict[str, Any]] = []
    for case_result in case_results:
        if case_result.verdict.is_finding:
            match = _said(case_result)
            if not case_result.id.startswith(GENERATED):
                groups.setdefault((case_result.verdict, match), []).append(case_result.id)
            elif (entry := _drawn_entry(case_result, match)) not in generated:
                generated.append(entry)
    ids = {case_result.id for case_result in case_results if case_result.verdict is not Verdict.UNSUPPORTED}
    known = [_entry(outcome, match, _patterns(named, ids)) for (outcome, match), named in groups.items()]
    return tomli_w.dumps({"known": [*known, *generated]}) if known or generated else ""


def _said(case_result: CaseResult) -> str:
    """Return what all diagnoses of this fault begin with, as far as a file can say it."""
    said = case_result.diagnosis.split(_BEHIND[case_result.verdict])[0]
    return _HALF_OF_A_PAIR.split(said)[0]


def _drawn_entry(case_result: CaseResult, match: str) -> dict[str, Any]:
    """Speak of all that fails like a drawn conversation: its own id is that of one vector, which no run draws again.

    Wrong numbers belong to what was drawn: their kind and type tell of them.
    """
    name, bracket, dimensions = case_result.id.partition("[")
    wrong = _WRONG_VALUE.match(match)
    if wrong is None:
        return _entry(case_result.verdict, match, [f"{GENERATED}*"], clause=case_result.clause)
    kind = name.removeprefix(GENERATED).partition("/")[0]
    cases = [f"{GENERATED}{kind}/*{bracket}{dimensions}"]
    words = {"clause": case_result.clause, "contains": wrong["contains"]}
    return _entry(case_result.verdict, wrong["begins"], cases, **words)


def _entry(outcome: Verdict, match: str, cases: Sequence[str], **more: str) -> dict[str, Any]:
    return {
        "cases": list(cases),
        "outcome": outcome.value,
        "match": match,
        **more,
        "because": "not examined yet",
    }


def _patterns(named: Sequence[str], ids: AbstractSet[str]) -> list[str]:
    """Return the cases with a `*` for the last part of their vectors' ids where all of those are among them."""
    patterns: dict[str, None] = {}
    ours = set(named)
    for case_id in named:
        vector, bracket, dimensions = case_id.partition("[")
        wide = f"{vector.rpartition('/')[0]}/*{bracket}{dimensions}"
        is_whole = all(other in ours for other in ids if matches(wide, other))
        patterns[wide if is_whole and vector.count("/") > 1 else case_id] = None
    return list(patterns)
