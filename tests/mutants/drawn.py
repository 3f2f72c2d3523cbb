"""Draws conversations on mutants and prints which kind finds which, and from which number of conversations on.

`drawn.py --every N` takes each N-th mutant. A kind has `--examples` conversations for a mutant, all of them on the
first ABI and encoding that its fault shows on.
"""

from __future__ import annotations

import argparse
import sys

from mutant import Mutant, mutants

from run import adapter
from wasi_nn_conformance.fuzz.ground import Ground
from wasi_nn_conformance.fuzz.kinds import KINDS
from wasi_nn_conformance.fuzz.search import Search, SuiteFaultError
from wasi_nn_conformance.host import Host
from wasi_nn_conformance.library import Library

_WIDTH = 44


def found_after(mutant: Mutant, kind: str, library: Library, examples: int, seed: int) -> int | None:
    """Give the number of conversations after which the kind has found the mutant, None if it has not."""
    host = Host(adapter(mutant), library)
    encoding = mutant.encodings[0]
    ground = Ground(mutant.abis[0], encoding, library.models, encoding in host.adapter.graphs)
    search = Search(kind, KINDS[kind], ground, host, library, shrinks=False)
    try:
        result = search.run(examples, seed)
    except SuiteFaultError:
        return None  # what the suite cannot judge is no finding
    finally:
        host.close()
    return result.examples if result.findings else None


def main() -> int:
    """Print a line for each mutant, and how many each kind has found. Exit status 1 if fewer than 85 % were found."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--every", type=int, default=1, help="take each N-th mutant")
    parser.add_argument("--examples", type=int, default=500, help="conversations of each kind for each mutant")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    library = Library()
    chosen = list(mutants().values())[:: options.every]
    counts = dict.fromkeys(KINDS, 0)
    found = 0
    sys.stdout.write(f"{'mutant':{_WIDTH}}{''.join(f'{kind:>11}' for kind in KINDS)}\n")
    for mutant in chosen:
        after = {kind: found_after(mutant, kind, library, options.examples, options.seed) for kind in KINDS}
        for kind, number in after.items():
            counts[kind] += number is not None
        found += any(number is not None for number in after.values())
        cells = "".join(f"{'-' if number is None else number:>11}" for number in after.values())
        sys.stdout.write(f"{mutant.id:{_WIDTH}}{cells}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{'found':{_WIDTH}}{''.join(f'{counts[kind]:>11}' for kind in KINDS)}\n")
    share = found / len(chosen)
    sys.stdout.write(f"{found} of {len(chosen)} mutants ({share:.0%})\n")
    return 0 if share >= 0.85 else 1


if __name__ == "__main__":
    sys.exit(main())
