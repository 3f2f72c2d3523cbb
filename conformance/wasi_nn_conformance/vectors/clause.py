"""The clauses: what a wasi-nn host owes, in our words, and where the specification says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wasi_nn_conformance.formats.document import Document, read_yaml
from wasi_nn_conformance.formats.schema import Key, schema
from wasi_nn_conformance.formats.suggestion import did_you_mean

from .declaration import Declaration
from .source import Source, read_source


class Level(StrEnum):
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

    `text` says it in our words, `about` names the declarations that it speaks of, and `sources` are the lines of the
    specification that say it; `reading` is how it follows from them where they do not say it outright. `choices`
    (for what the specification leaves open) says what a host may answer. Where vectors can do only one of `SIDES`,
    `only` names it and `because` says why. What no vector can say is `observed`: how a run finds out. Where a host may
    end the guest with a trap as well as answer with an error, it `may_trap`.
    """

    id: str
    level: Level
    text: str
    about: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    reading: str | None = None
    choices: str | None = None
    only: str | None = None
    because: str = ""
    observed: str | None = None
    may_trap: bool = False


def read_clauses(path: Path, declarations: Mapping[str, Declaration]) -> dict[str, Clause]:
    """Read `clauses.yaml`. Raises `InputError` with the line of what is wrong."""
    document = read_yaml(path)
    document.check(schema("clauses"))
    clauses: dict[str, Clause] = {}
    for index, entry in enumerate(document.data):
        if entry["id"] in clauses:
            raise document.error((index, "id"), f"the clause {entry['id']!r} is given twice")
        only, because = next(iter(entry.get("only", {}).items()), (None, ""))
        about = _about(document, (index, "about"), declarations)
        clauses[entry["id"]] = Clause(
            entry["id"],
            Level(entry["level"]),
            entry["text"].strip(),
            tuple(declaration.name for declaration in about),
            _sources(document, (index, "source"), about),
            entry.get("reading"),
            entry.get("choices"),
            only,
            because,
            entry.get("observed"),
            entry.get("may_trap", False),
        )
    return clauses


def _about(document: Document, key: Key, declarations: Mapping[str, Declaration]) -> list[Declaration]:
    """Return the declarations that a clause names."""
    clause = document.data[key[0]]
    for number, name in enumerate(clause["about"]):
        if name not in declarations:
            meant = did_you_mean(name, declarations)
            raise document.error((*key, number), f"{clause['id']}: nothing declares {name!r}{meant}")
    return [declarations[name] for name in clause["about"]]


def _sources(document: Document, key: Key, about: Sequence[Declaration]) -> tuple[Source, ...]:
    """Return the lines that a clause stands on: those of what it is about, or a part of them."""
    clause = document.data[key[0]]
    sources = []
    for number, url in enumerate(clause["source"]):
        try:
            source = read_source(url)
        except ValueError as error:
            raise document.error((*key, number), f"{clause['id']}: {error}") from None
        if not any(source.touches(place) for declaration in about for place in declaration.places.values()):
            message = f"{clause['id']}: {source.label} declares nothing that the clause is about"
            raise document.error((*key, number), message)
        sources.append(source)
    return tuple(sources)
