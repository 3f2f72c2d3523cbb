"""The page about serving, held against the server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import small_ir

import wasi_nn_reference.serve
from wasi_nn_reference.cli.serve import parser
from wasi_nn_reference.serve.configuration import WorkerLimits, read_configuration
from wasi_nn_reference.serve.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = (Path(__file__).parents[3] / "docs" / "serving.md").read_text("utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def code(language: str, text: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def described(names: Iterable[str], text: str) -> list[str]:
    """Return the names that the text does not have."""
    return [name for name in names if f"`{name}" not in text]


def test_the_file_is_one(tmp_path: Path) -> None:
    (toml,) = code("toml", section("The file of a worker"))
    (tmp_path / "_files").mkdir()
    model = tmp_path / "_models" / "mobilenet"
    model.mkdir(parents=True)
    (model / "model.xml").write_bytes(small_ir.identity())
    (model / "model.bin").write_bytes(b"")
    file = tmp_path / "a.toml"
    file.write_text(toml, "utf-8")
    made = read_configuration(file, tmp_path, {"TOKEN": "x"}, WorkerLimits())
    assert made.limits == WorkerLimits()  # the figures are the defaults
    assert made.inference is not None
    assert list(made.inference.graphs) == ["mobilenet", "classifier"]


def test_every_option_that_is_named_exists() -> None:
    options = {option for action in parser()._actions for option in action.option_strings}  # noqa: SLF001 - no other way
    named = set(re.findall(r"`(--[a-z-]+)", PAGE)) | set(re.findall(r"# (--[a-z-]+)", PAGE))
    assert named - options == set()
    usual = {"--host", "--port", "--help", "-h", "--engine", "--isolation", "--no-cache", "--call-timeout"}
    assert [each for each in options - usual if not each.startswith("--max-") and each not in PAGE] == []


def test_every_figure_is_described() -> None:
    names = re.findall(r"^# TYPE (wasi_nn_\w+) ", Metrics().text().decode(), re.MULTILINE)
    figures = [name for name in names if not name.endswith("_created")]
    assert figures
    assert described(figures, section("Running it")) == []


def test_every_event_is_described() -> None:
    modules = Path(str(wasi_nn_reference.serve.__file__)).parent.glob("*.py")
    source = "".join(module.read_text("utf-8") for module in modules)
    events = set(re.findall(r'\.event\(\s*"(\w+)"', source)) | set(re.findall(r'_tell\(\s*visit,\s*"(\w+)"', source))
    assert {"request", "request_failed", "serving"} <= events
    assert described(sorted(events), section("Running it")) == []
