"""A first file of known failures for a host, from the findings of a run."""

import json
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import tomli_w

from .case_result import CaseResult
from .known_failures import GENERATED
from .pattern import matches
from .verdict import Verdict

# TOML cannot say half of a pair of surrogates; in a pattern `?` stands for it.
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


def first_file(case_results: Sequence[CaseResult]) -> str:
    """Write the findings of a report as the text of a file of known failures, one entry for each cause."""
    known: dict[str, dict[str, Any]] = {}
    named: dict[str, list[str]] = {}
    for case_result in case_results:
        if case_result.verdict.is_finding:
            entry, case = _entry(case_result), case_result.id
            if case.startswith(GENERATED):
                case = _like(case_result)
                entry = {"clause": case_result.clause, **entry}
            key = json.dumps([entry, case if case.startswith(GENERATED) else ""])
            known[key] = entry
            named.setdefault(key, []).append(case)
    ids = {case_result.id for case_result in case_results if case_result.verdict is not Verdict.UNSUPPORTED}
    entries = [{"cases": _patterns(named[key], ids), **entry} for key, entry in known.items()]
    return tomli_w.dumps({"known": entries}) if entries else ""


def _entry(case_result: CaseResult) -> dict[str, Any]:
    """Return what all failures of this cause have in common, as far as a file can say it."""
    cause = {name: _HALF_OF_A_PAIR.sub("?", value) for name, value in case_result.violations[0].cause.items()}
    return {"outcome": case_result.verdict.value, **cause, "because": "not examined yet"}


def _like(case_result: CaseResult) -> str:
    """Return a pattern of all that fails like a generated conversation: no run generates the same again.

    Wrong numbers belong to what was generated: their kind of conversation tells of them.
    """
    name, bracket, dimensions = case_result.id.partition("[")
    if case_result.violations[0].kind != "value":
        return f"{GENERATED}*"
    return f"{GENERATED}{name.removeprefix(GENERATED).partition('/')[0]}/*{bracket}{dimensions}"


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
