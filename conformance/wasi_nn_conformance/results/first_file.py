"""A first file of known failures for a host, from the findings of a run: an entry for each likely cause.

It says what the host does, and nothing of what is another in the next run: no numbers, addresses, times and folders.
"""

import json
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import tomli_w

from .case_result import CaseResult
from .causes import Cause, found, kinds_alike, likely_causes, said
from .known_failures import GENERATED
from .last_words import steady
from .pattern import matches
from .verdict import Verdict
from .violation import ENDS, TRAPS, is_trap

# TOML cannot say half of a pair of surrogates; in a pattern `?` stands for it.
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")
_BASIC = "f32"
_WORDS = 160  # characters of what is wrong
_NOT_EXAMINED = "not examined yet: "


def first_file(case_results: Sequence[CaseResult]) -> str:
    """Write the findings of a report that nobody knows yet as the text of a file of known failures."""
    ids = {case_result.id for case_result in case_results if case_result.verdict is not Verdict.UNSUPPORTED}
    by_id = {case_result.id: case_result for case_result in case_results}
    entries = [
        entry
        for cause in likely_causes(case_results)
        if not cause.expected
        for entry in _entries(cause, [by_id[name] for name in cause.cases], ids)
    ]
    return tomli_w.dumps({"known": entries}) if entries else ""


def _entries(cause: Cause, cases: Sequence[CaseResult], ids: AbstractSet[str]) -> Iterator[dict[str, Any]]:
    """Return the entries of one cause: of one that shows in two ways there are two."""
    types = {violation.type for case in cases for violation in case.violations[:1]}
    known: dict[str, dict[str, Any]] = {}
    named: dict[str, list[CaseResult]] = {}
    for case in cases:
        entry = {"outcome": found(case).value} | _fields(cause, case, types)
        known[json.dumps(entry)] = entry
        named.setdefault(json.dumps(entry), []).append(case)
    for key, entry in known.items():
        patterns = patterns_of([case.id for case in named[key]], ids)
        # What is said of the host's processes is no conversation.
        patterns += patterns_of_generated([case for case in named[key] if not case.clause.startswith("process.")])
        # Entries are told apart by it, in reports too.
        clause = entry.get("clause", cause.clause)
        because = _HALF_OF_A_PAIR.sub("?", f"{_NOT_EXAMINED}{clause}: {steady(said(named[key][0]))[:_WORDS]}")
        yield {"cases": patterns, **entry, "because": because}


def _fields(cause: Cause, case: CaseResult, types: AbstractSet[str]) -> dict[str, Any]:
    """Return what violations of a cause that show in one way have in common, as an entry says it.

    `types` are those of the cause: what is wrong with f32, the type of nearly all models, is no matter of a type.
    """
    violation = case.violations[0]
    if violation.kind in ENDS:
        return {name: _HALF_OF_A_PAIR.sub("?", value) for name, value in violation.cause.items()}
    kinds = kinds_alike(violation.kind)
    fields: dict[str, Any] = {"kind": kinds[0] if len(kinds) == 1 else list(kinds), "clause": case.clause}
    if is_trap(violation):
        fields |= {"got": next(f"{words}*" for words in TRAPS if violation.got.startswith(words))}
        return {name: value for name, value in fields.items() if name != "clause" or name in cause.fields}
    if violation.kind == "outcome":
        # The error that a host gives instead of a success may be another one in another case.
        return fields | {"got": _HALF_OF_A_PAIR.sub("?", f"{violation.got.partition(' ')[0]}*")}
    return fields | ({"type": violation.type} if violation.kind == "value" and _BASIC not in types else {})


def patterns_of_generated(cases: Sequence[CaseResult]) -> list[str]:
    """Return patterns of all generated conversations that may fail of a cause: no run generates the same again."""
    pairs = dict.fromkeys(
        pair for case in cases for pair in (f"{case.abi}-{case.encoding}" if case.encoding else case.abi, case.abi)
    )
    return [f"{GENERATED}*[{pair}]" for pair in sorted(pairs)]


def patterns_of(named: Sequence[str], ids: AbstractSet[str]) -> list[str]:
    """Return the written cases with a `*` for the last part of their vectors' ids where all of those are among them."""
    patterns: dict[str, None] = {}
    ours = set(named)
    for case_id in named:
        if case_id.startswith(GENERATED):
            continue
        vector, bracket, dimensions = case_id.partition("[")
        wide = f"{vector.rpartition('/')[0]}/*{bracket}{dimensions}"
        is_whole = all(other in ours for other in ids if matches(wide, other))
        patterns[wide if is_whole and vector.count("/") > 1 else case_id] = None
    return list(patterns)
