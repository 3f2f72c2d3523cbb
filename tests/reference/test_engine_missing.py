"""An engine that is not installed: the user is told what to install, wherever engines run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import small_ir
import small_onnx
from wat_guests import exiting

if TYPE_CHECKING:
    from pathlib import Path

NAME = '(data (i32.const 256) "m")'
LOAD = exiting("(call $load_by_name (i32.const 256) (i32.const 1) (i32.const 512))", more=NAME)
INVALID_ENCODING = 2


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """An environment in which the engines cannot be imported."""
    for name in ("openvino", "onnxruntime"):
        (tmp_path / "hidden" / name).mkdir(parents=True)
        (tmp_path / "hidden" / name / "__init__.py").write_text("raise ImportError")
    return {**os.environ, "PYTHONPATH": str(tmp_path / "hidden")}


@pytest.mark.parametrize("isolation", ["process", "none"])
@pytest.mark.parametrize(("encoding", "engine"), [("openvino", "openvino"), ("onnx", "onnxruntime")])
def test_the_user_is_told(tmp_path: Path, without: dict[str, str], isolation: str, encoding: str, engine: str) -> None:
    (tmp_path / "model.xml").write_bytes(small_ir.identity())
    (tmp_path / "model.bin").write_bytes(b"")
    (tmp_path / "model.onnx").write_bytes(small_onnx.unary())
    (tmp_path / "guest.wasm").write_bytes(LOAD)
    words = ["run", "--isolation", isolation, "--graph", f"m={encoding}::{tmp_path}", str(tmp_path / "guest.wasm")]
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "wasi_nn_reference", *words], env=without, capture_output=True, text=True, check=False
    )
    assert ended.returncode == INVALID_ENCODING
    first = ended.stderr.splitlines()[0]
    assert first == f"wasi-nn: {engine} is not installed; install it with: pip install 'wasi-nn-conformance[reference]'"
