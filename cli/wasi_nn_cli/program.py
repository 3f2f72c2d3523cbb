"""Finds the subcommand, and gives an exit status to what can end any of them.

Exit status: the subcommand's own; 1 if what it needs is not installed; 2 for a wrong command line.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import NamedTuple

FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141
# The extra that installs what a subcommand may miss; whoever checks another runtime does without the engines.
EXTRAS = {
    "wasmtime": "reference",
    "openvino": "reference",
    "hypothesis": "fuzz",
    "onnx": "fuzz",
    **dict.fromkeys(("uvicorn", "starlette", "httptools", "prometheus_client", "pybase64", "watchfiles"), "serve"),
}
_ENGINES = ("wasmtime", "openvino", "onnxruntime")  # what the reference host is made of; its answers depend on them


class Command(NamedTuple):
    """A subcommand: `module`, imported when it is called, has `parser()` and `main(arguments) -> exit status`."""

    summary: str
    module: str


COMMANDS = {
    "check": Command("check a host with the suite", "wasi_nn_conformance.commands.check"),
    "replay": Command("carry one case out and show what was said", "wasi_nn_conformance.commands.replay"),
    "run": Command("run a guest", "wasi_nn_reference.cli.run"),
    "serve": Command("serve HTTP workers of a folder", "wasi_nn_reference.cli.serve"),
    "inspect": Command("tell what a module imports, or what a model takes and gives", "wasi_nn_reference.cli.inspect"),
    "known-failures": Command(
        "write a file of known failures from a report", "wasi_nn_conformance.commands.known_failures"
    ),
    "compare": Command("put reports of the suite side by side", "wasi_nn_conformance.commands.compare"),
    "coverage": Command("tell which clauses the suite's vectors cover", "wasi_nn_conformance.commands.coverage"),
    "export": Command("write the suite as files for a harness of your own", "wasi_nn_conformance.commands.export"),
    "promote": Command("keep the vector of a finding as a regression", "wasi_nn_conformance.commands.promote"),
    "completion": Command("write what completes these words in your shell", "wasi_nn_cli.completion"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    first = words[0] if words else "--help"
    if first in ("-h", "--help"):
        _print_help()
        return 0 if words else USAGE
    if first in ("-V", "--version"):
        _print_version()
        return 0
    command = COMMANDS.get(first)
    if command is None:
        from wasi_nn_conformance.formats.suggestion import did_you_mean  # noqa: PLC0415 - only this needs it

        _complain(f"{first!r} is no subcommand{did_you_mean(first, COMMANDS)}; there are: {', '.join(COMMANDS)}")
        return USAGE
    return _call(command, words[1:])


def _call(command: Command, arguments: list[str]) -> int:
    try:
        status: int = importlib.import_module(command.module).main(arguments)
        sys.stdout.flush()
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(error.name or "")
        if extra is None:
            raise
        _complain(f"{error.name} is not installed; install it with: pip install 'wasi-nn-conformance[{extra}]'")
        return FAILED
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _complain(message: str) -> None:
    sys.stderr.write(f"wasi-nn: {message}\n")


def _print_help() -> None:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {command.summary}" for name, command in COMMANDS.items()]
    text = "\n".join(["usage: wasi-nn COMMAND ...", "       wasi-nn --version", "", "commands:", *lines])
    sys.stdout.write(text + "\n\n`wasi-nn COMMAND --help` tells more.\n")


def _print_version() -> None:
    from importlib import metadata  # noqa: PLC0415 - costs 20 ms that no other command needs

    engines = []
    for name in _ENGINES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            engines.append(f"{name} {metadata.version(name)}")
    beside = f" ({', '.join(engines)})" if engines else ""
    sys.stdout.write(f"wasi-nn {metadata.version('wasi-nn-conformance')}{beside}\n")
