"""One conversation as plain files, so that an author runs it under a debugger with nothing but the host's program."""

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from wasi_nn_conformance.models import ENCODINGS
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.run.adapter import Adapter, probe_path
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.case import Case

LINES, MODULE, COMMAND, CONVERSATION, GRAPHS = "input.jsonl", "probe.wasm", "run.sh", "conversation.txt", "graphs"


def dump(folder: Path, case: Case, case_result: CaseResult, adapter: Adapter, library: Library) -> None:
    """Write what was said to the host, and all that it takes to say it again, into a new or an empty folder.

    `input.jsonl` has the lines as they went, `probe.wasm` the module, `graphs/NAME/` the registered graphs, `run.sh`
    the host's command on these files, and `conversation.txt` all requests and replies whole. Raises `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said = [line[2:] for line in case_result.transcript if line.startswith("> ")]
    (folder / LINES).write_text("".join(f"{line}\n" for line in said), "utf-8")
    shutil.copyfile(probe_path(case.abi), folder / MODULE)
    graphs = _graphs(folder, case, library)
    (folder / COMMAND).write_text(_script(case_result, adapter, graphs), "utf-8")
    (folder / COMMAND).chmod(0o755)
    (folder / CONVERSATION).write_text(_conversation(case_result), "utf-8")


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


def _script(case_result: CaseResult, adapter: Adapter, graphs: Mapping[str, tuple[str, Path]]) -> str:
    program, *arguments = adapter.argv(Path(MODULE), graphs)
    found = shutil.which(program)
    words = [str(Path(found).absolute()) if found else program, *arguments]
    command = shlex.join(words)
    variables = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in adapter.environment.items())
    return f"""#!/bin/sh
# {case_result.id} on {adapter.name}
# The probe reads requests from standard input, and answers each with a line that begins with @@.
# `sh run.sh strace -f` puts a program in front of the host. For gdb: `DEBUG=1 sh run.sh`, then `run < {LINES}`.
cd "$(dirname "$0")" || exit
{variables}if [ -n "$DEBUG" ]; then
    exec gdb --args {command}
fi
exec "$@" {command} < {LINES}
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
