"""`wasi-nn coverage`: tells which clauses the vectors cover, and which declarations the clauses; gaps first."""

import sys
from collections import Counter

from wasi_nn_cli.parser import Parser
from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.coverage import coverage, markdown, plain
from wasi_nn_conformance.vectors.specification import declaration_coverage, page


def main(arguments: list[str]) -> int:
    """Print the coverage. Exit status: 0, 1 if `--check` finds gaps, 2 for vectors that cannot be read."""
    options = parser().parse_args(arguments)
    library = Library()
    try:
        vectors = [vector for path in library.files() for vector in library.vectors(path)]
        entries = coverage(library.clauses, vectors)
        found = declaration_coverage(library.declarations, entries)
    except InputError as error:
        sys.stderr.write(f"wasi-nn: {error}\n")
        return 2
    gaps = [f"{entry.clause.id}: {gap}\n" for entry in entries for gap in entry.gaps]
    gaps += [f"{covered.declaration.name}: {covered.gap}\n" for covered in found if covered.gap]
    if options.specification:
        sys.stdout.write(page(found))
    elif options.markdown:
        cases = Counter(case.abi for vector in vectors for case in library.cases(vector))
        sys.stdout.write(markdown(entries, {abi: cases[abi] for abi in TAGS}))
    elif options.check:
        sys.stdout.writelines(gaps)
    else:
        sys.stdout.write(plain(entries))
    return 1 if options.check and gaps else 0


def parser() -> Parser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn coverage",
        description="Tell for each clause which vectors show it kept and which try to break it, gaps first.",
    )
    parser.add_argument("--markdown", action="store_true", help="print the page docs/coverage.md")
    parser.add_argument("--specification", action="store_true", help="print the page docs/specification.md")
    parser.add_argument("--check", action="store_true", help="exit with 1 if there are gaps")
    return parser
