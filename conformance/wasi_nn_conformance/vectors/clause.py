"""The clauses: what a wasi-nn host owes, in our words, and where the specification says it."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from wasi_nn_conformance.formats.document import read_yaml
from wasi_nn_conformance.formats.schema import schema


class Level(Enum):
    """How binding a clause is."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"
    DEFINED = "defined"
    """The implementation chooses; its choice is recorded."""


SIDES = ("shows", "breaks")
"""What a vector can do to its clause: show it kept, or try to break it."""


@dataclass(frozen=True)
class Clause:
    """One duty of a host.

    `text` says it in our words, `source` names the part of the specification it follows from, and `choices`
    (for what the specification leaves open) says what a host may answer. Where vectors can do only one of `SIDES`,
    `only` names it and `because` says why.
    """

    id: str
    level: Level
    text: str
    source: str
    choices: str | None = None
    only: str | None = None
    because: str = ""


def read_clauses(path: Path) -> dict[str, Clause]:
    """Read `clauses.yaml`. Raises `InputError` with the line of what is wrong."""
    document = read_yaml(path)
    document.check(schema("clauses"))
    clauses: dict[str, Clause] = {}
    for index, entry in enumerate(document.data):
        if entry["id"] in clauses:
            raise document.error((index, "id"), f"the clause {entry['id']!r} is given twice")
        only, because = next(iter(entry.get("only", {}).items()), (None, ""))
        clauses[entry["id"]] = Clause(
            entry["id"],
            Level(entry["level"]),
            entry["text"].strip(),
            entry["source"],
            entry.get("choices"),
            only,
            because,
        )
    return clauses
