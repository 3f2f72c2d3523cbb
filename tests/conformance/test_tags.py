"""The records of the ABIs say what the specification does: the WIT files, and the numbers of the witx."""

import re
from typing import Any

import pytest
import yaml

from wasi_nn_conformance import paths
from wasi_nn_conformance.abi.registry import TAGS, words
from wasi_nn_conformance.abi.tag import Tag
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
