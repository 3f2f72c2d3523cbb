"""Reads `vectors/*.yaml`: repeats unrolled, short forms in full, and what contradicts itself refused with its line."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from wasi_nn_conformance.formats.document import Document, InputError, read_yaml
from wasi_nn_conformance.formats.matrix import references
from wasi_nn_conformance.formats.schema import Key, Schema, place, schema
from wasi_nn_conformance.formats.suggestion import did_you_mean
from wasi_nn_conformance.models import Model, ModelError, load_models
from wasi_nn_conformance.models.repetition import RepetitionError, is_repeat, written_out

from .needs import needs, tags_with
from .normalisation import ShortFormError, in_full, with_model
from .repeat import LinedStep, unrolled
from .step import Node, steps_of
from .step_reader import StepReader
from .vector import Vector
from .vector_file import CONVERSATIONS, Entry, entries


def read_vectors(path: Path, models: Mapping[str, Model]) -> list[Vector]:
    """Read one file of vectors, matrices multiplied out. `models` are those that a vector need not bring along.

    Raises `InputError` with file and line for whatever does not fit the schema or itself.
    """
    vectors = [_Reader(entry, models).vector() for entry in entries(read_yaml(path))]
    seen: set[str] = set()
    for vector in vectors:
        if vector.id in seen:
            raise vector.error("this id is given twice")
        seen.add(vector.id)
    return vectors


def read_in_full(path: Path, models: Mapping[str, Model]) -> list[dict[str, Any]]:
    """Return the vectors of a file as plain data with full steps. Raises `InputError`."""
    fields: list[dict[str, Any]] = _plain([_Reader(entry, models).full() for entry in entries(read_yaml(path))])
    return fields


def vector_of(fields: dict[str, Any], path: Path, models: Mapping[str, Model]) -> Vector:
    """Make the vector that a file at `path` would hold as `fields`, a list of one. Raises `InputError`."""
    return _Reader(Entry(Document(path, [fields], {}), (0,), fields), models).vector()


@cache
def _models_form() -> Schema:
    return Schema(schema("vector").form["properties"]["models"])


class _Reader:
    """Reads one entry of a file."""

    def __init__(self, entry: Entry, known_models: Mapping[str, Model]) -> None:
        self._entry = entry
        self._path = entry.document.path
        self._brought = _brought(entry)
        self._own_models = _own_models(entry, self._brought)
        self._models = {**known_models, **self._own_models}

    def vector(self) -> Vector:
        fields = self.full()
        if broken := schema("vector").violation(fields):
            raise self._violation(*broken, fields)
        steps = tuple(StepReader(self._path).nodes(fields["steps"]))
        models = frozenset(_models(fields["steps"])) | frozenset(fields.get("graphs", {}).values())
        if missing := sorted(models - self._models.keys()):
            raise self._entry.error((), f"{fields['id']}: {self._no_model(missing[0])}")
        return Vector(
            id=fields["id"],
            clause=fields["clause"],
            why=fields["why"].strip(),
            steps=steps,
            abis=self._abis(fields, steps),
            encodings=tuple(fields["encoding"]) if "encoding" in fields else None,
            graphs=fields.get("graphs", {}),
            models=models,
            path=self._path,
            line=self._entry.line(),
            question=fields.get("question"),
            tries=fields.get("tries"),
            own_models=self._own_models,
            fresh=fields.get("fresh", False),
        )

    def full(self) -> dict[str, Any]:
        """Return the vector with full steps alone: no `model`, no block in the place of `steps`."""
        fields = self._entry.fields
        said = [key for key in CONVERSATIONS if key in fields]
        if len(said) > 1:
            raise self._entry.error((said[1],), f"a vector has {said[0]} or {said[1]}, not both: write one as a step")
        if not said:
            return fields
        if not isinstance(fields[said[0]], list):
            raise self._entry.error((said[0],), f"{said[0]}: {fields[said[0]]!r} is not of type 'array'")
        steps = unrolled(self._entry.document, fields[said[0]], (*self._entry.key, *said))
        if missing := references({**fields, "models": self._brought, said[0]: steps}):
            names = ", $".join(sorted(missing))
            raise self._entry.error((), f"${names}: no key of the matrix and no index of a repeat")
        try:
            return self._with_full_steps(said[0], steps)
        except ShortFormError as error:
            raise InputError(self._path, error.line, str(error)) from None

    def _with_full_steps(self, said: str, steps: list[Any]) -> dict[str, Any]:
        """Return the vector whose conversation `said` are these unrolled `steps`. Raises `ShortFormError`."""
        fields = self._entry.fields
        if "model" in fields:
            steps = with_model(fields["model"], steps, self._entry.line("model"))
        rest = {key: value for key, value in fields.items() if key not in ("model", said)}
        if "models" in rest:
            rest["models"] = self._brought
        if said != "steps":
            expected = {key: rest.pop(key) for key in ("prefer",) if key in rest}
            steps = [LinedStep({said: steps, **expected}, self._entry.line(said))]
        graphs = fields.get("graphs")
        named = graphs.items() if isinstance(graphs, dict) else ()
        registered = {name: model for name, model in named if isinstance(model, str)}
        return {**rest, "steps": in_full(steps, registered, self._find_model)}

    def _find_model(self, name: str) -> Model:
        if name not in self._models:
            raise ValueError(self._no_model(name))
        return self._models[name]

    def _no_model(self, name: str) -> str:
        meant = did_you_mean(name, self._models)
        return f"there is no model {name!r} in models.yaml, and the vector brings none{meant}"

    def _abis(self, fields: Mapping[str, Any], steps: tuple[Node, ...]) -> tuple[str, ...]:
        """Return the ABIs that the vector runs on: those that can say its steps and have what it needs besides.

        Or those of them that it names.
        """
        needed: frozenset[str] = frozenset()
        for step in steps_of(steps):
            needed |= needs(step.action, step.arguments, step.expectation, slot=step.slot_untouched)
            if not tags_with(needed):
                raise InputError(self._path, step.line, f"no ABI can say both {step.action} and what precedes")
        sayable = tags_with(needed)
        having = tags_with(needed.union(fields.get("needs", ())))
        if not having:
            raise self._entry.error(("needs",), f"none of {', '.join(sayable)}, which can say these steps, has this")
        named = fields.get("abi", having)
        if unsayable := sorted(set(named) - set(having)):
            told = f"{', '.join(unsayable)} cannot say these steps; {', '.join(having)} can"
            raise self._entry.error(("abi",), told)
        return tuple(abi for abi in having if abi in named)

    def _violation(self, key: Key, message: str, fields: dict[str, Any]) -> InputError:
        """Make the complaint about what stands at `key` of the full fields, in the words of the step it is in."""
        line, value, within = self._entry.line(*key[:1]), fields, key
        for depth, part in enumerate(key, 1):
            value = value[part] if isinstance(value, list) or part in value else {}
            if isinstance(value, LinedStep) and value.line:
                line, within = value.line, key[depth:]
        cut = next(n for n in (0, 1, len(key)) if message.startswith(place(key[: len(key) - n])))  # 1: an unknown key
        said = message.removeprefix(place(key[: len(key) - cut]))
        return InputError(self._path, line, place(within[: len(within) - cut]) + said)


def _brought(entry: Entry) -> Any:
    """Return the models that a vector brings along, as they are written, with what repeats written out."""
    try:
        return written_out(entry.fields.get("models", {}))
    except RepetitionError as error:
        raise entry.error(("models",), str(error)) from None


def _own_models(entry: Entry, brought: Any) -> Mapping[str, Model]:
    """Read these models. Of what repeats only the pattern stands in the file, so that a complaint is about that."""
    if "models" not in entry.fields:
        return {}
    repeats = is_repeat(entry.fields["models"])
    if broken := _models_form().violation(brought):
        raise entry.error(("models", *(() if repeats else broken[0])), f"models: {broken[1]}")
    try:
        return load_models([{"id": name, **body} for name, body in brought.items()])
    except ModelError as error:
        name = () if repeats or error.index is None else (list(brought)[error.index],)
        raise entry.error(("models", *name), str(error)) from None


def _models(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("model"), str):
            yield value["model"]
        for item in value.values():
            yield from _models(item)
    elif isinstance(value, list):
        for item in value:
            yield from _models(item)


def _plain(value: Any) -> Any:
    """Return mappings and lists as those that everything can write, without lines."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
