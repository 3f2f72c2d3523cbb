"""Parts of a definition that repeat: `{repeat: {count: 260, index: i, each: ...}}`, where `$i` is 0, 1, ..."""

from collections.abc import Iterator, Mapping
from typing import Any

from wasi_nn_conformance.formats.matrix import substitute

_LARGEST = 10_000


class RepetitionError(ValueError):
    """A `repeat` that is not well formed."""


def written_out(value: Any) -> Any:
    """Return `value` with each `repeat` written out: in a list as items, in the place of a mapping as its entries.

    Raises RepetitionError.
    """
    if isinstance(value, list):
        return [each for item in value for each in (_rounds(item) if is_repeat(item) else [written_out(item)])]
    if not isinstance(value, Mapping):
        return value
    if not is_repeat(value):
        return {key: written_out(item) for key, item in value.items()}
    entries: dict[str, Any] = {}
    for number, part in enumerate(_rounds(value)):
        if not isinstance(part, Mapping):
            raise RepetitionError("repeat: in the place of a mapping, `each` is one too")
        entries |= part
        if len(entries) != (number + 1) * len(part):
            raise RepetitionError("repeat: an entry is given twice; use the index in its name")
    return entries


def is_repeat(value: Any) -> bool:
    """Return whether this is a repeat, and not a mapping whose only entry is called so."""
    if not isinstance(value, Mapping) or value.keys() != {"repeat"}:
        return False
    return isinstance(value["repeat"], Mapping) and "each" in value["repeat"]


def _rounds(value: Mapping[str, Any]) -> Iterator[Any]:
    repeat = value["repeat"]
    if repeat.keys() != {"count", "index", "each"}:
        raise RepetitionError("repeat takes `count`, `index` and `each`")
    count, index = repeat["count"], repeat["index"]
    if type(count) is not int or not 0 < count <= _LARGEST or not isinstance(index, str):
        raise RepetitionError(f"repeat: `count` is a number from 1 to {_LARGEST}, `index` a name")
    each = written_out(repeat["each"])
    for number in range(count):
        yield substitute(each, {index: number}, used=set(), strict=False)
