"""What is known to be wrong with a host, so that its CI fails on any change either way.

`NAME.expectations.toml` beside the adapter lists findings with their reason. It is strict: a case that fails
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

from .case_result import Record
from .pattern import matches
from .verdict import Verdict

# A first file keeps of a diagnosis what is in front of this: of a crash what the host said, of the others also what
# was wanted, but never the place in the vector.
_BEHIND = {Verdict.FAIL: "; step", Verdict.HANG: "; step", Verdict.CRASH: "; wanted"}
# Of a diagnosis of wrong numbers, what does not stand for one conversation: not the output's name, nor the numbers.
_WRONG_VALUE = re.compile(r"(?P<begins>output ).*: element .*(?P<contains> of \w+ is )")

DRAWN = "fuzz/"
"""Begins the ids of drawn conversations. Which of them a run meets depends on its seed and number of examples."""


@dataclass(frozen=True)
class ExpectedFinding:
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
        """Whether the case is one of those."""
        return any(matches(pattern, case_id) for pattern in self.cases)

    def tells(self, record: Record) -> bool:
        """Whether the record is what was expected."""
        if self.clause not in (None, record.clause):
            return False
        told = record.diagnosis.startswith(self.match) and self.contains in record.diagnosis
        return told and record.verdict == self.outcome.value


@dataclass(frozen=True)
class ExpectedFindings:
    """The entries of one file that are for this version of the host and for this machine."""

    path: Path
    entries: tuple[ExpectedFinding, ...]

    def applied(self, record: Record) -> Record:
        """Give the record as `xfail` or `xpass` where an entry speaks of its case."""
        entries = [entry for entry in self.entries if entry.speaks_of(record.id)]
        if record.id.startswith(DRAWN):
            # What was drawn once may pass another time, and one pattern speaks of many faults.
            entries = [entry for entry in entries if entry.tells(record)]
        verdict = Verdict(record.verdict)
        if not entries or verdict in (Verdict.UNSUPPORTED, Verdict.ERROR):
            return record
        told = next((entry for entry in entries if entry.tells(record)), None)
        if told is not None:
            return replace(record, verdict=Verdict.XFAIL.value, expected=_expected(told))
        first = entries[0]
        if verdict.is_finding:
            wanted = f"expected was {first.outcome.value}: {first.match}"
            return replace(record, diagnosis=f"{record.diagnosis}; {wanted}", expected=_expected(first))
        diagnosis = f"expected was {first.outcome.value}: {first.match}; the host does better: mend {self.path.name}"
        return replace(record, verdict=Verdict.XPASS.value, diagnosis=diagnosis, expected=_expected(first))

    def told(self, record: Record) -> ExpectedFinding | None:
        """Give the entry that tells of this record."""
        return next((e for e in self.entries if e.speaks_of(record.id) and e.tells(record)), None)

    def in_vain(self, records: Iterable[Mapping[str, object]]) -> Iterator[ExpectedFinding]:
        """Give the entries that none of the records of a complete run speaks for or against."""
        seen = [str(record["id"]) for record in records if record.get("expected")]
        for entry in self.entries:
            is_drawn = all(pattern.startswith(DRAWN) for pattern in entry.cases)
            if not is_drawn and not any(entry.speaks_of(case_id) for case_id in seen):
                yield entry


def _expected(entry: ExpectedFinding) -> dict[str, str]:
    return {"outcome": entry.outcome.value, "because": entry.because}


def expectations_path(adapter: Path) -> Path:
    """Give the file that belongs to an adapter's file."""
    return adapter.with_name(f"{adapter.name.removesuffix('.toml')}.expectations.toml")


def read_expected_findings(path: Path, version: str, cpu: AbstractSet[str] | None = None) -> ExpectedFindings:
    """Read the entries for the host's `version` (its own words, in which a number stands) and a processor's features.

    Without `cpu` these are the features of this machine's.

    Raises `InputError` with the line of what is wrong.
    """
    document = read_toml(path)
    document.check(schema("expectations"))
    number = re.search(r"\d+(?:\.\d+)+", version)
    entries = []
    for index, data in enumerate(document.data.get("expect", ())):
        try:
            versions = SpecifierSet(data.get("versions", ""))
        except InvalidSpecifier as error:
            raise document.error(("expect", index, "versions"), str(error)) from None
        if number is not None and Version(number[0]) not in versions:
            continue
        if "cpu" in data and not (processor.features() if cpu is None else cpu) & set(data["cpu"]):
            continue
        fields = {key: data[key] for key in ("match", "contains", "because", "fix", "link", "clause") if key in data}
        entries.append(ExpectedFinding(tuple(data["cases"]), Verdict(data["outcome"]), **fields))
    return ExpectedFindings(path, tuple(entries))


def first_file(records: Sequence[Mapping[str, str]]) -> str:
    """Write the findings of a report as the text of an expectations file, one entry for each diagnosis."""
    groups: dict[tuple[str, str], list[str]] = {}
    drawn: dict[str, None] = {}
    for record in records:
        if Verdict(record["verdict"]).is_finding:
            match = record["diagnosis"].split(_BEHIND[Verdict(record["verdict"])])[0]
            if record["id"].startswith(DRAWN):
                drawn[_drawn_entry(record, match)] = None
            else:
                groups.setdefault((record["verdict"], match), []).append(record["id"])
    ids = {record["id"]: record["verdict"] for record in records if record["verdict"] != Verdict.UNSUPPORTED.value}
    written = [_entry(outcome, match, _patterns(named, ids)) for (outcome, match), named in groups.items()]
    return "\n".join([*written, *drawn])


def _drawn_entry(record: Mapping[str, str], match: str) -> str:
    """Speak of all that fails like a drawn conversation: its own id is that of one vector, which no run draws again.

    Wrong numbers belong to what was drawn: their kind and type tell of them.
    """
    name, bracket, dimensions = record["id"].partition("[")
    wrong = _WRONG_VALUE.match(match)
    if wrong is None:
        return _entry(record["verdict"], match, [f"{DRAWN}*"], record["clause"])
    kind = name.removeprefix(DRAWN).partition("/")[0]
    cases = [f"{DRAWN}{kind}/*{bracket}{dimensions}"]
    return _entry(record["verdict"], wrong["begins"], cases, record["clause"], wrong["contains"])


def _entry(
    outcome: str, match: str, cases: Sequence[str], clause: str | None = None, contains: str | None = None
) -> str:
    listed = "".join(f"    {_toml(case)},\n" for case in cases)
    broken = f"clause = {_toml(clause)}\n" if clause else ""
    also = f"contains = {_toml(contains)}\n" if contains else ""
    return (
        f"[[expect]]\ncases = [\n{listed}]\n{broken}outcome = {_toml(outcome)}\n"
        f'match = {_toml(match)}\n{also}because = "not examined yet"\n'
    )


def _patterns(named: Sequence[str], ids: Mapping[str, str]) -> list[str]:
    """Say the cases with a `*` for the last part of their vectors' ids where all of those are among them."""
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
