import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from wasi_nn_conformance import paths as places

HOUSE = Path(__file__).resolve().parents[2]
SUITE = places.PACKAGE
REFERENCE = HOUSE / "reference" / "wasi_nn_reference"
FOREIGN = ("wasi_nn_reference", "wasmtime", "openvino", "onnxruntime")
# The module that writes the models in ONNX: run by whoever changes a model, never by the suite.
WRITERS = {SUITE / "models" / "encodings" / "onnx" / name for name in ("model.py", "mutation.py")}
# What only a run that generates loads; a test of what is loaded holds that against `sys.modules`.
LOADED_BY_SEARCHES = {
    SUITE / "pytest_plugin" / "search_items.py",
    *(SUITE / "models" / name for name in ("mutation.py", "encodings/openvino/mutation.py")),
    # For types only.
    *(SUITE / "models" / name for name in ("encoding.py", "encodings/onnx/__init__.py")),
    SUITE / "models" / "encodings" / "openvino" / "__init__.py",
}


def imported(path: Path) -> Iterator[str]:
    """Return the top-level names that a module imports, at any depth of its code."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", sorted(SUITE.rglob("*.py")), ids=lambda path: str(path.relative_to(SUITE)))
def test_the_suite_imports_no_host_and_no_engine(path: Path) -> None:
    assert not set(imported(path)) & set(FOREIGN)


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.py")), ids=lambda path: str(path.relative_to(REFERENCE)))
def test_the_reference_imports_the_suite_in_its_command_line_only(path: Path) -> None:
    assert "wasi_nn_conformance" not in imported(path) or path.parent == REFERENCE / "cli"


def test_the_plugin_is_imported_where_no_engine_is() -> None:
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in (*FOREIGN, "onnx", "sklearn"))
    done = subprocess.run(  # noqa: S603 this Python
        [sys.executable, "-c", f"import sys; {blocked}import wasi_nn_conformance.pytest_plugin.hooks"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_suite_imports_is_declared() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["project"]
    distributions = packages_distributions()
    for path in SUITE.rglob("*.py"):
        generates = path in WRITERS or path.is_relative_to(SUITE / "fuzz") or path in LOADED_BY_SEARCHES
        wanted = [*project["dependencies"], *(project["optional-dependencies"]["fuzz"] if generates else ())]
        declared = {re.split(r"[^\w-]", dependency)[0].lower() for dependency in wanted}
        foreign = {*imported(path)} - sys.stdlib_module_names - {"wasi_nn_conformance", "wasi_nn_cli"}
        for name in foreign:
            assert {each.lower().replace("_", "-") for each in distributions[name]} <= declared, (path, name)


def test_no_dependency_brings_a_plugin_of_pytest() -> None:
    ours = "wasi-nn-conformance"
    waiting, installed = [ours], {}
    while waiting:
        name = waiting.pop()
        try:
            installed[name] = distribution(name)
        except PackageNotFoundError:  # of another platform
            continue
        needs = map(Requirement, installed[name].requires or ())
        wanted = {need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})}
        waiting += wanted - installed.keys()
    plugins = {name for name, each in installed.items() if each.entry_points.select(group="pytest11")}
    assert ({"pytest", "numpy"} <= installed.keys(), plugins) == (True, {ours})
