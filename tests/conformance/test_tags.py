"""The records of the ABIs say what the specification does: the WIT files, and the numbers of the witx."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from wasi_nn_conformance import paths
from wasi_nn_conformance.abi.registry import AUTODETECT, TAGS, words
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.models import ENCODINGS, ElementType

WIT_FILES = paths.PACKAGE.parents[1] / "guests" / "wit"
WIT_TAGS = [tag for tag in TAGS.values() if tag.family == "wit"]
NAMED = {"FP16": "f16", "FP32": "f32", "FP64": "f64", "BF16": "bf16", "U8": "u8", "I32": "i32", "I64": "i64"}


def wit(tag: Tag) -> str:
    text = (WIT_FILES / tag.release.removeprefix("0.2.0-rc-") / "wasi-nn.wit").read_text("utf-8")
    return re.sub(r"//.*", "", text)


def enumeration(tag: Tag, name: str) -> list[str]:
    found = re.search(rf"enum {name} \{{(.*?)\}}", wit(tag), re.DOTALL)
    assert found is not None
    return [word for word in re.split(r"[\s,]+", found[1]) if word]


def witx(name: str) -> list[str]:
    """Return the members of an enumeration of the witx, in the order of their numbers."""
    declared: dict[str, dict[str, Any]] = yaml.safe_load((paths.VECTORS / "declarations.yaml").read_text("utf-8"))[
        "witx"
    ]
    cases = {entry["number"]: key.partition(".")[2] for key, entry in declared.items() if key.startswith(f"{name}.")}
    assert sorted(cases) == list(range(len(cases)))
    return [cases[number] for number in sorted(cases)]


each_wit = pytest.mark.parametrize("tag", WIT_TAGS, ids=lambda tag: tag.name)


@each_wit
def test_the_package_has_the_version_of_the_record(tag: Tag) -> None:
    assert f"package wasi:nn@{tag.release};" in wit(tag)


@each_wit
def test_the_record_has_the_enumerations_of_the_wit(tag: Tag) -> None:
    assert list(tag.encodings) == enumeration(tag, "graph-encoding")
    assert list(tag.targets) == enumeration(tag, "execution-target")
    assert list(tag.tensor_types) == [NAMED[name] for name in enumeration(tag, "tensor-type")]
    assert list(tag.errors) == [code.replace("-", "_") for code in enumeration(tag, "error-code")]


@each_wit
def test_the_record_has_the_capabilities_of_the_wit(tag: Tag) -> None:
    functions = set(re.findall(r"([\w-]+): (?:static )?func", wit(tag)))
    compute = re.search(r"compute: func\((.*?)\)(.*?);", wit(tag), re.DOTALL)
    error = re.search(r"resource error \{(.*?)\}", wit(tag), re.DOTALL)
    assert compute is not None
    assert error is not None
    assert (tag.set_input, tag.get_output) == ("set-input" in functions, "get-output" in functions)
    assert (tag.inputs_at_compute, tag.outputs_at_compute) == (bool(compute[1].strip()), "list<" in compute[2])
    assert tag.error_constructor == ("constructor" in error[1])
    assert (tag.resources, tag.names, tag.pointers, tag.numbers) == (True, True, False, False)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("errors", "nn_errno"),
        ("encodings", "graph_encoding"),
        ("targets", "execution_target"),
        ("tensor_types", "tensor_type"),
    ],
)
def test_the_record_of_witx_has_each_member_at_its_number(field: str, name: str) -> None:
    assert list(getattr(TAGS["witx"], field)) == witx(name)


def test_each_abi_has_its_probe() -> None:
    assert [tag.probe for tag in TAGS.values() if not (paths.GUESTS / tag.probe).is_file()] == []


def test_the_suite_knows_every_element_type() -> None:
    assert set(words("tensor_types")) == set(ElementType)


def test_every_encoding_is_one_of_an_abi() -> None:
    assert list(ENCODINGS) == [name for name in words("encodings") if name in ENCODINGS]


OWN = paths.PACKAGE / "abi" / "registry.py"
PACKAGES = {
    paths.PACKAGE / "impls" / "openvino_libraries.py",
    paths.PACKAGE / "pytest_plugin" / "fuzz_options.py",
    paths.PACKAGE / "report" / "environment.py",
}
"""What speaks of packages of Python that are called like an encoding."""


def named(path: Path) -> Iterator[str]:
    """Return the strings of a module that are names of encodings, or of ABIs but for that which is also a family."""
    names = {*words("encodings"), *TAGS} - {AUTODETECT, *(tag.family for tag in TAGS.values())}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and node.value in names:
            yield str(node.value)


def test_no_module_but_its_own_names_an_encoding_or_an_abi() -> None:
    found = {
        str(path.relative_to(paths.PACKAGE)): set(named(path)) - {path.parent.name if "encodings" in path.parts else ""}
        for path in paths.PACKAGE.rglob("*.py")
        if path != OWN and path not in PACKAGES
    }
    assert {path: names for path, names in found.items() if names} == {}
    assert set(named(OWN)) > {"onnx", "wit-2024-10-28"}


@pytest.mark.parametrize("name", ["vector", "adapter", "export", "known-failures", "clauses", "declarations"])
def test_no_schema_lists_what_the_records_have(name: str) -> None:
    text = (paths.SCHEMAS / f"{name}.schema.json").read_text("utf-8")
    listed = {*words("encodings"), *TAGS, "bf16", "invalid_argument"} - {
        "witx",
        AUTODETECT,
    }  # a family too; no encoding
    assert {word for word in listed if f'"{word}"' in text} == set()


def test_the_schema_of_models_knows_every_element_type() -> None:
    element = schema("models").form["$defs"]["element"]["pattern"]
    assert [name for name in ElementType if re.fullmatch(element, name) is None] == []
    assert re.fullmatch(element, "f8") is None
