"""Reads `vectors/*.yaml`: matrices multiplied out, repeats unrolled, short forms in full."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from wasi_nn_conformance.formats.document import Document, InputError, read_yaml
from wasi_nn_conformance.formats.matrix import MatrixError, combinations, references, substitute, suffix
from wasi_nn_conformance.formats.schema import Key, Schema, place, schema
from wasi_nn_conformance.formats.suggestion import did_you_mean
from wasi_nn_conformance.models import Model, ModelError, load_models

from .needs import needs, tags_with
from .normalisation import ShortFormError, in_full, with_model
from .repeat import LinedStep, unrolled
from .step import Node, steps_of
from .step_reader import StepReader
from .vector import Vector

_CONVERSATIONS = ("steps", "fails_by", "may_fail")
_TRIES = {"shows": "show", "breaks": "break"}
"""The keys that a clause can stand at together with what is tried."""

_SHORT = ("matrix", "model", *_TRIES, *_CONVERSATIONS, "prefer")
"""The keys of a vector that are gone once it is written out in full, or may be."""

_DEFAULTS = ("clause", "abi", "needs", "encoding", "graphs", "tries")
"""The keys of a vector that the head of a file may say for all."""


def read_vectors(path: Path, models: Mapping[str, Model]) -> list[Vector]:
    """Read one file of vectors, matrices multiplied out. `models` are those that a vector need not bring along.

    Raises `InputError` with file and line for whatever does not fit the schema or itself.
    """
    vectors = [vector for reader in _readers(read_yaml(path), models) for vector in reader.vectors()]
    seen: set[str] = set()
    for vector in vectors:
        if vector.id in seen:
            raise vector.error("this id is given twice")
        seen.add(vector.id)
    return vectors


def vector_of(fields: dict[str, Any], path: Path, models: Mapping[str, Model]) -> Vector:
    """Make the vector that a file at `path` would hold as `fields`, a list of one. Raises `InputError`."""
    return _Reader(Document(path, [fields], {}), (0,), models).vector(fields)


def _readers(document: Document, models: Mapping[str, Model]) -> list["_Reader"]:
    """Return a reader of each vector of a list, or of a mapping with `defaults` and the list as `vectors`."""
    written, defaults = document.data, {}
    around: Key = ()
    if isinstance(written, dict) and "vectors" in written:
        if broken := _head().violation(written):
            raise document.error(*broken)
        written, around, defaults = written["vectors"], ("vectors",), written.get("defaults", {})
    if not isinstance(written, list):
        raise document.error((), "a file of vectors is a list of vectors, or `defaults` and the list as `vectors`")
    return [_Reader(document, (*around, index), models, defaults) for index in range(len(written))]


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


@cache
def _models_form() -> Schema:
    return Schema(schema("vector").form["properties"]["models"])


@dataclass(frozen=True)
class _Reader:
    """Reads what stands at `key` of the document, one vector or the matrix of several."""

    document: Document
    key: Key
    known_models: Mapping[str, Model]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def vectors(self) -> Iterator[Vector]:
        entry = self.document.value(self.key)
        if not isinstance(entry, dict):
            raise self.error((), "a vector is a mapping with id, clause, why and steps")
        known = (*schema("vector").form["properties"], *_SHORT)
        if unknown := [key for key in entry if key not in known]:
            meant = did_you_mean(unknown[0], known)
            listed = ", ".join(sorted(set(known)))
            raise self.error((unknown[0],), f"unknown key {unknown[0]!r}; known here: {listed}{meant}")
        fields = {**self.defaults, **self.with_tries(entry)}
        fields.pop("matrix", None)
        if "matrix" not in entry:
            yield self.vector(fields)
            return
        matrix = _with_named_rows(entry["matrix"])
        if not _is_matrix(matrix):
            raise self.error(("matrix",), "a matrix maps names to lists of values, or is a list of rows")
        used: set[str] = {"name"}
        names: set[str] = set()
        for row in combinations(matrix):
            names |= set(row)
            try:
                expanded = substitute(fields, row, used=used, strict=False)
            except MatrixError as error:
                raise self.error(("matrix",), str(error)) from None
            if isinstance(expanded.get("id"), str):
                expanded["id"] += suffix(row)
            yield self.vector(expanded)
        if unused := names - used:
            raise self.error(("matrix",), f"nothing refers to ${', $'.join(sorted(unused))}")

    def with_tries(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Write `breaks: CLAUSE` as the clause and what is tried."""
        said = [key for key in _TRIES if key in entry]
        if not said:
            return entry
        if doubled := [key for key in (*said[1:], "clause", "tries") if key in entry]:
            raise self.error((doubled[0],), f"`{said[0]}` says the clause and what is tried: drop `{doubled[0]}`")
        rest = {key: value for key, value in entry.items() if key not in said}
        return {**rest, "clause": entry[said[0]], "tries": _TRIES[said[0]]}

    def vector(self, fields: dict[str, Any]) -> Vector:
        own_models = self.own_models(fields)
        fields = self.full(fields, own_models)
        if broken := schema("vector").violation(fields):
            raise self.violation(*broken, fields)
        steps = tuple(StepReader(self.document.path).nodes(fields["steps"]))
        models = frozenset(_models(fields["steps"])) | frozenset(fields.get("graphs", {}).values())
        if missing := sorted(models - self.known_models.keys() - own_models.keys()):
            raise self.error((), f"{fields['id']}: {self.no_model(missing[0], own_models)}")
        return Vector(
            id=fields["id"],
            clause=fields["clause"],
            why=fields["why"].strip(),
            steps=steps,
            abis=self.abis(fields, steps),
            encodings=tuple(fields["encoding"]) if "encoding" in fields else None,
            graphs=fields.get("graphs", {}),
            models=models,
            path=self.document.path,
            line=self.document.line(self.key),
            question=fields.get("question"),
            tries=fields.get("tries"),
            own_models=own_models,
        )

    def full(self, fields: dict[str, Any], own_models: Mapping[str, Model]) -> dict[str, Any]:
        """Return the vector with full steps alone: no `model`, no block in the place of `steps`."""
        said = [key for key in _CONVERSATIONS if key in fields]
        if len(said) > 1:
            raise self.error((said[1],), f"a vector has {said[0]} or {said[1]}, not both: write one as a step")
        if not said or not isinstance(fields[said[0]], list):
            return fields
        steps = unrolled(self.document, fields[said[0]], (*self.key, *said))
        if missing := references({**fields, said[0]: steps}):
            raise self.error((), f"${', $'.join(sorted(missing))}: no key of the matrix and no index of a repeat")
        try:
            return self.full_steps(fields, said[0], steps, own_models)
        except ShortFormError as error:
            raise InputError(self.document.path, error.line, str(error)) from None

    def full_steps(
        self, fields: dict[str, Any], said: str, steps: list[Any], own_models: Mapping[str, Model]
    ) -> dict[str, Any]:
        """Return the vector whose conversation `said` are these unrolled `steps`. Raises `ShortFormError`."""

        def find(name: str) -> Model:
            model = own_models.get(name) or self.known_models.get(name)
            if model is None:
                raise ValueError(self.no_model(name, own_models))
            return model

        if "model" in fields:
            steps = with_model(fields["model"], steps, self.document.line((*self.key, "model")))
        rest = {key: value for key, value in fields.items() if key not in ("model", said)}
        if said != "steps":
            expected = {key: rest.pop(key) for key in ("prefer",) if key in rest}
            steps = [LinedStep({said: steps, **expected}, self.document.line((*self.key, said)))]
        graphs = fields.get("graphs")
        named = graphs.items() if isinstance(graphs, dict) else ()
        registered = {name: model for name, model in named if isinstance(model, str)}
        return {**rest, "steps": in_full(steps, registered, find)}

    def no_model(self, name: str, own_models: Mapping[str, Model]) -> str:
        meant = did_you_mean(name, [*self.known_models, *own_models])
        return f"there is no model {name!r} in models.yaml, and the vector brings none{meant}"

    def own_models(self, fields: Mapping[str, Any]) -> Mapping[str, Model]:
        """Read the models that the vector brings along."""
        if "models" not in fields:
            return {}
        written = fields["models"]
        if broken := _models_form().violation(written):
            raise self.error(("models", *broken[0]), f"models: {broken[1]}")
        try:
            return load_models([{"id": name, **body} for name, body in written.items()])
        except ModelError as error:
            name = () if error.index is None else (list(written)[error.index],)
            raise self.error(("models", *name), str(error)) from None

    def abis(self, fields: Mapping[str, Any], steps: tuple[Node, ...]) -> tuple[str, ...]:
        """Return the ABIs that the vector runs on: those that can say its steps and have what it needs besides.

        Or those of them that it names.
        """
        needed: frozenset[str] = frozenset()
        for step in steps_of(steps):
            needed |= needs(step.action, step.arguments, step.expectation, slot=step.slot_untouched)
            if not tags_with(needed):
                raise InputError(self.document.path, step.line, f"no ABI can say both {step.action} and what precedes")
        sayable = tags_with(needed)
        having = tags_with(needed.union(fields.get("needs", ())))
        if not having:
            raise self.error(("needs",), f"none of {', '.join(sayable)}, which can say these steps, has this")
        named = fields.get("abi", having)
        if unsayable := sorted(set(named) - set(having)):
            raise self.error(("abi",), f"{', '.join(unsayable)} cannot say these steps; {', '.join(having)} can")
        return tuple(abi for abi in having if abi in named)

    def violation(self, key: Key, message: str, fields: dict[str, Any]) -> InputError:
        """Make the complaint about what stands at `key` of the full fields, in the words of the step it is in."""
        line, value, within = self.document.line((*self.key, *key[:1])), fields, key
        for depth, part in enumerate(key, 1):
            value = value[part] if isinstance(value, list) or part in value else {}
            if isinstance(value, LinedStep) and value.line:
                line, within = value.line, key[depth:]
        cut = next(n for n in (0, 1, len(key)) if message.startswith(place(key[: len(key) - n])))  # 1: an unknown key
        said = message.removeprefix(place(key[: len(key) - cut]))
        return InputError(self.document.path, line, place(within[: len(within) - cut]) + said)

    def error(self, key: Key, message: str) -> InputError:
        return self.document.error((*self.key, *key), message)


def _with_named_rows(matrix: Any) -> Any:
    """Write `{shape: {flat: [4], ...}}`, one key with a name for each value, as rows with a `name`."""
    if isinstance(matrix, dict) and len(matrix) == 1:
        ((key, values),) = matrix.items()
        if isinstance(values, dict):
            return [{"name": name, key: value} for name, value in values.items()]
    return matrix


def _is_matrix(matrix: Any) -> bool:
    if isinstance(matrix, dict):
        return bool(matrix) and all(isinstance(values, list) and values for values in matrix.values())
    return isinstance(matrix, list) and bool(matrix) and all(isinstance(row, dict) and row for row in matrix)


def _models(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("model"), str):
            yield value["model"]
        for item in value.values():
            yield from _models(item)
    elif isinstance(value, list):
        for item in value:
            yield from _models(item)
