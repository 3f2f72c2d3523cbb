"""A case as its author needs it: the lines to feed the runtime with, the command, and what was said in words."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_conformance.export.dump import CONVERSATION, GRAPHS, LINES
from wasi_nn_conformance.run.adapter import probe_path, read_adapter

if TYPE_CHECKING:
    from programs import Program
    from wasi_nn_conformance.results.case_result import CaseResult

_HOUSE = Path(__file__).resolve().parents[1]
# Bytes that a reply has for no tensor: what was in memory, and is something else each time.
_RAW = re.compile(r"(?<=^< )(.*\d+ bytes)(?: [0-9a-f]{2}\b)+(?: \.\.\.)?")
_SHOWN = 100  # characters of a request in words
_ROUNDS = 1000  # of what grows: tens of megabytes, whatever the process had at first


class ReproductionError(Exception):
    """A finding that does not come again when its case is run alone."""


@dataclass(frozen=True)
class Reproduction:
    """`command` is run in a checkout; `conversation` is what was said, in words; `lines` is the file of the input."""

    command: str
    conversation: str
    lines: Path


def reproduction(case: CaseResult, program: Program, folder: Path) -> Reproduction:
    """Run the case alone and keep its lines in `folder`, and its registered graphs. Raises `ReproductionError`."""
    name = re.sub(r"\W+", "-", case.id).strip("-")
    lines = folder / f"{name}.jsonl"
    with tempfile.TemporaryDirectory() as new:
        dumped = Path(new) / "dump"
        command = [sys.executable, "-P", "-m", "wasi_nn_cli", "replay", case.id, "--impl", program.adapter]
        environment = os.environ | {program.variable: str(program.install()), "RUST_BACKTRACE": "0"}
        done = subprocess.run(  # noqa: S603 the suite itself
            [*command, "--dump", str(dumped)], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 1:
            raise ReproductionError(f"{case.id} ends with {done.returncode} when it is run alone:\n{done.stdout}")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(dumped / LINES, lines)
        if (dumped / GRAPHS).exists():
            shutil.copytree(dumped / GRAPHS, folder / name, dirs_exist_ok=True)
        return Reproduction(_command(case, program, lines), _words((dumped / CONVERSATION).read_text("utf-8")), lines)


def _command(case: CaseResult, program: Program, lines: Path) -> str:
    """Return the runtime's command on the files of a checkout, its program by its plain name."""
    adapter = read_adapter(program.adapter)
    graphs = lines.with_suffix("")
    registered = {path.name: (str(case.encoding), path.relative_to(_HOUSE)) for path in sorted(graphs.glob("*/"))}
    _, *arguments = adapter.argv(probe_path(case.abi).relative_to(_HOUSE), registered)
    command, given = f"wasmtime {shlex.join(arguments)}", lines.relative_to(_HOUSE)
    if grows(case):
        return f"for round in $(seq {_ROUNDS}); do cat {given}; done | {command}"
    return f"{command} < {given}"


def grows(case: CaseResult) -> bool:
    """Return whether it takes many rounds to see what is wrong: a replay has the lines of one."""
    return any(violation.kind == "growth" for violation in case.violations)


def _words(conversation: str) -> str:
    """Return the requests and replies in words, without the lines that carry them."""
    said, _, printed = conversation.partition("\nThe host printed since the last request:\n")
    kept = [_RAW.sub(r"\1", line) for line in said.splitlines() if line.startswith(("> ", "< "))]
    if printed.strip():
        kept.append("The host printed: " + " ".join(_plain(printed).split())[:300])
    return "\n".join(line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..." for line in kept[:-1]) + f"\n{kept[-1]}"


def _plain(printed: str) -> str:
    """Return what a host printed without times, the number of its thread and the backtrace that it offers."""
    printed = re.sub(r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z +", "", re.split(r"\nnote: |\nstack backtrace", printed)[0])
    return re.sub(r"(thread '[^']*') \(\d+\)", r"\1", re.sub(r"/\S+/(?=[\w.-]+/src/)", "", printed))
