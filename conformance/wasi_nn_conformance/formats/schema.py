"""The JSON Schemas (draft 2020-12) of everything that people write and of the report that we write."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import jsonschema_rs

from wasi_nn_conformance.paths import SCHEMAS

Key: TypeAlias = tuple[str | int, ...]
"""Where something stands in parsed data: names of keys and numbers of items, from the outside in."""

_Kind = jsonschema_rs.ValidationErrorKind


class Schema:
    """One JSON Schema. `form` is the schema itself as data."""

    def __init__(self, form: Mapping[str, Any]) -> None:
        self.form = form
        self._validator = jsonschema_rs.validator_for(dict(form))

    def violation(self, data: Any) -> tuple[Key, str] | None:
        """Return the first place in `data` that breaks the schema, and what is wrong there."""
        error = next(iter(self._validator.iter_errors(data)), None)
        if error is None:
            return None
        key: Key = tuple(error.instance_path)
        if isinstance(error.kind, _Kind.AdditionalProperties):
            unknown = error.kind.unexpected[0]
            known = ", ".join(sorted(self._around(error).get("properties", {}))) or "none"
            return (*key, unknown), f"{_prefix(key)}unknown key {unknown!r}; known here: {known}"
        message = re.sub(r'"([^"]*)"', r"'\1'", error.message)  # as in all our other complaints
        if isinstance(error.kind, _Kind.OneOfNotValid) and "description" in self._around(error):
            message = f"{message}; wanted: {self._around(error)['description']}"
        return key, _prefix(key) + message

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


def _prefix(key: Key) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
    return f"{place}: " if place else ""


@cache
def schema(name: str) -> Schema:
    """Load `vectors/schema/NAME.schema.json`."""
    return Schema(json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8")))
