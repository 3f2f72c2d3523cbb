"""One written vector or model as many: every combination of the values in its `matrix`.

A string that is just `$name` becomes the value itself, of any type; inside a longer string `$name` or
`${name}` becomes its text.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class MatrixError(ValueError):
    """The matrix and the text around it do not fit."""


def combinations(matrix: Any) -> Iterator[dict[str, Any]]:
    """Return each row of a matrix: a mapping of lists is multiplied out, a list of rows is taken as it is."""
    if isinstance(matrix, list):
        yield from (dict(row) for row in matrix)
        return
    for values in itertools.product(*matrix.values()):
        yield dict(zip(matrix, values, strict=True))


def suffix(row: Mapping[str, Any]) -> str:
    """Return the end of an id that tells this row from the others: `/handle=0x7fffffff`, or its `name`."""
    if "name" in row:
        return f"/{row['name']}"
    return "/" + ",".join(f"{key}={_label(value)}" for key, value in row.items())


def _label(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int):
        return hex(value) if value > 0xFFFF else str(value)
    if isinstance(value, list):
        return "x".join(_label(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return ",".join(f"{key}{_label(item)}" for key, item in value.items())
    return str(value)


def substitute(value: Any, row: Mapping[str, Any], *, used: set[str], strict: bool = True) -> Any:
    """Replace the references to `row` in all strings of `value`, and add the names met to `used`.

    Raises `MatrixError` for a reference to nothing, unless not `strict`.
    """
    if isinstance(value, str):
        return _substitute_text(value, row, used, strict=strict)
    if isinstance(value, list):
        return [substitute(item, row, used=used, strict=strict) for item in value]
    if isinstance(value, Mapping):
        return {
            str(_substitute_text(key, row, used, strict=strict)): substitute(item, row, used=used, strict=strict)
            for key, item in value.items()
        }
    return value


def _substitute_text(text: str, row: Mapping[str, Any], used: set[str], *, strict: bool) -> Any:
    if "$" not in text:
        return text

    def value(match: re.Match[str]) -> Any:
        name = match[1] or match[2]
        if name in row:
            used.add(name)
            return row[name]
        if strict:
            raise MatrixError(f"${name} is no key of the matrix; known: {', '.join(row) or 'none'}")
        return match[0]

    whole = _REFERENCE.fullmatch(text)
    return value(whole) if whole else _REFERENCE.sub(lambda match: str(value(match)), text)


def references(value: Any) -> set[str]:
    """Return the names that strings in `value` still refer to."""
    found: set[str] = set()
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            if "$" in part:
                found |= {match[1] or match[2] for match in _REFERENCE.finditer(part)}
        elif isinstance(part, Mapping):
            pending += part
            pending += part.values()
        elif isinstance(part, list):
            pending += part
    return found
