"""A TOML file whose every complaint names the file, the line and the key, and which has no key that nobody reads."""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Key = tuple[str | int, ...]
_Kind = TypeVar("_Kind")
_REQUIRED: Any = object()
_KINDS = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


class Document:
    """The file, and the line of each key that it gives."""

    def __init__(self, path: Path, lines: dict[Key, int]) -> None:
        self.path = path
        self._lines = lines

    def error(self, key: Key, message: str) -> UserError:
        """Return the complaint about what stands at `key`, or about the whole file."""
        spelled = ".".join(map(str, (part for part in key if isinstance(part, str))))
        line = next((self._lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in self._lines), None)
        where = f"{self.path}:{line}" if line else str(self.path)
        return UserError(f"{where}: {spelled}: {message}" if spelled else f"{where}: {message}")


class Table:
    """A table of the file. Its keys are read one by one; `finish` refuses those that were not."""

    def __init__(self, document: Document, key: Key, data: dict[str, Any]) -> None:
        self._document = document
        self._key = key
        self._data = data
        self._read: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self._data

    @property
    def names(self) -> list[str]:
        """The keys that are given."""
        return list(self._data)

    def error(self, name: str, message: str) -> UserError:
        """Return the complaint about a key; `""` is the table itself."""
        return self._document.error((*self._key, name) if name else self._key, message)

    def text(self, name: str, default: str = _REQUIRED) -> str:
        """Return a string; raises UserError, as all of these do, for another kind, or if it is wanted and missing."""
        return self._value(name, str, default)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean."""
        return self._value(name, bool, default)

    def count(self, name: str, default: int, *, least: int = 1) -> int:
        """Return a whole number, `least` or more."""
        number = self._value(name, int, default)
        if number < least:
            raise self.error(name, f"is {number}; it must be {least} or more")
        return number

    def seconds(self, name: str, default: float) -> float:
        """Return a time of more than 0."""
        number = self._value(name, float, default)
        if not 0 < number < float("inf"):
            raise self.error(name, f"is {number:g}; it must be a time of more than 0 seconds")
        return number

    def choice(self, name: str, known: Iterable[str], default: str = _REQUIRED) -> str:
        """Return a string that is one of `known`."""
        value = self.text(name, default)
        self._known(name, value, list(known))
        return value

    def choices(self, name: str, known: Iterable[str]) -> list[str]:
        """Return a list of strings that are all of `known`; none if it is not given."""
        values = self._value(name, list, [])
        for value in values:
            if not isinstance(value, str):
                raise self.error(name, "must be a list of strings")
            self._known(name, value, list(known))
        return values

    def texts(self, name: str) -> dict[str, str]:
        """Return a table of strings; an empty one if it is not given."""
        values = self._value(name, dict, {})
        for key, value in values.items():
            if not isinstance(value, str):
                raise self._document.error((*self._key, name, key), "must be a string")
        return values

    def table(self, name: str) -> Table | None:
        """Return a table."""
        data = self._value(name, dict, None)
        return None if data is None else Table(self._document, (*self._key, name), data)

    def tables(self, name: str) -> list[Table]:
        """Return an array of tables; an empty one if it is not given."""
        values = self._value(name, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.error(name, f"must be an array of tables: [[{name}]]")
        return [Table(self._document, (*self._key, name, index), value) for index, value in enumerate(values)]

    def finish(self) -> None:
        """Refuse the first key that was not read: it is none of this table's."""
        for name in self._data:
            if name not in self._read:
                known = ", ".join(self._read) or "none"
                raise self.error(name, f"is no key of this table{did_you_mean(name, self._read)}; known: {known}")

    def _value(self, name: str, kind: type[_Kind], default: Any) -> _Kind:
        self._read.append(name)
        if name not in self._data:
            if default is _REQUIRED:
                raise self.error("", f"needs the key {name}")
            return default  # type: ignore[no-any-return] # of that kind, by whoever asks
        value = self._data[name]
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise self.error(name, f"must be {_KINDS[kind]}")
        return value

    def _known(self, name: str, value: str, known: list[str]) -> None:
        if value not in known:
            raise self.error(name, f"{value!r} is not known{did_you_mean(value, known)}; known: {', '.join(known)}")


def read_toml(path: Path) -> Table:
    """Return the table that is the whole file; raises UserError for what is no TOML."""
    try:
        text = path.read_text("utf-8-sig")  # some editors begin a file with a mark
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise UserError(f"{path}:{line[1] if line else 1}: not TOML: {error}") from None
    return Table(Document(path, dict(_lines(text))), (), data)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the part of a complaint that names the known word that is near, or nothing."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]\"']+?)\s*\]")
_ASSIGNMENT = re.compile(r"\s*([\w.-]+|\"[^\"]*\"|'[^']*')\s*=")


def _lines(text: str) -> Iterator[tuple[Key, int]]:
    """Find where keys are given, by their spelling: tomllib keeps no positions."""
    table: Key = ()
    counts: dict[Key, int] = {}  # of the arrays of tables, how many tables each has so far
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            named: Key = tuple(part.strip() for part in header[2].split("."))
            if header[1] == "[[":
                counts[named] = counts.get(named, 0) + 1
            table = _within(named, counts)
            yield named, number
            yield table, number
        elif assignment := _ASSIGNMENT.match(line):
            word = assignment[1]
            parts = (word[1:-1],) if word[0] in "\"'" else tuple(word.split("."))
            yield (*table, *parts), number


def _within(named: Key, counts: dict[Key, int]) -> Key:
    """Return the key of a header with the number of the table that it means, wherever an array is on the way."""
    key: Key = ()
    for end in range(1, len(named) + 1):
        key = (*key, named[end - 1])
        if named[:end] in counts:
            key = (*key, counts[named[:end]] - 1)
    return key
