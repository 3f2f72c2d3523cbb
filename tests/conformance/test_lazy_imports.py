"""What a run of written vectors does without: a host's developer need not wait for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

WATCH = """\
import sys

def pytest_unconfigure():
    print("loaded:", [name for name in ("hypothesis", "onnx", "google.protobuf") if name in sys.modules])
"""


def test_written_vectors_load_neither_hypothesis_nor_onnx(
    pytester: pytest.Pytester, adapter_file: Callable[..., Path]
) -> None:
    pytester.makepyfile(watch=WATCH)
    options = ["--pyargs", "wasi_nn_conformance", f"--impl={adapter_file('numpy_host.py')}", "--fuzz-examples=0"]
    options += ["-p", "no:hypothesispytest"]  # which loads what it is a plugin for
    result = pytester.runpytest_subprocess(*options, "-p", "watch", "--abi=witx", "--case=context/two-graphs*")
    result.stdout.fnmatch_lines(["all 2 cases: 2 pass", "loaded: []"])
