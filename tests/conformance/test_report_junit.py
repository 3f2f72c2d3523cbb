from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytest_plugins = ["pytester"]

VECTORS = """
- id: fails
  clause: compute.repeatable
  why: because a host may get this wrong
  steps:
  - compute: {context: {raw: 1}}
- id: model
  clause: compute.repeatable
  why: because a host may get this wrong
  steps:
  - load: {model: add-f32, as: g}
"""


@pytest.fixture
def properties(
    pytester: pytest.Pytester, write: Callable[[str, str], Path], adapter_file: Callable[..., Path], tmp_path: Path
) -> dict[str, dict[str, str]]:
    """Run the suite with JUnit's file, and give the properties of each of its cases."""
    options = ["--pyargs", "wasi_nn_conformance", "-p", "no:hypothesispytest", "-p", "no:cacheprovider", "--abi=witx"]
    impl = adapter_file(f"mortal {tmp_path / 'starts'}", encodings=["onnx"])
    options += [f"--impl={impl}", f"--vectors={write('area.yaml', VECTORS)}"]
    pytester.runpytest_inprocess(*options, f"--junitxml={tmp_path / 'junit.xml'}")
    cases = ET.parse(tmp_path / "junit.xml").getroot().iter("testcase")  # noqa: S314 pytest has just written it
    return {
        str(case.get("name")): {str(p.get("name")): str(p.get("value")) for p in case.iter("property")}
        for case in cases
    }


def test_junit_has_the_properties_of_each_case(properties: dict[str, dict[str, str]]) -> None:
    same = {"clause": "compute.repeatable", "level": "must", "abi": "witx"}
    failed = "error invalid_argument; wanted success; step 1 (compute), line 6"
    unsupported = "miniature does not serve the encoding openvino"
    assert properties == {
        "fails[witx]": {**same, "verdict": "fail", "diagnosis": failed},
        "model[witx-openvino]": {
            **same,
            "encoding": "openvino",
            "verdict": "unsupported",
            "diagnosis": unsupported,
        },
        "model[witx-onnx]": {**same, "encoding": "onnx", "verdict": "pass"},
    }
