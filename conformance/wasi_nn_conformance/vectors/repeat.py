"""The steps of a vector with each `repeat` written out; every step still knows its line."""

from functools import cache
from typing import Any

from wasi_nn_conformance.formats.document import Document
from wasi_nn_conformance.formats.matrix import substitute
from wasi_nn_conformance.formats.schema import Key, Schema, schema

_NESTED = ("fails_by", "may_fail", "then", "rounds")


class LinedStep(dict[str, Any]):
    """A step that remembers its line while a `repeat` around it is written out."""

    def __init__(self, parts: dict[str, Any], line: int | None) -> None:
        super().__init__(parts)
        self.line = line


def unrolled(document: Document, steps: list[Any], key: Key) -> list[Any]:
    """Write out each `repeat` in the steps that stand at `key`. Raises `InputError` for one that is not well formed.

    A word is an action without arguments. What is neither stays as it is, for the schema to refuse.
    """
    result: list[Any] = []
    for index, step in enumerate(steps):
        here = (*key, index)
        if isinstance(step, str):
            result.append(LinedStep({step: {}}, document.line(here)))
        elif not isinstance(step, dict):
            result.append(step)
        elif "repeat" in step:
            result += _repeated(document, step, here)
        else:
            parts = {
                name: unrolled(document, value, (*here, name)) if isinstance(value, list) and name in _NESTED else value
                for name, value in step.items()
            }
            result.append(LinedStep(parts, document.line(here)))
    return result


def _repeated(document: Document, step: dict[str, Any], key: Key) -> list[Any]:
    repeat = step["repeat"]
    if broken := _form().violation(repeat):
        raise document.error((*key, "repeat", *broken[0]), f"repeat: {broken[1]}")
    if len(step) > 1:
        raise document.error(key, "repeat stands for several steps: write expectations at one of them")
    inner = unrolled(document, repeat["steps"], (*key, "repeat", "steps"))
    rows = ({repeat["index"]: number} if "index" in repeat else {} for number in range(repeat["count"]))
    return [_substituted(item, row) for row in rows for item in inner]


def _substituted(value: Any, row: dict[str, Any]) -> Any:
    if isinstance(value, LinedStep):
        return LinedStep({name: _substituted(item, row) for name, item in value.items()}, value.line)
    if isinstance(value, list):
        return [_substituted(item, row) for item in value]
    return substitute(value, row, used=set(), strict=False)


@cache
def _form() -> Schema:
    """Return the schema of `repeat` without that of its steps, which are checked once they are written out."""
    form = schema("vector").form["$defs"]["step"]["properties"]["repeat"]
    properties = {**form["properties"], "steps": {"type": "array", "minItems": 1}}
    return Schema({**form, "properties": properties})
