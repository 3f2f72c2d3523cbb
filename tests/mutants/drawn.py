"""Says generated conversations to every mutant and prints which kind finds which, and after how many conversations.

The conversations are drawn once and then said to each mutant in the order in which the search would say them: what is
drawn does not depend on a host that answers well, so a mutant is asked just what `pytest conformance/` would ask it
until it is found. All of them are on the first ABI and encoding that its fault shows on. The healthy reference hears
them first: a mutant is noticed where its verdict is a failure, or `deviates` where the healthy one passes. What the
engine dies of in the healthy one too is left out: a broken model may kill it, and the host with it.

Each kind has `--each` conversations for a mutant. Where none of the kinds has found it by then, they go on to
`--examples` in turn, until one finds it. Exit status 1 if fewer than 85 % are found, or the healthy reference fails.
"""

from __future__ import annotations

import argparse
import fnmatch
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drawn_matrix import document, line, share, summary
from msgspec.structs import replace
from mutant import HEALTHY, Mutant, mutants
from trial import KILLS, adapter
from zygote import Zygote, zygote

from wasi_nn_conformance.fuzz import local_constants
from wasi_nn_conformance.fuzz.kinds import KINDS, kind_of
from wasi_nn_conformance.fuzz.search import GENERATED, settings_of
from wasi_nn_conformance.fuzz.target import FuzzTarget
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import AdapterError
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drawn_matrix import Row

    from wasi_nn_conformance.fuzz.target import Fields
    from wasi_nn_conformance.results.case_result import CaseResult

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "drawn-mutants.md"
_WANTED = 0.85
# What is preferred says nothing of calls with any bytes: a name may begin with an address, which differs each time.
_NOTICED = {kind: KILLS - ({Verdict.DEVIATES.value} if kind == "bytes" else set()) for kind in KINDS}
_SOUND = (Verdict.PASS, Verdict.DEVIATES)


@dataclass(frozen=True)
class Stream:
    """Conversations of a kind on one ABI and encoding, and what each comes to on the healthy reference."""

    fields: Sequence[Fields]
    healthy: Sequence[CaseResult]

    @property
    def wrong(self) -> list[str]:
        """What the healthy reference fails."""
        return [f"{one.id}: {one.diagnosis}" for one in self.healthy if Verdict(one.verdict) not in _SOUND]


_library: Library
_zygote: Zygote
_streams: dict[tuple[str, str, str], Stream] = {}


def stream(kind: str, abi: str, encoding: str, examples: int, seed: int) -> Stream:
    """Draw conversations and say them to the healthy reference."""
    host = Host(_zygote.of(adapter(HEALTHY)), _library)
    fields: list[Fields] = []
    target = _ground(host, abi, encoding)
    with local_constants.none():
        kind_of(kind)(target, fields.append, settings_of(examples, shrinks=False), seed)
    try:
        said = [(each, host.run(target.case(each, GENERATED))) for each in fields]
    finally:
        host.close()
    kept = [
        (each, case_result)
        for each, case_result in said
        if kind != "bytes" or case_result.verdict != Verdict.CRASH.value
    ]
    return Stream([each for each, _ in kept], [replace(case_result, transcript=()) for _, case_result in kept])


def _ground(host: Host, abi: str, encoding: str) -> FuzzTarget:
    return FuzzTarget(abi, encoding, _library, encoding in host.adapter.graphs)


def found(name: str, each: int, examples: int) -> dict[str, int | None]:
    """Return, for each kind, the number of conversations after which it has found the mutant; None if it has not."""
    mutant = mutants()[name]
    after = {kind: _found_by(kind, mutant, 0, each) for kind in KINDS}
    for kind in KINDS:
        if not any(after.values()) and each < examples:
            after[kind] = _found_by(kind, mutant, each, examples)
    return after


def _found_by(kind: str, mutant: Mutant, begin: int, end: int) -> int | None:
    abi, encoding = _place(mutant)
    drawn = _streams[kind, abi, encoding]
    host = Host(_zygote.of(adapter(mutant)), _library)
    target = _ground(host, abi, encoding)
    try:
        for number in range(begin, min(end, len(drawn.fields))):
            case_result = host.run(target.case(drawn.fields[number], GENERATED))
            if case_result.verdict in _NOTICED[kind] and case_result.verdict != drawn.healthy[number].verdict:
                return number + 1
    except AdapterError as error:
        sys.stderr.write(f"{mutant.id}: {error}\n")
    finally:
        host.close()
    return None


def _place(mutant: Mutant) -> tuple[str, str]:
    return mutant.abis[0], mutant.encodings[0]


def main() -> int:
    """Print a line for each mutant, and how many each kind has found."""
    options = _parser().parse_args()
    chosen = [one for one in mutants().values() if _matches(one.id, options.mutant)][:: options.every]
    global _library, _zygote  # noqa: PLW0603 - processes that are forked find it there
    # Without what engines died of once: here the engine is in the host's own process, and takes other vectors along.
    _library = Library((VECTORS,))
    started = time.perf_counter()
    with zygote() as _zygote:
        wrong, rows = _drawn(chosen, options), _rows(chosen, options)
    for told in wrong:
        sys.stderr.write(f"the healthy reference fails: {told}\n")
    sys.stdout.write(summary(rows))
    sys.stderr.write(f"{time.perf_counter() - started:.0f} s\n")
    if options.write_page:
        text = document(PAGE.read_text("utf-8"), rows, {one.id: one.breaks for one in chosen}, options)
        PAGE.write_text(text, "utf-8")
    return int(bool(wrong) or share(rows) < _WANTED)


def _rows(chosen: Sequence[Mutant], options: argparse.Namespace) -> dict[str, Row]:
    """Say to each mutant what was drawn, and print its line."""
    rows: dict[str, Row] = {}
    with _pool(options.jobs) as pool:
        names = [mutant.id for mutant in chosen]
        given = [options.each] * len(names), [options.examples] * len(names)
        for name, after in zip(names, pool.map(found, names, *given), strict=True):
            rows[name] = after
            sys.stdout.write(line(name, after))
            sys.stdout.flush()
    return rows


def _drawn(chosen: Sequence[Mutant], options: argparse.Namespace) -> list[str]:
    """Draw what the mutants are asked. Give what the healthy reference does not pass."""
    keys = [(kind, *place) for place in dict.fromkeys(map(_place, chosen)) for kind in KINDS]
    with _pool(options.jobs) as pool:
        pending = [pool.submit(stream, *key, options.examples, options.seed) for key in keys]
        _streams.update({key: each.result() for key, each in zip(keys, pending, strict=True)})
    return [told for each in _streams.values() for told in each.wrong]


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"))


def _matches(name: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    add = parser.add_argument
    add("--mutant", action="append", default=[], metavar="ID", help="ask only these; * matches, may be repeated")
    add("--every", type=int, default=1, metavar="N", help="ask each N-th mutant")
    add("--each", type=int, default=50, metavar="N", help="conversations of each kind for each mutant")
    add("--examples", type=int, default=500, metavar="N", help="of each kind for a mutant that none has found by then")
    add("--seed", type=int, default=0, metavar="N", help="what the drawing begins with")
    add("--jobs", type=int, default=min(os.cpu_count() or 1, 4), metavar="N", help="mutants at a time")
    add("--write-page", action="store_true", help=f"renew the table in {PAGE.name}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
