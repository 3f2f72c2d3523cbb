"""`wasi-nn promote`: makes a regression, which every host is asked, of a vector that was generated and failed."""

import sys
from pathlib import Path
from typing import Any

from wasi_nn_cli.parser import Parser
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.fuzz.finding import digest, written
from wasi_nn_conformance.models import ModelError
from wasi_nn_conformance.paths import IN_WHEEL, VECTORS
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import AdapterError, read_adapter
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.reader import read_in_full, read_vectors, vector_of
from wasi_nn_conformance.vectors.vector import Vector

_FAILED = 2


class RefusedError(Exception):
    """The vector is no regression to be kept, and why."""


def main(arguments: list[str]) -> int:
    """Add the vector to `vectors/regressions/`. Exit status 2 if it is refused."""
    options = parser().parse_args(arguments)
    try:
        target = promote(options.file, options.impl, options.why, VECTORS / "regressions", options.name)
    except (RefusedError, InputError, AdapterError, ModelError) as error:
        sys.stderr.write(f"wasi-nn promote: {error}\n")
        return _FAILED
    except OSError as error:
        sys.stderr.write(f"wasi-nn promote: {error.filename}: {error.strerror}\n")
        return _FAILED
    sys.stdout.write(
        f"added to {target}\nNow run it on the reference, and `wasi-nn coverage --markdown > docs/coverage.md`\n"
    )
    return 0


def parser() -> Parser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn promote",
        description="Add the vector of a finding to vectors/regressions/ once it has failed as its id tells.",
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a file that `--report DIR` wrote into DIR/regressions/"
    )
    parser.add_argument("--impl", metavar="NAME_OR_PATH", required=True, help="the host that fails")
    parser.add_argument("--why", metavar="TEXT", required=True, help="what a host must have got wrong to fail")
    parser.add_argument("--name", metavar="WORDS", help="the last part of its id (two-sums); by default the finding's")
    return parser


def promote(file: Path, impl: str, why: str, folder: Path, name: str | None = None) -> Path:
    """Add the one vector in `file` to a file in `folder`, under a `name` of its own, and return that.

    Raises `RefusedError`, `InputError`, `AdapterError` or `OSError`.
    """
    if IN_WHEEL:
        raise RefusedError("this suite was installed from a wheel: promotion needs a checkout")
    library = Library()
    fields, vector = _the_one(file, library)
    library.checked(vector)
    if same := _same(vector, library):
        raise RefusedError(f"{file}: {same.id} says the same already ({same.path.name}:{same.line})")
    told = fields["id"].rpartition("/")[2]
    case_result = _carried_out(vector, impl, library)
    if not Verdict(case_result.verdict).is_finding:
        raise RefusedError(
            f"{file}: it does not fail on {impl}: {case_result.verdict} {case_result.diagnosis}".rstrip()
        )
    if digest(fields, case_result) != told:
        raise RefusedError(
            f"{file}: it fails otherwise than its id tells: {case_result.verdict}: {case_result.diagnosis}"
        )
    kind, _, words = fields["id"].removeprefix("fuzz/").partition("/")
    own = {"id": f"regressions/{kind}/{name or words.replace('/', '-')}", "clause": case_result.clause, "why": why}
    # Bytes of a model are of one encoding. All else is for every ABI and encoding that can say it.
    kept = ("encoding",) if _has_builders(fields["steps"]) else ()
    rest = {key: fields[key] for key in (*kept, "graphs", "models", "steps") if key in fields}
    target = folder / f"{kind}.yaml"
    if target.exists() and own["id"] in {other.id for other in read_vectors(target, library.models)}:
        raise RefusedError(f"{target}: {own['id']} is there already; give it another --name")
    vector_of({**own, **rest}, target, library.models)  # what is given for it, too, has to be as vectors have it
    folder.mkdir(exist_ok=True)
    before = (
        target.read_text("utf-8").rstrip() + "\n\n"
        if target.exists()
        else f"# Findings of generated conversations: {kind}.\n\n"
    )
    target.write_text(before + written({**own, **rest}), "utf-8")
    return target


def _the_one(file: Path, library: Library) -> tuple[dict[str, Any], Vector]:
    """Return the only vector of a file, as data in full and as what it is."""
    vectors = Library([file]).vectors(file)
    if len(vectors) != 1:
        raise RefusedError(f"{file}: it holds {len(vectors)} vectors; a finding is one")
    (fields,) = read_in_full(file, library.models)
    if not fields["id"].startswith("fuzz/") or fields["id"].count("/") < 3:
        raise RefusedError(f"{file}: the id {fields['id']!r} is none of a finding: fuzz/KIND/WORDS/DIGEST")
    return fields, vectors[0]


def _same(vector: Vector, library: Library) -> Vector | None:
    """Return a vector that says the same in the same models."""
    others = (other for path in library.files() for other in library.vectors(path))
    return next((other for other in others if _said(other) == _said(vector)), None)


def _said(vector: Vector) -> str:
    models = [(name, model.inputs, model.expressions) for name, model in sorted(vector.own_models.items())]
    return repr((vector.steps_without_lines, sorted(vector.graphs.items()), models))


def _carried_out(vector: Vector, impl: str, library: Library) -> CaseResult:
    host = Host(read_adapter(impl), library, fresh=True)
    encodings = vector.encodings if vector.models else None
    try:
        return host.run(library.case(vector, vector.abis[0], encodings[0] if encodings else None))
    finally:
        host.close()


def _has_builders(value: Any) -> bool:
    if isinstance(value, dict):
        return "builders" in value or any(map(_has_builders, value.values()))
    return isinstance(value, list) and any(map(_has_builders, value))
