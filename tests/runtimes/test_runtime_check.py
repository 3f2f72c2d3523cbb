"""The table of runtimes: a run of the suite on a program that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import check
from programs import Program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for every program by one that cannot be asked."""
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 3\n", "ascii")
    program.chmod(0o755)
    (tmp_path / "libopenvino_c.so").touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.setattr(check, "programs", lambda: {"1.0.0": Program("1.0.0", "wasmtime", "WASMTIME", lambda: program)})


@pytest.mark.usefixtures("dies")
def test_a_runtime_that_cannot_be_asked_has_no_row_of_numbers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "1.0.0" / "report.json"
    old.parent.mkdir()
    old.write_text("{}", "ascii")
    assert check.main(["--only", "1.0.0", "--reports", str(tmp_path)]) == 1
    assert "| 1.0.0 | no report, exit status 4 |" in capfd.readouterr().out
    assert not old.exists()


@pytest.mark.usefixtures("dies")
def test_a_name_that_none_has_checks_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--only", "1.0.0,9.9.9", "--reports", str(tmp_path)]) == 2
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "check.py: no such program: 9.9.9; there are: 1.0.0\n")


def test_the_reference_has_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        check, "programs", lambda: {"x": Program("x", "reference", "NOTHING", lambda: tmp_path / "none")}
    )
    options = ["--only", "x", "--reports", str(tmp_path), "--case", "compute/often[witx-openvino]"]
    assert check.main(options) == 0
    row = check.Row("x", 0, 1.0, check.read_report(tmp_path / "x" / "report.json"))
    assert row.cells[2] == "1"
    assert row.cells[3:8] == ("0", "0", "0", "0 of 0 causes", "0 of 0 causes")
    assert len(row.cells) == len(check.HEAD)
