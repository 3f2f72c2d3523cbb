"""A YAML or TOML file as data that knows its lines, so that every complaint about it names one.

YAML is read as version 1.2 with its core schema: `no`, `12:30` and `0777` are what they look like, a key
given twice is an error. Words that YAML 1.1 takes for booleans are refused unless quoted, because an editor
or a script of the next person may still read the file that way.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .schema import Key, Schema

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_YAML_1_1_BOOLEAN = re.compile(r"(?i:y|n|yes|no|on|off)\Z")


class InputError(Exception):
    """What somebody wrote cannot be used: the file, the line if known, what is wrong and what to do."""

    def __init__(self, path: Path, line: int | None, message: str) -> None:
        self.path, self.line, self.message = path, line, message
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {message}")


class _CoreSchema(_LOADER):  # type: ignore[misc]
    """Resolves plain scalars as YAML 1.2's core schema does."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 PyYAML's own form


_PATTERNS: dict[str, re.Pattern[str]] = {}

for _name, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)", list("-+0123456789")),
    (
        "float",
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))",
        list("-+.0123456789"),
    ),
):
    _PATTERNS[_name] = re.compile(_pattern + r"\Z")
    _CoreSchema.add_implicit_resolver(_TAG + _name, _PATTERNS[_name], _first)


@dataclass(frozen=True)
class Document:
    """The parsed file: plain dicts, lists and scalars, and the line (from 1) of each key and item."""

    path: Path
    data: Any
    lines: Mapping[Key, int] = field(repr=False)

    def value(self, key: Key) -> Any:
        """Return what stands at `key`."""
        value = self.data
        for part in key:
            value = value[part]
        return value

    def line(self, key: Key) -> int | None:
        """Return the line of `key`, or of the nearest thing around it whose line is known."""
        for length in range(len(key), -1, -1):
            if key[:length] in self.lines:
                return self.lines[key[:length]]
        return None

    def error(self, key: Key, message: str) -> InputError:
        """Make the complaint about what stands at `key`."""
        return InputError(self.path, self.line(key), message)

    def check(self, schema: Schema) -> None:
        """Raise `InputError` where the document breaks `schema`."""
        if broken := schema.violation(self.data):
            raise self.error(*broken)


def read_yaml(path: Path) -> Document:
    """Read a YAML 1.2 file. Raises `InputError` for what is no UTF-8, no YAML, or has a key twice."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, None, f"cannot be read: {_reason(error)}") from None
    try:
        root = yaml.compose(text, Loader=_CoreSchema)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(path, line, f"not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise InputError(path, None, f"not YAML: {error}") from None
    if root is None:
        raise InputError(path, 1, "the file is empty")
    lines: dict[Key, int] = {}
    try:
        data = _Construction(path, lines).value(root, (), ())
    except RecursionError:
        raise InputError(path, None, "values are nested too deeply: simplify the file") from None
    return Document(path, data, lines)


@dataclass(frozen=True)
class _Construction:
    path: Path
    lines: dict[Key, int]

    def value(self, node: yaml.Node, key: Key, around: tuple[yaml.Node, ...]) -> Any:
        self.lines.setdefault(key, node.start_mark.line + 1)
        if any(node is outer for outer in around):
            raise self.error(node, "an alias refers to the value that contains it")
        if isinstance(node, yaml.CollectionNode) and (tag := node.tag.removeprefix(_TAG)) not in ("map", "seq"):
            raise self.error(node, f"the tag {tag!r} is not used here")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, key, (*around, node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*key, index), (*around, node)) for index, item in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: yaml.MappingNode, key: Key, around: tuple[yaml.Node, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            name = self.scalar(key_node)
            if not isinstance(name, str):
                raise self.error(key_node, f"the key {key_node.value!r} is no string; quote it")
            if name in result:
                first = self.lines[*key, name]
                raise self.error(key_node, f"the key {name!r} is given twice (first in line {first})")
            self.lines[*key, name] = key_node.start_mark.line + 1
            result[name] = self.value(value_node, (*key, name), around)
        return result

    def scalar(self, node: yaml.Node) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(node, "a key must be a plain word")
        text: str = node.value
        tag = node.tag.removeprefix(_TAG)
        if tag in _PATTERNS and not _PATTERNS[tag].match(text):
            raise self.error(node, f"{text!r} is no {tag}")
        match tag:
            case "str":
                # A plain scalar's style is None to PyYAML's own parser and "" to libyaml's.
                if not node.style and _YAML_1_1_BOOLEAN.match(text):
                    raise self.error(node, f"{text!r} is a boolean to readers of YAML 1.1: quote or reword it")
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
            case "float":
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
            case _:
                raise self.error(node, f"the tag {tag!r} is not used here")

    def error(self, node: yaml.Node, message: str) -> InputError:
        return InputError(self.path, node.start_mark.line + 1, message)


def read_toml(path: Path) -> Document:
    """Read a TOML file. Raises `InputError` for what is no UTF-8 or no TOML."""
    try:
        text = path.read_text("utf-8-sig")  # some editors begin a file with a mark
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise InputError(path, int(found[1]) if found else None, f"not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, None, f"cannot be read: {_reason(error)}") from None
    return Document(path, data, dict(_toml_lines(text, data)))


def _toml_lines(text: str, data: Mapping[str, Any]) -> Iterator[tuple[Key, int]]:
    """Find the lines of keys by their spelling: tomllib keeps no positions."""
    table: Key = ()
    seen: dict[Key, int] = {}  # arrays of tables: the index of the last one
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+([^\]\"']+)\]+", line):
            table = tuple(part.strip() for part in header[1].split("."))
            if isinstance(_lookup(data, table), list):
                seen[table] = seen.get(table, -1) + 1
                table = (*table, seen[table])
            yield table, number
        elif assignment := re.match(r"\s*(?:([\w.-]+)|[\"']([\w.-]+)[\"'])\s*=", line):
            yield (*table, *(assignment[1].split(".") if assignment[1] else (assignment[2],))), number


def _lookup(data: Any, key: Key) -> Any:
    for part in key:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return error.strerror or type(error).__name__
