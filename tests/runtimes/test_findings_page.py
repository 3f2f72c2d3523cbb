"""docs/findings.md is made by a program that needs the runtimes; this holds its form, and what it leads to."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.paths import IMPLS
from wasi_nn_conformance.run.library import Library

HOUSE = Path(__file__).resolve().parents[2]
PAGE = (HOUSE / "docs" / "findings.md").read_text("utf-8")
RUNTIMES = {
    "wasmtime": "Wasmtime with OpenVINO",
    "wasmtime-onnx": "Wasmtime with ONNX Runtime",
}
SECTIONS = {title: text for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])}
FINDINGS = re.findall(r"^### \d+\. .*?(?=^###|\Z)", PAGE, re.DOTALL | re.MULTILINE)
FILES = sorted((HOUSE / "docs" / "findings").glob("*.jsonl"))


def reasons(adapter: str, *, of_every_processor: bool) -> set[str]:
    """Return the reasons of what written vectors find; what only some processors do may be missing on the page."""
    known = tomllib.loads((IMPLS / f"{adapter}.known-failures.toml").read_text("utf-8"))["known"]
    written = [entry for entry in known if any(not case.startswith("fuzz/") for case in entry["cases"])]
    return {entry["because"] for entry in written if not (of_every_processor and "cpu" in entry)}


def command(finding: str) -> list[str]:
    """Return the words of the runtime's command, without where its input comes from."""
    (line,) = re.findall(r"^\$ (.*)$", finding, re.MULTILINE)
    return shlex.split(line.rpartition(" | ")[2].partition(" < ")[0])


def files(finding: str) -> list[Path]:
    """Return the files of lines that the command gives the runtime."""
    (line,) = re.findall(r"^\$ (.*)$", finding, re.MULTILINE)
    return [HOUSE / path for path in re.findall(r"docs/findings/[\w.-]+\.jsonl", line)]


@pytest.mark.parametrize("adapter", RUNTIMES)
def test_there_is_a_finding_for_each_reason_of_the_known_failures(adapter: str) -> None:
    told = re.findall(r"^### \d+\. (.*)$", SECTIONS[RUNTIMES[adapter]], re.MULTILINE)
    assert len(set(told)) == len(told)
    assert reasons(adapter, of_every_processor=True) <= set(told) <= reasons(adapter, of_every_processor=False)


@pytest.mark.parametrize("title", RUNTIMES.values())
def test_the_history_has_a_row_for_each_finding_and_a_column_for_each_version(title: str) -> None:
    text = SECTIONS[title]
    (head,) = re.findall(r"^\| finding \| (.*) \|$", text, re.MULTILINE)
    rows = re.findall(r"^\| \d+\. (.*?) \| (.*) \|$", text, re.MULTILINE)
    assert [name for name, _ in rows] == re.findall(r"^### \d+\. (.*)$", text, re.MULTILINE)
    assert {len(marks.split("|")) for _, marks in rows} == {len(head.split("|"))}
    assert all("x" in marks for _, marks in rows)


def test_the_clauses_of_findings_are_those_there_are() -> None:
    clauses = Library().clauses
    named = re.findall(r"^\* `([\w.-]+)` \((\w+)\): ", "\n".join(FINDINGS), re.MULTILINE)
    assert named
    assert [(name, level) for name, level in named if clauses[name].level != level] == []


def test_what_a_command_needs_is_there() -> None:
    for finding in FINDINGS:
        words = command(finding)
        assert words[:4] == ["wasmtime", "run", "-S", "nn"]
        assert (HOUSE / words[-1]).is_file()
        assert files(finding)
        for graph in re.findall(r"nn-graph=\w+::(\S+)", " ".join(words)):
            assert (HOUSE / graph).is_dir()
    assert {path for finding in FINDINGS for path in files(finding)} == set(FILES)


@pytest.mark.parametrize(
    ("module", "path"),
    [pytest.param(command(finding)[-1], path, id=path.name) for finding in FINDINGS for path in files(finding)],
)
def test_a_file_of_lines_is_requests(module: str, path: Path) -> None:
    abi = Path(module).stem.removeprefix("probe-")
    requests = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    exchange = schema("probe-protocol")
    assert requests
    assert [wrong for each in requests if (wrong := exchange.violation({"abi": abi, "request": each}))] == []
