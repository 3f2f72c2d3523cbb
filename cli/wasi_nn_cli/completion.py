"""`wasi-nn completion`: a shell's completion of all subcommands, made from the parsers that read them."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shtab

from wasi_nn_cli.parser import Parser
from wasi_nn_cli.program import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELLS = ("bash", "zsh", "fish")


def main(arguments: list[str]) -> int:
    """Print the script for one shell."""
    options = parser().parse_args(arguments)
    sys.stdout.write(shtab.complete(program(), shell=options.shell, root_prefix="wasi_nn") + "\n")
    return 0


def parser() -> Parser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn completion",
        description="Write what completes the words of `wasi-nn` in a shell.",
        epilog='Bash: eval "$(wasi-nn completion bash)" in ~/.bashrc. Zsh: the same with zsh in ~/.zshrc, behind'
        " compinit. Fish: wasi-nn completion fish > ~/.config/fish/completions/wasi-nn.fish",
    )
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
    return parser


def program() -> argparse.ArgumentParser:
    """Return one parser of the whole program, which knows what its arguments stand for."""
    whole = argparse.ArgumentParser(prog="wasi-nn", description="Check hosts of wasi-nn, or run a guest on one.")
    commands = whole.add_subparsers(metavar="COMMAND")
    for name, command in COMMANDS.items():
        own = importlib.import_module(command.module).parser()
        part = commands.add_parser(name, parents=[own], add_help=False, help=command.summary)
        for action in part._actions:  # noqa: SLF001 argparse has no other way to ask a parser for its arguments
            if completed := _completed(action):
                action.complete = completed  # type: ignore[attr-defined] # where shtab looks for it
    return whole


def _completed(action: argparse.Action) -> Mapping[str, Any] | None:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if action.dest == "impl":
        return _adapters()
    if "DIR" in metavar and "FILE" not in metavar:
        return shtab.DIRECTORY
    return shtab.FILE if action.type is Path or metavar.endswith(".wasm") else None


def _adapters() -> Mapping[str, Any]:
    """Return the completion of NAME_OR_PATH: the adapters that come with the suite, and files."""
    from wasi_nn_conformance.run.adapter import known_adapters  # noqa: PLC0415 - the suite is above this package

    names = " ".join(known_adapters())
    name = "_wasi_nn_adapters"
    return {
        "bash": name,
        "zsh": name,
        "fish": f"({name})",
        "preamble": {
            "bash": f"""{name}() {{
  compgen -W "{names}" -- "$1"
  compgen -f -X '!*.toml' -- "$1"
  compgen -d -- "$1"
}}""",
            "zsh": f"""{name}() {{
  local -a names=({names})
  _describe adapter names
  _files -g '*.toml'
}}""",
            "fish": f"""function {name}
  string split ' ' '{names}'
  __fish_complete_suffix .toml
end""",
        },
    }
