import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.formats.document import Document, InputError, read_toml, read_yaml
from wasi_nn_conformance.formats.schema import schema

Writer = Callable[[str, str], Path]


@pytest.fixture
def yaml(write: Writer) -> Callable[[str], Document]:
    return lambda text: read_yaml(write("file.yaml", text))


@pytest.fixture
def toml(write: Writer) -> Callable[[str], Document]:
    return lambda text: read_toml(write("file.toml", text))


# The core schema of YAML 1.2.2, section 10.3.2.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("true", True), ("True", True), ("FALSE", False), ("tRUE", "tRUE")],
        *[("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None), ("nULL", "nULL")],
        *[("0", 0), ("-7", -7), ("+7", 7), ("0777", 777), ("0o17", 15), ("0x1F", 31), ("0xdeadBEEF", 0xDEADBEEF)],
        *[("1_000", "1_000"), ("0b11", "0b11"), ("-0x1F", "-0x1F"), ("0o8", "0o8")],
        *[("1e-3", 0.001), ("1E3", 1000.0), ("-1.5", -1.5), (".5", 0.5), ("1.", 1.0), ("+1.e+2", 100.0)],
        *[(".inf", math.inf), ("+.Inf", math.inf), ("-.INF", -math.inf), ("inf", "inf"), ("nan", "nan")],
        *[("12:30", "12:30"), ("190:20:30", "190:20:30"), ("2024-10-28", "2024-10-28"), ("=", "="), ("1 2", "1 2")],
        *[('"no"', "no"), ("'y'", "y"), ('"12"', "12"), ("'null'", "null"), ("nope", "nope"), ("yes please",) * 2],
    ],
)
def test_scalar_reads_as_yaml_1_2(yaml: Callable[[str], Document], text: str, value: object) -> None:
    read = yaml(f"key: {text}\n").data["key"]
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_nan_is_a_float(yaml: Callable[[str], Document], text: str) -> None:
    assert math.isnan(yaml(f"key: {text}\n").data["key"])


@pytest.mark.parametrize("word", ["no", "No", "NO", "yes", "on", "off", "Off", "y", "n", "N"])
def test_a_boolean_of_yaml_1_1_is_refused_with_its_line(yaml: Callable[[str], Document], word: str) -> None:
    with pytest.raises(InputError, match=rf"file\.yaml:2: '{word}' is a boolean to readers of YAML 1\.1: quote"):
        yaml(f"a: 1\nname: {word}\n")


def test_a_boolean_of_yaml_1_1_is_refused_as_a_key(yaml: Callable[[str], Document]) -> None:
    with pytest.raises(InputError, match=r"file\.yaml:2: 'on' is a boolean"):
        yaml("a: 1\non: 2\n")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3\n", "3: the key 'a' is given twice (first in line 1)"),
        ("- x: 1\n- b: {z: 1,\n   z: 2}\n", "3: the key 'z' is given twice (first in line 2)"),
        ("a: 1\n1: 2\n", "2: the key '1' is no string; quote it"),
        ("a: 1\n[b]: 2\n", "2: a key must be a plain word"),
        ("a: 1\nb: !thing x\n", "2: the tag '!thing' is not used here"),
        ("a: 1\nb: !!binary eA==\n", "2: the tag 'binary' is not used here"),
        ("a: 1\nb: !!int x\n", "2: 'x' is no int"),
        ("a: 1\nb: !!float x\n", "2: 'x' is no float"),
        ("a: 1\nb: !!bool x\n", "2: 'x' is no bool"),
        ("a: 1\nb: !!null x\n", "2: 'x' is no null"),
        ("a: 1\nb: !!set {x, z}\n", "2: the tag 'set' is not used here"),
        ("a: 1\nb: !things [x]\n", "2: the tag '!things' is not used here"),
        ("a: 1\nb: &b\n- *b\n", "2: an alias refers to the value that contains it"),
        ("a: &a\n  b: {c: *a}\n", "1: an alias refers to the value that contains it"),
        ("a: 1\nb: *c\n", "2: not YAML: found undefined alias"),
        ("a: 1\nb: [\n", "3: not YAML: "),
        ("a: 1\n---\nb: 1\n", "2: not YAML: "),
        ("", "1: the file is empty"),
        ("# only a comment\n", "1: the file is empty"),
    ],
)
def test_bad_yaml_is_refused_with_its_line(yaml: Callable[[str], Document], text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=rf"file\.yaml:{re.escape(complaint)}"):
        yaml(text)


def test_deep_nesting_is_refused(yaml: Callable[[str], Document]) -> None:
    # PyYAML has a limit of its own from 6.0.4 on.
    with pytest.raises(InputError, match=r"file\.yaml:(?:1:)? .*nest(?:ed|ing)"):
        yaml("[" * 5000 + "]" * 5000)


@pytest.mark.parametrize("read", [read_yaml, read_toml])
def test_bytes_that_are_no_utf_8_are_refused(tmp_path: Path, read: Callable[[Path], Document]) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a = 1\n# \xff\n")
    with pytest.raises(InputError, match=r"file: cannot be read: byte 8 is not UTF-8"):
        read(path)


@pytest.mark.parametrize("read", [read_yaml, read_toml])
def test_a_missing_file_is_an_input_error(tmp_path: Path, read: Callable[[Path], Document]) -> None:
    with pytest.raises(InputError, match="file: cannot be read: No such file or directory"):
        read(tmp_path / "file")


def test_an_alias_used_twice_is_its_value_twice(yaml: Callable[[str], Document]) -> None:
    assert yaml("a: &x [1]\nb: *x\nc: *x\n").data == {"a": [1], "b": [1], "c": [1]}


YAML_LINES = """\
- id: one
  steps:
    - load: {as: g,
             model: m}
-
  id: two
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ((), 1),
        ((0,), 1),
        ((0, "id"), 1),
        ((0, "steps"), 2),
        ((0, "steps", 0), 3),
        ((0, "steps", 0, "load", "model"), 4),
        ((1,), 6),
        ((1, "id"), 6),
        ((0, "steps", 0, "load", "nothing", "here"), 3),
    ],
)
def test_line_of_a_yaml_key(yaml: Callable[[str], Document], key: tuple[str | int, ...], line: int) -> None:
    assert yaml(YAML_LINES).line(key) == line


TOML_LINES = """\
name = "x"

[program]
names = [
  "a",
]
"variable" = "V"
[limits.more]
seconds = 1
dotted.key = 1
[[list]]
entry = 1
[[list]]
entry = 2
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("name",), 1),
        (("program",), 3),
        (("program", "names"), 4),
        (("program", "names", 0), 4),
        (("program", "variable"), 7),
        (("limits", "more", "seconds"), 9),
        (("limits", "more", "dotted", "key"), 10),
        (("list", 0, "entry"), 12),
        (("list", 1), 13),
        (("list", 1, "entry"), 14),
        (("nothing",), None),
    ],
)
def test_line_of_a_toml_key(toml: Callable[[str], Document], key: tuple[str | int, ...], line: int | None) -> None:
    assert toml(TOML_LINES).line(key) == line


def test_bad_toml_is_refused_with_its_line(toml: Callable[[str], Document]) -> None:
    with pytest.raises(InputError, match=r"file\.toml:2: not TOML: "):
        toml("a = 1\nb = \n")


def test_a_key_given_twice_in_toml_is_refused_with_its_line(toml: Callable[[str], Document]) -> None:
    with pytest.raises(InputError, match=r"file\.toml:2: not TOML: "):
        toml("a = 1\na = 2\n")


CLAUSE: dict[str, Any] = {
    "id": "a.b",
    "level": "must",
    "text": "A host does what it is asked.",
    "about": "[witx:load]",
    "source": "[https://github.com/WebAssembly/wasi-nn/blob/0.2.0-rc-2024-10-28/wasi-nn.witx#L61-L66]",
}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("sorce: witx", r"7: \[0\]: unknown key 'sorce'; known here: about, choices, id, level"),
        ("level: maybe", r"3: \[0\]\.level: 'maybe' is not one of"),
        ("text: 7", r"4: \[0\]\.text: 7 is not of type 'string'"),
    ],
)
def test_a_broken_schema_names_the_line_of_the_key(
    yaml: Callable[[str], Document], change: str, complaint: str
) -> None:
    fields = CLAUSE | dict([change.split(": ")])
    text = "# clauses\n- " + "\n  ".join(f"{key}: {value}" for key, value in fields.items())
    with pytest.raises(InputError, match=rf"file\.yaml:{complaint}"):
        yaml(text).check(schema("clauses"))


def test_a_missing_key_names_the_line_of_what_lacks_it(yaml: Callable[[str], Document]) -> None:
    with pytest.raises(InputError, match=r"file\.yaml:2: \[0\]: 'level' is a required property"):
        yaml("#\n- id: a.b\n  text: A host does what it is asked.\n  about: [witx:load]\n").check(schema("clauses"))
