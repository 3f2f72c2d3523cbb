"""What stands in a file of vectors: perhaps a head with what they have in common, and a matrix of any of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from wasi_nn_conformance.formats.document import Document, InputError
from wasi_nn_conformance.formats.matrix import MatrixError, combinations, substitute, suffix
from wasi_nn_conformance.formats.schema import Key, Schema, schema
from wasi_nn_conformance.formats.suggestion import did_you_mean

CONVERSATIONS = ("steps", "fails_by", "may_fail")
"""The keys that a vector's conversation can stand at: of steps, or of one block."""

_TRIES = {"shows": "show", "breaks": "break"}
"""The keys that a clause can stand at together with what is tried."""

_SHORT = ("matrix", "model", *_TRIES, *CONVERSATIONS, "prefer")
"""The keys of a vector that are gone once it is written out in full, or may be."""

_DEFAULTS = ("clause", "abi", "needs", "encoding", "graphs", "fresh", "tries")
"""The keys of a vector that the head of a file may say for all."""


@dataclass(frozen=True)
class Entry:
    """The `fields` of one vector as they are written at `key` of a document, the values of a matrix in their places."""

    document: Document
    key: Key
    fields: dict[str, Any]

    def line(self, *key: str | int) -> int | None:
        """Return the line of what stands at `key` of the vector."""
        return self.document.line((*self.key, *key))

    def error(self, key: Key, message: str) -> InputError:
        """Make the complaint about what stands at `key` of the vector."""
        return self.document.error((*self.key, *key), message)


def entries(document: Document) -> Iterator[Entry]:
    """Return the vectors of a file: a list, or a mapping with `defaults` and the list as `vectors`.

    Raises `InputError` where head, keys or matrices are not as they have to be.
    """
    written, defaults = document.data, {}
    around: Key = ()
    if isinstance(written, dict) and "vectors" in written:
        if broken := _head().violation(written):
            raise document.error(*broken)
        written, around, defaults = written["vectors"], ("vectors",), written.get("defaults", {})
    if not isinstance(written, list):
        raise document.error((), "a file of vectors is a list of vectors, or `defaults` and the list as `vectors`")
    for index, fields in enumerate(written):
        entry = Entry(document, (*around, index), fields)
        if not isinstance(fields, dict):
            raise entry.error((), "a vector is a mapping with id, clause, why and steps")
        _check_keys(entry)
        yield from _rows(replace(entry, fields={**defaults, **_with_tries(entry)}))


@cache
def _head() -> Schema:
    """Return the schema of a file that is a mapping; its vectors are checked one by one."""
    form = schema("vector").form
    defaults = {key: form["properties"][key] for key in _DEFAULTS}
    return Schema(
        {
            "type": "object",
            "properties": {
                "defaults": {"type": "object", "properties": defaults, "additionalProperties": False},
                "vectors": {"type": "array"},
            },
            "additionalProperties": False,
            "$defs": form["$defs"],
        }
    )


def _check_keys(entry: Entry) -> None:
    known = {*schema("vector").form["properties"], *_SHORT}
    if unknown := [key for key in entry.fields if key not in known]:
        meant = did_you_mean(unknown[0], sorted(known))
        raise entry.error((unknown[0],), f"unknown key {unknown[0]!r}; known here: {', '.join(sorted(known))}{meant}")


def _with_tries(entry: Entry) -> dict[str, Any]:
    """Write `breaks: CLAUSE` as the clause and what is tried."""
    said = [key for key in _TRIES if key in entry.fields]
    if not said:
        return entry.fields
    if doubled := [key for key in (*said[1:], "clause", "tries") if key in entry.fields]:
        raise entry.error((doubled[0],), f"`{said[0]}` says the clause and what is tried: drop `{doubled[0]}`")
    rest = {key: value for key, value in entry.fields.items() if key not in said}
    return {**rest, "clause": entry.fields[said[0]], "tries": _TRIES[said[0]]}


def _rows(entry: Entry) -> Iterator[Entry]:
    """Return the vector once for each row of its matrix."""
    if "matrix" not in entry.fields:
        yield entry
        return
    fields = {key: value for key, value in entry.fields.items() if key != "matrix"}
    matrix = _with_named_rows(entry.fields["matrix"])
    if not _is_matrix(matrix):
        raise entry.error(("matrix",), "a matrix maps names to lists of values, or is a list of rows")
    used: set[str] = {"name"}
    names: set[str] = set()
    for row in combinations(matrix):
        names |= set(row)
        try:
            expanded = substitute(fields, row, used=used, strict=False)
        except MatrixError as error:
            raise entry.error(("matrix",), str(error)) from None
        if isinstance(expanded.get("id"), str):
            expanded["id"] += suffix(row)
        yield replace(entry, fields=expanded)
    if unused := names - used:
        raise entry.error(("matrix",), f"nothing refers to ${', $'.join(sorted(unused))}")


def _with_named_rows(matrix: Any) -> Any:
    """Write `{shape: {flat: [4], ...}}`, one key with a name for each value, as rows with a `name`."""
    if isinstance(matrix, Mapping) and len(matrix) == 1:
        ((key, values),) = matrix.items()
        if isinstance(values, Mapping):
            return [{"name": name, key: value} for name, value in values.items()]
    return matrix


def _is_matrix(matrix: Any) -> bool:
    if isinstance(matrix, dict):
        return bool(matrix) and all(isinstance(values, list) and values for values in matrix.values())
    return isinstance(matrix, list) and bool(matrix) and all(isinstance(row, dict) and row for row in matrix)
