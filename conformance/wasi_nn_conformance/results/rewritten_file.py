"""A file of known failures written again from the findings of a later run: what somebody said of them stays."""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w
from msgspec.structs import replace

from .case_result import CaseResult
from .causes import found, likely_causes
from .first_file import first_file, patterns_of, patterns_of_generated
from .known_failures import GENERATED, KnownFailure, entries_of
from .pattern import matches
from .verdict import Verdict

_BEGINS = re.compile(r"^(?=\[\[known\]\])", re.MULTILINE)
_COMMENTS = re.compile(r"(?:^[ \t]*(?:#.*)?\n)*\Z", re.MULTILINE)


@dataclass
class _Entry:
    """An entry as it was, and the cases that it tells of now; it may be meant for another host or processor."""

    data: Mapping[str, Any]
    known: KnownFailure
    is_meant: bool
    cases: list[CaseResult] = field(default_factory=list)

    def tells(self, case: CaseResult) -> bool:
        return self.is_meant and self.known.tells(case)


@dataclass(frozen=True)
class Rewritten:
    """The text of the file, and the `because` of entries that are left out, since no case shows them any more."""

    text: str
    gone: tuple[str, ...]


def rewritten(
    path: Path, version: str, cpu: AbstractSet[str] | None, case_results: Sequence[CaseResult], *, is_whole: bool
) -> Rewritten:
    """Return the file at `path` with the findings of a run of this version of the host, on a processor with `cpu`.

    The cases of an entry become those that fail as it tells, and nothing else of it changes. So do findings that
    nobody has told of, if they have the likely cause of such a case, or their host dies with the words of the entry;
    others get entries of their own. What is said of other versions, of other processors and of generated conversations
    stays. In a run that is not whole, so does what is said of cases that it did not judge. Raises `InputError`.
    """
    entries = [_Entry(*each) for each in entries_of(path, version, cpu)]
    cases = _told(entries, [_unexpected(case) for case in case_results])
    ids = {case.id for case in cases if case.verdict is not Verdict.UNSUPPORTED}
    patterns = [_patterns(entry, ids, is_whole=is_whole) if entry.is_meant else entry.known.cases for entry in entries]
    text = _text(path.read_text("utf-8"), entries, patterns)
    new = first_file(cases)
    gone = [entry.known.because for entry, those in zip(entries, patterns, strict=True) if not those]
    return Rewritten(f"{text.rstrip()}\n\n{new}".lstrip() if new else text, tuple(gone))


def _unexpected(case: CaseResult) -> CaseResult:
    """Return what came of a case, whatever was known."""
    verdict = Verdict.PASS if case.verdict is Verdict.XPASS else found(case)
    return replace(case, verdict=verdict, expected=None)


def _told(entries: Sequence[_Entry], cases: Sequence[CaseResult]) -> list[CaseResult]:
    """Hand each entry its cases. Return all cases, those that an entry tells of as expected."""
    owners: dict[str, _Entry] = {}
    findings = {case.id: case for case in cases if case.verdict.is_finding}
    for case in findings.values():
        _own(owners, case, (entry for entry in entries if entry.known.speaks_of(case.id)))
    dying = [entry for entry in entries if "said" in entry.known.fields]
    for cause in likely_causes(cases):
        alike = [owners[name] for name in cause.cases if name in owners]
        for name in cause.cases:
            if name not in owners:
                _own(owners, findings[name], (*alike, *dying))
    for name, entry in owners.items():
        entry.cases.append(findings[name])
    return [
        replace(case, verdict=Verdict.XFAIL, expected=owners[case.id].known.expected) if case.id in owners else case
        for case in cases
    ]


def _own(owners: dict[str, _Entry], case: CaseResult, entries: Iterable[_Entry]) -> None:
    """Hand the case to the first of these entries that tells of it."""
    entry = next((entry for entry in entries if entry.tells(case)), None)
    if entry is not None:
        owners[case.id] = entry


def _patterns(entry: _Entry, ids: AbstractSet[str], *, is_whole: bool) -> tuple[str, ...]:
    """Return what the entry is to say of cases: what it says, if that still holds; nothing if no case shows it."""
    generated = [pattern for pattern in entry.known.cases if pattern.startswith(GENERATED)]
    written = [pattern for pattern in entry.known.cases if pattern not in generated]
    names = sorted(case.id for case in entry.cases if not case.id.startswith(GENERATED))
    met = {pattern: {name for name in ids if matches(pattern, name)} for pattern in written}
    unjudged = [pattern for pattern, those in met.items() if not those and not is_whole]
    holds = all(met[pattern] or pattern in unjudged for pattern in written) and set().union(*met.values()) == set(names)
    kept = written if holds else [*patterns_of(names, ids), *unjudged]
    if written and not kept:
        return ()
    missed = [case for case in entry.cases if not entry.known.speaks_of(case.id) and case.id.startswith(GENERATED)]
    return tuple(dict.fromkeys([*generated, *patterns_of_generated(missed), *kept]))


def _text(before: str, entries: Sequence[_Entry], patterns: Sequence[Sequence[str]]) -> str:
    """Return the file with other patterns, or without entries that have none; the others are not touched."""
    head, *blocks = _BEGINS.split(before)
    if len(blocks) != len(entries):  # not written line by line: nothing of it can stay as it is
        head, blocks = "", [""] * len(entries)
    parts = [head]
    for entry, block, those in zip(entries, blocks, patterns, strict=True):
        if block and set(entry.known.cases) == set(those):
            parts.append(block)
            continue
        if those:
            parts.append(tomli_w.dumps({"known": [{**entry.data, "cases": list(those)}]}))
        # What stands behind an entry is about the next one.
        parts.append(_COMMENTS.findall(block)[0] if block else "\n")
    return "".join(parts)
