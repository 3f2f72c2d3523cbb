"""Options as the wasmtime program spells them: `-S`, `-W`, and lines that name ours for what it spells otherwise."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from wasi_nn_cli.parser import USAGE
from wasi_nn_reference.cli.durations import seconds
from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_YES, _NO = {"", "y", "yes", "true"}, {"n", "no", "false"}
# What is always so here, whoever asks for it.
_ALWAYS = {
    "-S": {"nn", "cli", "common", "preview2"},
    "-W": {
        "component-model", "bulk-memory", "multi-value", "reference-types", "simd", "relaxed-simd", "tail-call",
        "extended-const", "epoch-interruption",
    },
}  # fmt: skip
# Switches of our own by their spelling there: the attribute of the options that each sets, and to what.
_SWITCHES: dict[str, dict[str, tuple[str, object]]] = {
    "-S": {
        "http": ("http", True),
        "inherit-network": ("network", True),
        "allow-ip-name-lookup": ("name_lookup", True),
        "inherit-env": ("inherit_env", True),
    },
    "-W": {
        "unknown-imports-trap": ("unknown_imports", "trap"),
        "unknown-imports-default": ("unknown_imports", "default"),
    },
}
_VALUES: dict[str, dict[str, tuple[str, Callable[[str], object]]]] = {
    "-S": {"nn-graph": ("graph", str)},
    "-W": {"timeout": ("timeout", seconds), "max-memory-size": ("max_guest_memory_bytes", int)},
}
# What wasmtime has and we spell otherwise, or do not have.
_ELSEWHERE = {
    "--mapdir": "here it is --dir HOST::GUEST",
    "--wasm-timeout": "here it is --timeout SECONDS",
    "--wasi-modules": "here WASI and wasi-nn are always served",
    "--preload": "here a guest is one file",
    "--allow-precompiled": "here compiled guests are kept by themselves, see --no-cache",
    "--profile": "here there is --verbose",
    "--config": "here all options are on the command line",
    "-C": "here guests are compiled as wasmtime does by default, and kept but for --no-cache",
    "-O": "here guests are compiled as wasmtime does by default",
    "-D": "here there is --verbose",
}


class Elsewhere(argparse.Action):
    """An option that only wasmtime has: ends the program with a line that names ours."""

    def __call__(
        self, parser: argparse.ArgumentParser, _namespace: object, _values: object, option: str | None = None
    ) -> None:
        """See `argparse.Action`."""
        parser.exit(USAGE, f"{parser.prog}: {option} is an option of wasmtime; {_ELSEWHERE[option or '']}\n")


def add_wasmtime_options(parser: argparse.ArgumentParser) -> None:
    """Add `-S` and `-W`, and what only leads to an option of ours."""
    add = parser.add_argument
    for option, long, what in (("-S", "--wasi", "of WASI"), ("-W", "--wasm", "of WebAssembly")):
        taken = ", ".join((*_SWITCHES[option], *(f"{key}=..." for key in _VALUES[option])))
        add(
            option,
            long,
            metavar="KEY[=VALUE],...",
            action="append",
            default=[],
            dest=_destination(option),
            help=f"options {what} as wasmtime spells them: {taken}",
        )
    for option in _ELSEWHERE:
        add(option, action=Elsewhere, nargs="?", dest=argparse.SUPPRESS, help=argparse.SUPPRESS)


def apply(options: argparse.Namespace) -> None:
    """Set what `-S` and `-W` say in the options that are ours; raises UserError."""
    for option in _SWITCHES:
        for key, value in _settings(getattr(options, _destination(option))):
            _set(options, option, key, value)


def _set(options: argparse.Namespace, option: str, key: str, value: str) -> None:
    if key in _VALUES[option]:
        name, converted = _VALUES[option][key]
        try:
            made = converted(value)
        except (ValueError, argparse.ArgumentTypeError) as error:
            raise UserError(f"{option} {key}={value}: {error}") from error
        if isinstance(getattr(options, name), list):
            getattr(options, name).append(made)
        else:
            setattr(options, name, made)
    elif value not in _YES | _NO:
        raise UserError(f"{option} {key}={value}: give it y or n")
    elif key in _SWITCHES[option]:
        if value in _YES:
            setattr(options, *_SWITCHES[option][key])
    elif (key in _ALWAYS[option]) != (value in _YES):
        known = sorted((*_SWITCHES[option], *_VALUES[option], *_ALWAYS[option]))
        kind = "is always on here" if key in _ALWAYS[option] else "is not served here"
        raise UserError(f"{option} {key}: {kind}; {option} takes: {', '.join(known)}")


def _settings(words: list[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        for setting in word.split(","):
            key, _, value = setting.partition("=")
            yield key.replace("_", "-"), value


def _destination(option: str) -> str:
    return f"wasmtime_{option[1:]}"
