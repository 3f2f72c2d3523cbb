"""The JSON Schemas (draft 2020-12) of everything that people write and of the report that we write."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import jsonschema_rs

from wasi_nn_conformance.abi.registry import VOCABULARY
from wasi_nn_conformance.paths import SCHEMAS

from .suggestion import did_you_mean

Key: TypeAlias = tuple[str | int, ...]
"""Where something stands in parsed data: names of keys and numbers of items, from the outside in."""

_IS_NONE = re.compile(r"is not valid under any of the schemas listed in the '\w+' keyword")
_Kind = jsonschema_rs.ValidationErrorKind


class Schema:
    """One JSON Schema. `form` is the schema itself as data."""

    def __init__(self, form: Mapping[str, Any]) -> None:
        self.form = form
        self._validator = jsonschema_rs.validator_for(dict(form))

    def violation(self, data: Any) -> tuple[Key, str] | None:
        """Return the first place in `data` that breaks the schema, and what is wrong there."""
        error = self._first(data)
        if error is None:
            return None
        key: Key = tuple(error.instance_path)
        if isinstance(error.kind, _Kind.AdditionalProperties):
            unknown = error.kind.unexpected[0]
            known = ", ".join(sorted(self._around(error).get("properties", {}))) or "none"
            meant = did_you_mean(unknown, self._around(error).get("properties", {}))
            return (*key, unknown), f"{place(key)}unknown key {unknown!r}; known here: {known}{meant}"
        message = re.sub(r'"([^"]*)"', r"'\1'", error.message)  # as in all our other complaints
        message = _IS_NONE.sub("does not fit", message)
        if isinstance(error.kind, _Kind.OneOfNotValid) and "description" in self._around(error):
            message = f"{message}; wanted: {self._around(error)['description']}"
        if isinstance(error.kind, _Kind.OneOfNotValid | _Kind.Enum) and isinstance(error.instance, str):
            message += did_you_mean(error.instance, self._words(self._around(error)))
        return key, place(key) + message

    def _words(self, part: Mapping[str, Any]) -> list[str]:
        """Return the words that a part of the schema allows, or one of its alternatives."""
        if "$ref" in part:
            part = self.form["$defs"][part["$ref"].rpartition("/")[2]]
        words = [*part.get("enum", ()), part.get("const")]
        return [word for word in words if isinstance(word, str)] + [
            word for alternative in part.get("oneOf", ()) for word in self._words(alternative)
        ]

    def _first(self, data: Any) -> jsonschema_rs.ValidationError | None:
        """Return the first error. Where a key is missing, an unknown one may be what was meant for it."""
        errors = iter(self._validator.iter_errors(data))
        first = next(errors, None)
        if first is None or not isinstance(first.kind, _Kind.Required):
            return first
        beside = (e for e in errors if e.instance_path == first.instance_path)
        return next((e for e in beside if isinstance(e.kind, _Kind.AdditionalProperties)), first)

    def validate(self, data: Any) -> None:
        """Raise `ValueError` where `data` breaks the schema."""
        if broken := self.violation(data):
            raise ValueError(broken[1])

    def _around(self, error: jsonschema_rs.ValidationError) -> Mapping[str, Any]:
        """Return the part of the schema that the broken keyword stands in."""
        part: Any = self.form
        for step in error.schema_path[:-1]:
            part = part[step]
        return part if isinstance(part, dict) else {}


def place(key: Key) -> str:
    """Return the beginning of a complaint about what stands at `key`: `steps[0].compute: `, or nothing for all."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
    return f"{path}: " if path else ""


@cache
def schema(name: str) -> Schema:
    """Load `vectors/schema/NAME.schema.json`, with the words that the ABIs have for what it names."""
    form = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    definitions = form.get("$defs", {})
    for word in definitions.keys() & VOCABULARY.keys():
        definitions[word]["enum"] = list(VOCABULARY[word])
    return Schema(form)
