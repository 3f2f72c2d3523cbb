"""One conversation as plain files, so that an author runs it under a debugger with nothing but the host's program."""

import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from wasi_nn_conformance.models import ENCODINGS
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.kept_rounds import kept_rounds
from wasi_nn_conformance.run.adapter import Adapter, probe_path
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.case import Case

LINES, MODULE, COMMAND, CONVERSATION, GRAPHS = "input.jsonl", "probe.wasm", "run.sh", "conversation.txt", "graphs"
ROUND, AFTER = "round.jsonl", "after.jsonl"
_ALL = "all.jsonl"  # what gdb's `run` reads where there are rounds


def dump(folder: Path, case: Case, case_result: CaseResult, adapter: Adapter, library: Library) -> None:
    """Write what was said to the host, and all that it takes to say it again, into a new or an empty folder.

    `input.jsonl` has the lines as they went, `probe.wasm` the module, `graphs/NAME/` the registered graphs, `run.sh`
    the host's command on these files, and `conversation.txt` all requests and replies whole. Where there were rounds,
    `round.jsonl` has one, which `run.sh` repeats as often as the suite did, and `after.jsonl` what followed. Raises
    `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rounds = kept_rounds(case_result.transcript)
    _write(folder / LINES, rounds.before if rounds else case_result.transcript)
    if rounds:
        _write(folder / ROUND, rounds.first)
        _write(folder / AFTER, rounds.after)
    shutil.copyfile(probe_path(case.abi), folder / MODULE)
    graphs = _graphs(folder, case, library)
    script = _script(case_result, adapter, graphs, rounds.count if rounds else 0)
    (folder / COMMAND).write_text(script, "utf-8")
    (folder / COMMAND).chmod(0o755)
    (folder / CONVERSATION).write_text(_conversation(case_result), "utf-8")


def _write(path: Path, transcript: Sequence[str]) -> None:
    """Write the requests of a transcript; what was done without one is in brackets there."""
    said = [line.removeprefix("> ") for line in transcript if line.startswith("> {")]
    path.write_text("".join(f"{line}\n" for line in said), "utf-8")


def _graphs(folder: Path, case: Case, library: Library) -> dict[str, tuple[str, Path]]:
    """Write the registered graphs; return of each its encoding, and its folder as seen from the dump."""
    graphs = {}
    for name, model in case.vector.graphs.items():
        assert case.encoding is not None  # a vector with graphs has models
        place = Path(GRAPHS) / name
        (folder / place).mkdir(parents=True)
        ENCODINGS[case.encoding].write(folder / place, library.model_files.model_bytes(model, case.encoding))
        graphs[name] = (case.encoding, place)
    return graphs


def _script(case_result: CaseResult, adapter: Adapter, graphs: Mapping[str, tuple[str, Path]], rounds: int) -> str:
    program, *arguments = adapter.argv(Path(MODULE), graphs)
    found = shutil.which(program)
    program = shlex.quote(str(Path(found).absolute()) if found else program)
    command = f"{program} {shlex.join(arguments)}"
    variables = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in adapter.environment.items())
    # The arguments of gdb's own `run` would take the place of these.
    in_gdb = f"exec gdb -ex {shlex.quote(f'set args {shlex.join(arguments)} < {_ALL if rounds else LINES}')} {program}"
    as_it_is = f'exec "$@" {command} < {LINES}'
    if rounds:
        variables += _input(rounds)
        in_gdb = f"input > {_ALL}\n    {in_gdb}"
        as_it_is = f'input | "$@" {command}'
    return f"""#!/bin/sh
# {case_result.id} on {adapter.name}
# The probe reads requests from standard input, and answers each with a line that begins with @@.
# `sh run.sh strace -f` puts a program in front of the host. For gdb: `DEBUG=1 sh run.sh`, then `run`.
cd "$(dirname "$0")" || exit
{variables}if [ -n "$DEBUG" ]; then
    {in_gdb}
fi
{as_it_is}
"""


def _input(rounds: int) -> str:
    return f"""# The round comes {rounds} times; meanwhile /proc/PID/status tells how much memory the host has (VmRSS).
input() {{
    cat {LINES}
    for round in $(seq {rounds}); do cat {ROUND}; done
    cat {AFTER}
}}
"""


def _conversation(case_result: CaseResult) -> str:
    lines = [
        f"{case_result.id}: {case_result.verdict}",
        *([case_result.diagnosis] if case_result.diagnosis else []),
        "",
    ]
    for number, line in enumerate(case_result.transcript):
        words = f"{line[:2]}{case_result.decoded[number]}\n      " if number < len(case_result.decoded) else ""
        lines.append(f"{words}{line[2:] if words else line}")
    printed = case_result.violations[0].printed if case_result.violations else ""
    return "\n".join([*lines, *(["", "The host printed since the last request:", printed] if printed else []), ""])
