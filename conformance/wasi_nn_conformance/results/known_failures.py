"""What is known to be wrong with a host, so that its CI fails on any change either way.

`NAME.known-failures.toml` beside the adapter lists findings with their reason. It is strict: a case that fails
otherwise than told stays a finding, one that passes is an `xpass`, and an entry that no case bears out fails
a complete run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from wasi_nn_conformance import cpu as processor
from wasi_nn_conformance.formats.document import read_toml
from wasi_nn_conformance.formats.schema import schema

from .case_result import CaseResult
from .pattern import matches
from .verdict import Verdict

# A first file keeps of a diagnosis what is in front of this: of a crash what the host said, of the others also what
# was wanted, but never the place in the vector.
_BEHIND = {Verdict.FAIL: "; step", Verdict.HANG: "; step", Verdict.CRASH: "; wanted"}
# Of a diagnosis of wrong numbers, what does not stand for one conversation: not the output's name, nor the numbers.
_WRONG_VALUE = re.compile(r"(?P<begins>output ).*: element .*(?P<contains> of \w+ is )")

GENERATED = "fuzz/"
"""Begins the ids of drawn conversations. Which of them a run meets depends on its seed and number of examples."""


@dataclass(frozen=True)
class KnownFailure:
    """One known fault of a host.

    `cases` are patterns of case ids, `outcome` the verdict they get, `match` what their diagnosis begins with and
    `contains` what it has somewhere, `because` the fault in our words and `fix` what would mend it. With `clause` they
    are those that broke this one.
    """

    cases: tuple[str, ...]
    outcome: Verdict
    match: str
    because: str
    fix: str = ""
    link: str = ""
    clause: str | None = None
    contains: str = ""

    def speaks_of(self, case_id: str) -> bool:
        """Return whether the case is one of those."""
        return any(matches(pattern, case_id) for pattern in self.cases)

    def tells(self, case_result: CaseResult) -> bool:
        """Return whether the record is what was expected."""
        if self.clause not in (None, case_result.clause):
            return False
        told = case_result.diagnosis.startswith(self.match) and self.contains in case_result.diagnosis
        return told and case_result.verdict == self.outcome.value


@dataclass(frozen=True)
class KnownFailures:
    """The entries of one file that are for this version of the host and for this machine."""

    path: Path
    entries: tuple[KnownFailure, ...]

    def applied(self, case_result: CaseResult) -> CaseResult:
        """Return the record as `xfail` or `xpass` where an entry speaks of its case."""
        entries = [entry for entry in self.entries if entry.speaks_of(case_result.id)]
        if case_result.id.startswith(GENERATED):
            # What was drawn once may pass another time, and one pattern speaks of many faults.
            entries = [entry for entry in entries if entry.tells(case_result)]
        verdict = Verdict(case_result.verdict)
        if not entries or verdict in (Verdict.UNSUPPORTED, Verdict.ERROR):
            return case_result
        told = next((entry for entry in entries if entry.tells(case_result)), None)
        if told is not None:
            return replace(case_result, verdict=Verdict.XFAIL.value, expected=_expected(told))
        first = entries[0]
        if verdict.is_finding:
            wanted = f"expected was {first.outcome.value}: {first.match}"
            return replace(case_result, diagnosis=f"{case_result.diagnosis}; {wanted}", expected=_expected(first))
        diagnosis = f"expected was {first.outcome.value}: {first.match}; the host does better: mend {self.path.name}"
        return replace(case_result, verdict=Verdict.XPASS.value, diagnosis=diagnosis, expected=_expected(first))

    def told(self, case_result: CaseResult) -> KnownFailure | None:
        """Return the entry that tells of this record."""
        return next((e for e in self.entries if e.speaks_of(case_result.id) and e.tells(case_result)), None)

    def unmatched(self, case_results: Iterable[Mapping[str, object]]) -> Iterator[KnownFailure]:
        """Return the entries that none of the records of a complete run speaks for or against."""
        seen = [str(case_result["id"]) for case_result in case_results if case_result.get("expected")]
        for entry in self.entries:
            is_drawn = all(pattern.startswith(GENERATED) for pattern in entry.cases)
            if not is_drawn and not any(entry.speaks_of(case_id) for case_id in seen):
                yield entry


def _expected(entry: KnownFailure) -> dict[str, str]:
    return {"outcome": entry.outcome.value, "because": entry.because}


def known_failures_path(adapter: Path) -> Path:
    """Return the file that belongs to an adapter's file."""
    return adapter.with_name(f"{adapter.name.removesuffix('.toml')}.known-failures.toml")


def read_known_failures(path: Path, version: str, cpu: AbstractSet[str] | None = None) -> KnownFailures:
    """Read the entries for the host's `version` (its own words, in which a number stands) and a processor's features.

    Without `cpu` these are the features of this machine's.

    Raises `InputError` with the line of what is wrong.
    """
    document = read_toml(path)
    document.check(schema("known-failures"))
    number = re.search(r"\d+(?:\.\d+)+", version)
    entries = []
    for index, data in enumerate(document.data.get("known", ())):
        try:
            versions = SpecifierSet(data.get("versions", ""))
        except InvalidSpecifier as error:
            raise document.error(("known", index, "versions"), str(error)) from None
        if number is not None and Version(number[0]) not in versions:
            continue
        if "cpu" in data and not (processor.features() if cpu is None else cpu) & set(data["cpu"]):
            continue
        fields = {key: data[key] for key in ("match", "contains", "because", "fix", "link", "clause") if key in data}
        entries.append(KnownFailure(tuple(data["cases"]), Verdict(data["outcome"]), **fields))
    return KnownFailures(path, tuple(entries))


def first_file(case_results: Sequence[Mapping[str, str]]) -> str:
    """Write the findings of a report as the text of a file of known failures, one entry for each diagnosis."""
    groups: dict[tuple[str, str], list[str]] = {}
    generated: dict[str, None] = {}
    for case_result in case_results:
        if Verdict(case_result["verdict"]).is_finding:
            match = case_result["diagnosis"].split(_BEHIND[Verdict(case_result["verdict"])])[0]
            if case_result["id"].startswith(GENERATED):
                generated[_drawn_entry(case_result, match)] = None
            else:
                groups.setdefault((case_result["verdict"], match), []).append(case_result["id"])
    ids = {
        case_result["id"]: case_result["verdict"]
        for case_result in case_results
        if case_result["verdict"] != Verdict.UNSUPPORTED.value
    }
    written = [_entry(outcome, match, _patterns(named, ids)) for (outcome, match), named in groups.items()]
    return "\n".join([*written, *generated])


def _drawn_entry(case_result: Mapping[str, str], match: str) -> str:
    """Speak of all that fails like a drawn conversation: its own id is that of one vector, which no run draws again.

    Wrong numbers belong to what was drawn: their kind and type tell of them.
    """
    name, bracket, dimensions = case_result["id"].partition("[")
    wrong = _WRONG_VALUE.match(match)
    if wrong is None:
        return _entry(case_result["verdict"], match, [f"{GENERATED}*"], case_result["clause"])
    kind = name.removeprefix(GENERATED).partition("/")[0]
    cases = [f"{GENERATED}{kind}/*{bracket}{dimensions}"]
    return _entry(case_result["verdict"], wrong["begins"], cases, case_result["clause"], wrong["contains"])


def _entry(
    outcome: str, match: str, cases: Sequence[str], clause: str | None = None, contains: str | None = None
) -> str:
    listed = "".join(f"    {_toml(case)},\n" for case in cases)
    broken = f"clause = {_toml(clause)}\n" if clause else ""
    also = f"contains = {_toml(contains)}\n" if contains else ""
    return (
        f"[[known]]\ncases = [\n{listed}]\n{broken}outcome = {_toml(outcome)}\n"
        f'match = {_toml(match)}\n{also}because = "not examined yet"\n'
    )


def _patterns(named: Sequence[str], ids: Mapping[str, str]) -> list[str]:
    """Return the cases with a `*` for the last part of their vectors' ids where all of those are among them."""
    patterns: dict[str, None] = {}
    for case_id in named:
        vector, bracket, dimensions = case_id.partition("[")
        wide = f"{vector.rpartition('/')[0]}/*{bracket}{dimensions}"
        is_whole = all(other in named for other in ids if matches(wide, other))
        patterns[wide if is_whole and vector.count("/") > 1 else case_id] = None
    return list(patterns)


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
