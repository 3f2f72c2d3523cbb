"""The suite run on a host with known faults, by pytest as its users run it, and the report of that."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mutant import DEADLY, GROWTH, TOGETHER, faults_named

from wasi_nn_conformance.report.json_report import read_report
from wasi_nn_conformance.report.paragraph import replay_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zygote import Zygote

    from wasi_nn_conformance.report.data import Report
    from wasi_nn_conformance.results.case_result import CaseResult

ROOT = Path(__file__).resolve().parent.parent.parent
_ADAPTER = Path(__file__).resolve().parent / "mutant.toml"
_LAUNCHER = _ADAPTER.with_name("launch.py")
_PLAIN = ("-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--assert=plain")  # nothing that takes time
_FAILED, _UNUSABLE = 1, 4  # exit statuses: cases failed; the host could not be judged at all
_CANNOT = "no encoding can be used"


class CheckupError(Exception):
    """There is no report: pytest has ended in another way."""


class UnusableError(CheckupError):
    """There is no report because the host cannot load a good model, which the suite says in one sentence."""


@dataclass(frozen=True)
class Checkup:
    """What runs the suite on the reference with faults, whose processes `zygote` forks; its files lie in `folder`."""

    zygote: Zygote
    folder: Path

    def run(self, faults: Sequence[str], abi: str, encodings: Sequence[str], *more: str) -> Report:
        """Run all cases of an ABI in these encodings. Raises `CheckupError`, `UnusableError` if nothing was judged."""
        path = self.adapter(faults)
        words = ["pytest", "conformance/", f"--impl={path}", "--fuzz-examples=0", f"--abi={abi}", *more]
        words.append(f"--deselect={DEADLY}*")
        return self._report([*words, *(f"--encoding={encoding}" for encoding in encodings)])

    def replayed(self, report: Report, cases: Sequence[CaseResult]) -> dict[str, CaseResult]:
        """Run the lines that the report gives for some cases; return what came of each, by its id.

        Lines that differ in the case alone are run as one, with a process for each case. What shows only after other
        cases needs their process, so that line is run as it is.
        """
        as_they_are: list[list[str]] = []
        alike: dict[tuple[str, ...], list[str]] = {}
        for case in cases:
            line = shlex.split(replay_of(report, case))
            if case.shown_by:
                as_they_are.append(line)
            else:
                *command, option, value = line
                alike.setdefault(tuple(command), []).extend((option, value))
        lines = [*as_they_are, *([*line, *selected, "--fresh"] for line, selected in alike.items())]
        return {case.id: case for line in lines for case in self._report(line).cases}

    def adapter(self, faults: Sequence[str]) -> Path:
        """Write the adapter of the reference with these faults."""
        name = TOGETHER.join(faults)
        text = _ADAPTER.read_text("utf-8").replace("@mutant@", name).replace("@launcher@", str(_LAUNCHER))
        python, launcher, *words = tomllib.loads(text)["command"]
        # What stands for a forked process keeps its size.
        grows = any(GROWTH in fault.clauses for fault in faults_named(name))
        command = [python, launcher, *words] if grows else [*self.zygote.command, *words]
        lines = text.splitlines(keepends=True)
        lines = [f"command = {json.dumps(command)}\n" if line.startswith("command") else line for line in lines]
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".toml", delete=False) as file:
            file.write("".join(lines))
        return Path(file.name)

    def _report(self, line: Sequence[str]) -> Report:
        assert line[0] == "pytest"
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            done = subprocess.run(  # noqa: S603 - our own suite
                [sys.executable, "-m", *line, *_PLAIN, f"--report={folder}"],
                cwd=ROOT,
                env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
                capture_output=True,
                text=True,
                check=False,
            )
            said = [line for line in done.stdout.splitlines() + done.stderr.splitlines() if _CANNOT in line]
            if done.returncode == _UNUSABLE and said:
                raise UnusableError(said[0].removeprefix("ERROR: "))
            if done.returncode not in {0, _FAILED} or not (Path(folder) / "report.json").is_file():
                raise CheckupError(
                    f"{shlex.join(line)} ends with {done.returncode}: {done.stdout}{done.stderr}"[-2000:]
                )
            return read_report(Path(folder))
