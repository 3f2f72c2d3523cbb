"""What is known to be wrong with a host, so that its CI fails on any change either way.

`NAME.known-failures.toml` beside the adapter lists findings with their reason. It is strict: a case that fails
otherwise than told stays a finding, one that passes is an `xpass`, and a pattern that no case bears out fails
a complete run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from wasi_nn_conformance import cpu as processor
from wasi_nn_conformance.formats.document import read_toml
from wasi_nn_conformance.formats.schema import schema

from .case_result import CaseResult, Expected
from .pattern import matches
from .verdict import Verdict
from .violation import Violation

GENERATED = "fuzz/"
"""Begins the ids of generated conversations. Which of them a run meets depends on its seed and number of examples."""


_FIELDS = ("call", "subject", "type", "got", "wanted", "said")
"""The fields of a violation that an entry may name, besides its kind; in all of them `*` and `?` match."""


@dataclass(frozen=True)
class KnownFailure:
    """One known fault of a host.

    `cases` are patterns of case ids, `outcome` the verdict they get, `kinds` and `fields` what one of their violations
    has, `because` the fault in our words, `fix` what would mend it and `link` where it is discussed. With `clause` they
    are those that broke this one.
    """

    cases: tuple[str, ...]
    outcome: Verdict
    kinds: tuple[str, ...]
    because: str
    fields: Mapping[str, str] = field(default_factory=dict)
    fix: str = ""
    link: str = ""
    clause: str | None = None

    @property
    def expected(self) -> Expected:
        """What a case of a report has of the entry."""
        return Expected(self.outcome, self.because, self.fix, self.link)

    def speaks_of(self, case_id: str) -> bool:
        """Return whether the case is one of those."""
        return any(matches(pattern, case_id) for pattern in self.cases)

    def tells(self, case_result: CaseResult) -> bool:
        """Return whether the case failed as this entry says."""
        if self.clause not in (None, case_result.clause) or case_result.verdict is not self.outcome:
            return False
        return any(self._is_of(violation) for violation in case_result.violations)

    def _is_of(self, violation: Violation) -> bool:
        if self.kinds and violation.kind not in self.kinds:
            return False
        return all(matches(pattern, str(getattr(violation, name))) for name, pattern in self.fields.items())

    @property
    def words(self) -> str:
        """What the entry says of a violation, on one line."""
        told = [" or ".join(self.kinds), *(f"{name} {pattern}" for name, pattern in self.fields.items())]
        return ", ".join(part for part in told if part)


@dataclass(frozen=True)
class KnownFailures:
    """The entries of one file that are for this version of the host and for this machine."""

    path: Path
    entries: tuple[KnownFailure, ...]

    def applied(self, case_result: CaseResult) -> CaseResult:
        """Return the result as `xfail` or `xpass` where an entry speaks of its case."""
        entries = [entry for entry in self.entries if entry.speaks_of(case_result.id)]
        if case_result.id.startswith(GENERATED):
            # What was generated once may pass another time, and one pattern speaks of many faults.
            entries = [entry for entry in entries if entry.tells(case_result)]
        verdict = case_result.verdict
        if not entries or verdict in (Verdict.UNSUPPORTED, Verdict.ERROR):
            return case_result
        told = next((entry for entry in entries if entry.tells(case_result)), None)
        if told is not None:
            return replace(case_result, verdict=Verdict.XFAIL, expected=told.expected)
        first = entries[0]
        if verdict.is_finding:
            wanted = f"known is {first.outcome.value}: {first.words}"
            return replace(case_result, diagnosis=f"{case_result.diagnosis}; {wanted}", expected=first.expected)
        diagnosis = f"known is {first.outcome.value}: {first.words}; the host does better: mend {self.path.name}"
        return replace(case_result, verdict=Verdict.XPASS, diagnosis=diagnosis, expected=first.expected)

    def told(self, case_result: CaseResult) -> KnownFailure | None:
        """Return the entry that tells of this result."""
        return next((e for e in self.entries if e.speaks_of(case_result.id) and e.tells(case_result)), None)

    def unmatched(self, case_results: Iterable[CaseResult]) -> Iterator[str]:
        """Return the patterns that none of the results of a complete run speaks for or against."""
        seen: dict[Expected, list[str]] = {}
        for case_result in case_results:
            if case_result.expected:
                seen.setdefault(case_result.expected, []).append(case_result.id)
        for entry in self.entries:
            told = seen.get(entry.expected, [])
            for pattern in entry.cases:
                if not pattern.startswith(GENERATED) and not any(matches(pattern, case_id) for case_id in told):
                    yield pattern


def known_failures_path(adapter: Path) -> Path:
    """Return the file that belongs to an adapter's file."""
    return adapter.with_name(f"{adapter.name.removesuffix('.toml')}.known-failures.toml")


def read_known_failures(path: Path, version: str, cpu: AbstractSet[str] | None = None) -> KnownFailures:
    """Read the entries for the host's `version` and a processor's features, as `entries_of` takes them.

    Raises `InputError` with the line of what is wrong.
    """
    return KnownFailures(path, tuple(entry for _, entry, is_meant in entries_of(path, version, cpu) if is_meant))


def entries_of(
    path: Path, version: str, cpu: AbstractSet[str] | None = None
) -> Iterator[tuple[Mapping[str, Any], KnownFailure, bool]]:
    """Return each entry as it is written and as it is understood, and whether this host and processor are meant.

    `version` is the host's own words, in which a number stands. Without `cpu` the features are those of this machine's
    processor. Raises `InputError` with the line of what is wrong.
    """
    document = read_toml(path)
    document.check(schema("known-failures"))
    number = re.search(r"\d+(?:\.\d+)+", version)
    for index, data in enumerate(document.data.get("known", ())):
        try:
            versions = SpecifierSet(data.get("versions", ""))
        except InvalidSpecifier as error:
            raise document.error(("known", index, "versions"), str(error)) from None
        is_meant = number is None or Version(number[0]) in versions
        if "cpu" in data and not (processor.features() if cpu is None else cpu) & set(data["cpu"]):
            is_meant = False
        yield data, _entry(data), is_meant


def _entry(data: Mapping[str, Any]) -> KnownFailure:
    kinds = data.get("kind", ())
    return KnownFailure(
        cases=tuple(data["cases"]),
        outcome=Verdict(data["outcome"]),
        kinds=(kinds,) if isinstance(kinds, str) else tuple(kinds),
        because=data["because"],
        fields={name: data[name] for name in _FIELDS if name in data},
        fix=data.get("fix", ""),
        link=data.get("link", ""),
        clause=data.get("clause"),
    )
