"""Runs the suite on hosts with one fault, with eight, and on likenesses of real ones: does the report accuse them?

Each host is the reference with faults that are known, and is judged by pytest as users run it. `single`: each mutant
alone, on one ABI and in one encoding, drawn of those that it shows in. `compound`: seeded sets of eight that can be put
in together. `likeness`: hosts made by hand. A fault of which no clause is accused is taken out of its host: if nothing
looks different then, the others mask it, and no report could tell of it; else it was missed. Every likely cause is
replayed by its own line. A host that cannot load anything has no report: of one fault it is told, and instead of a set
another one is drawn.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import json
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from accuracy import Diagnosis, Figures, diagnosed, is_same, look_alike, misled
from attribution_page import PAGE, document, table
from checkup import Checkup, CheckupError, UnusableError
from likenesses import HOSTS
from mutant import ABIS, TOGETHER, Mutant, PatchError, faults_named, mutants
from zygote import zygote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KINDS = ("single", "compound", "likeness")
_EIGHT = 8


@dataclass(frozen=True)
class Patient:
    """A host with known faults, and where it is looked at."""

    kind: str
    name: str
    faults: tuple[Mutant, ...]
    abi: str
    encodings: tuple[str, ...]

    @property
    def ids(self) -> list[str]:
        """The ids of its faults."""
        return [fault.id for fault in self.faults]


def singles(seed: int) -> list[Patient]:
    """Return each mutant alone, on one of the ABIs and in one of the encodings that it shows in, drawn by `seed`."""
    drawn = random.Random(seed)  # noqa: S311 - the same places each time
    places = [(each, drawn.choice(each.abis), drawn.choice(each.encodings)) for each in mutants().values()]
    return [Patient("single", each.id, (each,), abi, (encoding,)) for each, abi, encoding in places]


def compounds(count: int, seed: int) -> list[Patient]:
    """Return sets of eight mutants that show on one ABI and in one encoding, and can be put in together."""
    drawn = random.Random(seed)  # noqa: S311 - the same sets each time
    return [_compound(f"{seed}.{number}", ABIS[number % len(ABIS)], drawn) for number in range(count)]


def _compound(name: str, abi: str, drawn: random.Random) -> Patient:
    candidates = [each for each in mutants().values() if abi in each.abis and "openvino" in each.encodings]
    drawn.shuffle(candidates)
    chosen: list[Mutant] = []
    for each in candidates:
        if len(chosen) < _EIGHT and can_be_together([*chosen, each]):
            chosen.append(each)
    return Patient("compound", name, tuple(chosen), abi, ("openvino",))


def can_be_together(faults: Sequence[Mutant]) -> bool:
    """Return whether each of the faults finds what it changes when those before it are in."""
    with contextlib.ExitStack() as stack:
        try:
            for fault in faults:
                stack.enter_context(fault.applied())
        except PatchError:
            return False
    return True


def likenesses() -> list[Patient]:
    """Return the hosts that are made by hand."""
    return [
        Patient("likeness", name, tuple(faults_named(TOGETHER.join(ids))), "witx", ("openvino", "onnx"))
        for name, ids in HOSTS.items()
    ]


def examined(patient: Patient, checkup: Checkup, *, replays: bool) -> Diagnosis:
    """Run the suite on a host and hold its report against the faults. Raises `CheckupError`."""
    report = checkup.run(patient.ids, patient.abi, patient.encodings)
    diagnosis = diagnosed(patient.name, patient.faults, report.cases, report.causes)
    for name in diagnosis.missed if len(patient.faults) > 1 else ():
        others = [each for each in patient.ids if each != name]
        if look_alike(report.cases, checkup.run(others, patient.abi, patient.encodings).cases):
            diagnosis.masked.add(name)
    if replays and report.causes:
        by_id = {case.id: case for case in report.cases}
        shown = [by_id[cause.case] for cause in report.causes]
        again = checkup.replayed(report, shown)
        diagnosis.replays |= {case.id: is_same(case, again.get(case.id)) for case in shown}
    return diagnosis


def examined_or_redrawn(patient: Patient, checkup: Checkup, *, replays: bool) -> tuple[Patient, Diagnosis]:
    """Examine a host; in the place of a set that leaves nothing to examine, the next that is drawn."""
    while True:
        try:
            return patient, examined(patient, checkup, replays=replays)
        except UnusableError:
            if patient.kind != "compound":
                raise
            patient = _compound(f"{patient.name}+", patient.abi, random.Random(patient.name))  # noqa: S311 - as above


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is missed and misled, and the figures; 1 if a report could not be had."""
    options = _parser().parse_args(arguments)
    patients = [
        *(singles(options.seed)[:: options.every] if "single" in options.kinds else ()),
        *(compounds(options.sets, options.seed) if "compound" in options.kinds else ()),
        *(likenesses() if "likeness" in options.kinds else ()),
    ]
    patients = [each for each in patients if _matches(each.name, options.host)]
    started = time.perf_counter()
    found: dict[str, list[Diagnosis]] = {kind: [] for kind in options.kinds}
    failed, unusable = 0, []
    for patient, outcome in _outcomes(patients, options):
        if isinstance(outcome, UnusableError):
            unusable.append(f"`{patient.name}`")
            sys.stdout.write(f"{patient.name}: {outcome}\n")
        elif isinstance(outcome, CheckupError):
            sys.stderr.write(f"{patient.name}: {outcome}\n")
            failed += 1
        else:
            found[patient.kind].append(outcome)
            sys.stdout.write(_line(patient, outcome))
        sys.stdout.flush()
    figures = {kind: Figures.of(diagnoses) for kind, diagnoses in found.items()}
    for diagnoses in found.values():
        sys.stdout.write("".join(f"misled: {host}: {clause}: {count}\n" for host, clause, count in misled(diagnoses)))
    sys.stdout.write("\n".join(table(figures)) + f"\n{time.perf_counter() - started:.0f} s\n")
    if options.json:
        options.json.write_text(json.dumps(_data(found), indent=1) + "\n", "utf-8")
    if options.write_page:
        PAGE.write_text(document(PAGE.read_text("utf-8"), options.every, figures, found, unusable), "utf-8")
    return int(failed > 0)


def _outcomes(
    patients: Sequence[Patient], options: argparse.Namespace
) -> Iterator[tuple[Patient, Diagnosis | CheckupError]]:
    with tempfile.TemporaryDirectory() as folder, zygote() as forks, ThreadPoolExecutor(options.jobs) as pool:
        checkup = Checkup(forks, Path(folder))
        pending = [pool.submit(examined_or_redrawn, each, checkup, replays=not options.no_replays) for each in patients]
        for patient, each in zip(patients, pending, strict=True):
            error = each.exception()
            if error is not None and not isinstance(error, CheckupError):
                raise error
            yield (patient, error) if error else each.result()


def _line(patient: Patient, diagnosis: Diagnosis) -> str:
    right = len(diagnosis.failing) - len(diagnosis.wrong)
    told = f"{right} of {len(diagnosis.failing)} cases"
    told += f", {len(diagnosis.rows)} rows for {len(diagnosis.failing_faults)} faults"
    told += f", missed {', '.join(diagnosis.missed)}" if diagnosis.missed else ""
    told += f", masked {', '.join(sorted(diagnosis.masked))}" if diagnosis.masked else ""
    lost = [case for case, same in diagnosis.replays.items() if not same]
    told += f", not replayed {', '.join(lost)}" if lost else ""
    faults = f" = {TOGETHER.join(patient.ids)}" if len(patient.ids) > 1 else ""
    return f"{patient.name} [{patient.abi}]: {told}; rows {' '.join(diagnosis.rows)}{faults}\n"


def _data(found: dict[str, list[Diagnosis]]) -> dict[str, list[dict[str, object]]]:
    return {
        kind: [
            {
                "host": each.host,
                "faults": [fault.id for fault in each.faults],
                "wrong": each.wrong,
                "failing": len(each.failing),
                "missed": each.missed,
                "masked": sorted(each.masked),
                "deviating": sorted(each.deviating),
                "rows": each.rows,
                "replays": each.replays,
            }
            for each in diagnoses
        ]
        for kind, diagnoses in found.items()
    }


def _matches(name: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    add = parser.add_argument
    add("kinds", nargs="*", default=list(KINDS), metavar="KIND", help=f"of {', '.join(KINDS)}; all unless given")
    add("--host", action="append", default=[], metavar="NAME", help="only these hosts; * matches, may be repeated")
    add("--every", type=int, default=1, metavar="N", help="each N-th mutant alone")
    add("--sets", type=int, default=20, metavar="N", help="sets of eight")
    add("--seed", type=int, default=13, metavar="N", help="what sets and places are drawn by")
    add("--jobs", type=int, default=2, metavar="N", help="hosts at a time")
    add("--no-replays", action="store_true", help="do not run the lines that replay the causes")
    add("--json", type=Path, metavar="FILE", help="write what was seen into this file")
    add("--write-page", action="store_true", help=f"renew the tables in {PAGE.name}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
