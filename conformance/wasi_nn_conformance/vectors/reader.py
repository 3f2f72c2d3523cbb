"""Reads `vectors/*.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wasi_nn_conformance.formats.document import Document, InputError, read_yaml
from wasi_nn_conformance.formats.matrix import MatrixError, combinations, references, substitute, suffix
from wasi_nn_conformance.formats.schema import Key, schema
from wasi_nn_conformance.models import Model, ModelError, load_models

from .abi import ABIS, abis_for
from .expectation import OUTCOMES, Expectation
from .repeat import LinedStep, unrolled
from .step import Block, Node, Step, steps_of
from .tensor import tensor_literal
from .vector import Vector

_RETURNING = ("load", "load_by_name", "context", "output")
_BLOCKS = ("fails_by", "may_fail")
_EXPECTING = {"fails", "traps", "accept", "prefer", "slot", "then", "clause"}


def read_vectors(path: Path) -> list[Vector]:
    """Read one file of vectors, matrices multiplied out.

    Raises `InputError` with file and line for whatever does not fit the schema or itself.
    """
    document = read_yaml(path)
    if not isinstance(document.data, list):
        raise document.error((), "a file of vectors is a list of vectors")
    vectors = [vector for index in range(len(document.data)) for vector in _Reader(document, index).vectors()]
    seen: set[str] = set()
    for vector in vectors:
        if vector.id in seen:
            raise vector.error("this id is given twice")
        seen.add(vector.id)
    return vectors


def vector_of(fields: dict[str, Any], path: Path) -> Vector:
    """Make the vector that a file at `path` would hold as `fields`, a list of one. Raises `InputError`."""
    return _Reader(Document(path, [fields], {}), 0).vector(fields)


@dataclass(frozen=True)
class _Reader:
    document: Document
    index: int

    def vectors(self) -> Iterator[Vector]:
        entry = self.document.data[self.index]
        if not isinstance(entry, dict):
            raise self.error((), "a vector is a mapping with id, clause, why and steps")
        fields = {key: value for key, value in entry.items() if key != "matrix"}
        if "matrix" not in entry:
            yield self.vector(fields)
            return
        matrix = entry["matrix"]
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

    def vector(self, fields: dict[str, Any]) -> Vector:
        if isinstance(fields.get("steps"), list):
            fields = {**fields, "steps": unrolled(self.document, fields["steps"], (self.index, "steps"))}
        if broken := schema("vector").violation(fields):
            raise InputError(self.document.path, self.line(broken[0], fields), broken[1])
        if missing := references(fields):
            raise self.error((), f"${', $'.join(sorted(missing))}: no key of the matrix and no index of a repeat")
        steps = tuple(self.nodes(fields["steps"]))
        return Vector(
            id=fields["id"],
            clause=fields["clause"],
            why=fields["why"].strip(),
            steps=steps,
            abis=self.abis(fields.get("abi"), steps),
            encodings=tuple(fields["encoding"]) if "encoding" in fields else None,
            graphs=fields.get("graphs", {}),
            models=frozenset(_models(fields["steps"])) | frozenset(fields.get("graphs", {}).values()),
            path=self.document.path,
            line=self.document.line((self.index,)),
            question=fields.get("question"),
            tries=fields.get("tries"),
            own_models=self.models(fields.get("models", {})),
        )

    def models(self, written: Mapping[str, Any]) -> Mapping[str, Model]:
        """Read the models that the vector brings along."""
        try:
            return load_models([{"id": name, **body} for name, body in written.items()])
        except ModelError as error:
            name = () if error.index is None else (list(written)[error.index],)
            raise self.error(("models", *name), str(error)) from None

    def abis(self, written: list[str] | None, steps: tuple[Node, ...]) -> tuple[str, ...]:
        """Return the ABIs that the vector runs on: those that can say its steps, or those of them it names."""
        sayable = frozenset(ABIS)
        for step in steps_of(steps):
            can = abis_for(step.action, step.arguments, step.expectation, slot=step.slot_untouched)
            if not sayable & can:
                raise InputError(self.document.path, step.line, f"no ABI can say both {step.action} and what precedes")
            sayable &= can
        if unsayable := sorted(set(written or ()) - sayable):
            can_say = ", ".join(sorted(sayable))
            raise self.error(("abi",), f"{', '.join(unsayable)} cannot say these steps; {can_say} can")
        return tuple(abi for abi in ABIS if abi in (written or sayable))

    def nodes(self, steps: list[LinedStep]) -> Iterator[Node]:
        for number, step in enumerate(steps, 1):
            if "traps" in step and number < len(steps):
                raise self.wrong(steps[number], "nobody is there to answer after a trap: this step is never said")
            yield from self.node(step)

    def node(self, step: LinedStep) -> Iterator[Node]:
        actions = [name for name in step if name not in _EXPECTING]
        if len(actions) != 1:
            raise self.wrong(step, f"a step has exactly one action, not {' and '.join(actions) or 'none'}")
        action, arguments = actions[0], step[actions[0]]
        extra = sorted(set(step) & _EXPECTING)
        if action in _BLOCKS:
            if set(extra) - {"prefer", "clause"}:
                raise self.wrong(step, f"a block takes `prefer` and `clause` only, not {', '.join(extra)}")
            if action == "fails_by" and step.get("prefer") in OUTCOMES:
                raise self.wrong(step, f"`prefer: {step['prefer']}` contradicts `fails_by`: name an error's code")
            nodes = tuple(self.nodes(arguments))
            yield Block(action == "fails_by", nodes, step.get("prefer"), step.line, step.get("clause"))
            return
        for tensor in _tensors(arguments):
            try:
                tensor_literal(tensor)
            except ValueError as error:
                raise self.wrong(step, f"{action}: {error}") from None
        if action == "infer":
            if extra:
                raise self.wrong(step, f"infer stands for several steps: write {', '.join(extra)} at one step")
            yield from _inferred(arguments, step.line)
        else:
            yield self.step(action, arguments, step)

    def step(self, action: str, arguments: dict[str, Any], step: LinedStep) -> Step:
        try:
            expectation = Expectation.of(step)
        except ValueError as error:
            raise self.wrong(step, str(error)) from None
        then = tuple(self.nodes(step["then"])) if "then" in step else ()
        if then and expectation.accept == {"ok"}:
            raise self.wrong(step, "`then` is for a step that may also fail: write these steps after it")
        if then and "ok" not in expectation.accept:
            raise self.wrong(step, "`then` follows success, which this step does not accept")
        untouched = "slot" in step
        if untouched and "error" not in expectation.accept:
            raise self.wrong(step, "`slot: untouched` speaks of a failing call")
        if untouched and action not in _RETURNING:
            raise self.wrong(step, f"{action} has no return pointer: `slot` is for {', '.join(_RETURNING)}")
        return Step(action, arguments, expectation, untouched, then, step.line, step.get("clause"))

    def line(self, key: Key, fields: dict[str, Any]) -> int | None:
        """Find the line of what stands at `key` of the unrolled fields."""
        line, value = self.document.line((self.index, *key[:1])), fields
        for part in key:
            value = value[part] if isinstance(value, list) or part in value else {}
            line = value.line if isinstance(value, LinedStep) and value.line else line
        return line

    def error(self, key: Key, message: str) -> InputError:
        return self.document.error((self.index, *key), message)

    def wrong(self, step: LinedStep, message: str) -> InputError:
        return InputError(self.document.path, step.line, message)


def _inferred(arguments: dict[str, Any], line: int | None) -> Iterator[Step]:
    context = {"context": arguments["context"]}
    for name, tensor in arguments["inputs"].items():
        yield Step("set_input", {**context, "input": name, "tensor": tensor}, Expectation(), line=line)
    yield Step("compute", context, Expectation(), line=line)
    yield Step("outputs", {**context, "order": arguments.get("order")}, Expectation(), line=line)


def _is_matrix(matrix: Any) -> bool:
    if isinstance(matrix, dict):
        return bool(matrix) and all(isinstance(values, list) and values for values in matrix.values())
    return isinstance(matrix, list) and bool(matrix) and all(isinstance(row, dict) and row for row in matrix)


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.keys() >= {"type", "shape", "data"}:
            yield value
        else:
            for item in value.values():
                yield from _tensors(item)


def _models(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("model"), str):
            yield value["model"]
        for item in value.values():
            yield from _models(item)
    elif isinstance(value, list):
        for item in value:
            yield from _models(item)
