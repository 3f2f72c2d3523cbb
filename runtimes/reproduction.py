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

from wasi_nn_conformance.export.dump import CONVERSATION, GRAPHS, LINES, ROUND
from wasi_nn_conformance.results.kept_rounds import kept_rounds
from wasi_nn_conformance.run.adapter import probe_path, read_adapter

if TYPE_CHECKING:
    from programs import Program
    from wasi_nn_conformance.results.case_result import CaseResult

_HOUSE = Path(__file__).resolve().parents[1]
# Bytes that a reply has for no tensor: what was in memory, and is something else each time.
_RAW = re.compile(r"(?<=^< )(.*\d+ bytes)(?: [0-9a-f]{2}\b)+(?: \.\.\.)?")
_SUFFIXES = {LINES: ".jsonl", ROUND: ".round.jsonl"}  # what follows rounds shows nothing of them
_SHOWN = 100  # characters of a request in words


class ReproductionError(Exception):
    """A finding that does not come again when its case is run alone."""


@dataclass(frozen=True)
class Reproduction:
    """`command` is run in a checkout; `conversation` is what was said, in words."""

    command: str
    conversation: str


def reproduction(case: CaseResult, program: Program, folder: Path) -> Reproduction:
    """Run the case alone and keep its lines in `folder`, and its registered graphs. Raises `ReproductionError`."""
    kept = folder / re.sub(r"\W+", "-", case.id).strip("-")
    with tempfile.TemporaryDirectory() as new:
        dumped = Path(new) / "dump"
        replay = [sys.executable, "-P", "-m", "wasi_nn_cli", "replay", case.id, "--impl", program.adapter]
        environment = os.environ | {program.variable: str(program.install()), "RUST_BACKTRACE": "0"}
        done = subprocess.run(  # noqa: S603 the suite itself
            [*replay, "--dump", str(dumped)], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 1:
            raise ReproductionError(f"{case.id} ends with {done.returncode} when it is run alone:\n{done.stdout}")
        folder.mkdir(parents=True, exist_ok=True)
        for name, suffix in _SUFFIXES.items():
            if (dumped / name).exists() and (dumped / name).stat().st_size:
                shutil.copyfile(dumped / name, kept.with_name(kept.name + suffix))
        if (dumped / GRAPHS).exists():
            shutil.copytree(dumped / GRAPHS, kept, dirs_exist_ok=True)
        return Reproduction(command(case, program, kept), _words((dumped / CONVERSATION).read_text("utf-8")))


def command(case: CaseResult, program: Program, kept: Path) -> str:
    """Return the runtime's command on the files of a checkout, its program by its plain name."""
    adapter = read_adapter(program.adapter)
    registered = {path.name: (str(case.encoding), path.relative_to(_HOUSE)) for path in sorted(kept.glob("*/"))}
    _, *arguments = adapter.argv(probe_path(case.abi).relative_to(_HOUSE), registered)
    run = f"wasmtime {shlex.join(arguments)}"
    lines, of_a_round = (kept.with_name(kept.name + suffix) for suffix in _SUFFIXES.values())
    rounds = kept_rounds(case.transcript)
    if rounds is None:
        return f"{run} < {lines.relative_to(_HOUSE)}"
    given = f"for round in $(seq {rounds.count}); do cat {of_a_round.relative_to(_HOUSE)}; done"
    if lines.exists():
        given = f"{{ cat {lines.relative_to(_HOUSE)}; {given}; }}"
    return f"{given} | {run}"


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
