"""The classifiers of `examples`, each built with the tools of its language where they are on the machine, and run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from program import without_warnings

EXAMPLES = Path(__file__).parents[2] / "examples"
IMAGES = sorted((EXAMPLES / "digits" / "images").glob("*.pgm"))
LABELS = [path.name.split("-")[1] for path in IMAGES]
PATIENCE = 300  # seconds that a compiler may take which builds its library first


class Language(NamedTuple):
    """How an example is built: programs of which one is needed, and the words after it."""

    tools: tuple[str, ...]
    words: tuple[str, ...]
    environment: dict[str, str] = {}  # noqa: RUF012 - nobody changes it


LANGUAGES = {
    "go": Language(
        ("go",), ("build", "-o", "{guest}", "."), {"GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local"}
    ),
    "c": Language(
        ("zig", "python-zig"), ("cc", "--target=wasm32-wasi", "-O2", "-Werror", "-Wall", "-o", "{guest}", "classify.c")
    ),
    "python": Language(
        ("componentize-py",), ("-d", "../wit", "-w", "classifier", "componentize", "app", "-o", "{guest}")
    ),
    "js": Language(("componentize-js",), ("app.js", "--wit", "../wit", "--world-name", "filter", "--out", "{guest}")),
}


@pytest.fixture
def guest(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example in that language, built; skips if no tool is there."""
    recipe = LANGUAGES[language]
    tool = next(filter(None, map(shutil.which, recipe.tools)), None)
    if tool is None:
        pytest.skip(f"none of these is on PATH: {', '.join(recipe.tools)}")
    monkeypatch.delenv("XDG_CACHE_HOME")  # compilers keep their libraries in the user's own cache
    made = tmp_path / "guest.wasm"
    source = shutil.copytree(EXAMPLES / f"classify-{language}", tmp_path / "examples" / language)
    shutil.copytree(EXAMPLES / "wit", tmp_path / "examples" / "wit")  # follows its link to guests/wit
    built = subprocess.run(  # noqa: S603 - a compiler on our own example
        [tool, *(word.format(guest=made) for word in recipe.words)],
        cwd=source,
        env=os.environ | recipe.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert built.returncode == 0, built.stderr + built.stdout
    return made


def run(guest: Path, *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
    graph = f"digits=onnx::{EXAMPLES / 'digits' / 'onnx' / 'model.onnx'}"
    command = [sys.executable, "-m", "wasi_nn_reference", "run", "--no-cache", "--graph", graph]
    ended = subprocess.run(  # noqa: S603 - our own program
        [*command, "--dir", f"{EXAMPLES / 'digits' / 'images'}::/images", str(guest), *words],
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return ended.returncode, ended.stdout.decode(), without_warnings(ended.stderr.decode())


@pytest.mark.parametrize("language", ["go", "c", "python"])
def test_a_classifier_tells_the_digits(guest: Path) -> None:
    names = [f"/images/{path.name}" for path in IMAGES]
    told = "".join(f"{name}: {label}\n" for name, label in zip(names, LABELS, strict=True))
    assert run(guest, *names) == (0, told, "")


@pytest.mark.parametrize("language", ["js"])
def test_a_classifier_that_imports_http_tells_the_digit(guest: Path) -> None:
    assert run(guest, stdin=IMAGES[3].read_bytes()) == (0, f"{LABELS[3]}\n", "")
