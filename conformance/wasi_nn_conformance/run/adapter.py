"""How a host is started, asked and read: one TOML file for each host, in `impls/` or anywhere."""

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.formats.document import Document, InputError, read_toml
from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.formats.suggestion import did_you_mean
from wasi_nn_conformance.paths import GUESTS, IMPLS

from .cache_folder import cache_folder
from .placeholders import check_placeholders, filled

_NO_TARGETS = (
    "targets is no key any more: the text leaves it to the host what becomes of a target that it does not have,"
    " so every host is asked for all of them; take the line out"
)


class AdapterError(Exception):
    """The host cannot be asked at all: no verdict on its conformance is possible."""


@dataclass(frozen=True)
class Limits:
    """Times in seconds, and how many vectors one process of the host serves before the next is started.

    at_once: how many processes are asked at a time; 0: as many as this machine has processors.
    """

    hello_seconds: float = 5.0
    call_seconds: float = 20.0
    end_seconds: float = 10.0
    vectors_per_process: int = 200
    at_once: int = 0


@dataclass(frozen=True)
class ExitCodes:
    """How the host's exit codes read while the guest has not ended by itself; a signal is always a crash."""

    trap: frozenset[int] = frozenset()
    host_error: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Adapter:
    """A host under test, as its TOML file describes it.

    `command` is an argument vector in which `{program}`, `{probe}`, `{python}`, `{cache}` and, as an argument
    of its own, `{graphs}` are replaced. `graphs` maps an encoding to the arguments that register one graph,
    with `{name}` and `{directory}`; an encoding that is missing has no named graphs.
    """

    name: str
    path: Path
    command: tuple[str, ...]
    version_command: tuple[str, ...]
    abis: tuple[str, ...]
    encodings: tuple[str, ...]
    graphs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    exit_codes: ExitCodes = ExitCodes()
    limits: Limits = Limits()

    def argv(self, probe: Path, graphs: Mapping[str, tuple[str, Path]]) -> list[str]:
        """Return the command that runs `probe` with `graphs`: name -> (encoding, folder of the model)."""
        argv: list[str] = []
        for argument in self.command:
            if argument == "{graphs}":
                for name, (encoding, directory) in graphs.items():
                    argv += [
                        part.replace("{name}", name).replace("{directory}", str(directory))
                        for part in self.graphs[encoding]
                    ]
            else:
                argv.append(argument.replace("{probe}", str(probe)))
        return argv

    def process_environment(self) -> dict[str, str]:
        """Return the environment of the host's process."""
        return {**os.environ, **self.environment}

    def version(self) -> str:
        """Ask the host for its version: the first line that it prints. Raises `AdapterError`."""
        try:
            done = subprocess.run(  # noqa: S603 the user names the program
                self.version_command,
                env=self.process_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.limits.hello_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise AdapterError(
                f"{self.name}: `{' '.join(self.version_command)}` gave no version within"
                f" {self.limits.hello_seconds:g} s; mend `version` in {self.path}"
            ) from None
        except OSError as error:
            raise AdapterError(f"{self.name}: {self.version_command[0]} cannot be started: {error.strerror}") from None
        text = (done.stdout or done.stderr).decode("utf-8", "replace").strip()
        if done.returncode != 0 or not text:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise AdapterError(
                f"{self.name}: `{' '.join(self.version_command)}` ended with exit code {done.returncode}"
                f" and gave no version{': ' + last[0] if last else ''}"
            )
        return text.splitlines()[0]


def known_adapters() -> list[str]:
    """Return the names that `--impl` takes without a path."""
    return sorted(path.name.removesuffix(".toml") for path in IMPLS.glob("*.toml") if path.name.count(".") == 1)


def read_adapter(name_or_path: str) -> Adapter:
    """Read the adapter of that name, or at that path. Raises `AdapterError` with what to do."""
    if sys.platform == "win32":
        raise AdapterError("the suite runs on Linux and macOS; on Windows use WSL")
    path = IMPLS / f"{name_or_path}.toml"
    if not path.is_file():
        path = Path(name_or_path)
        if not path.is_file():
            raise AdapterError(
                f"{name_or_path}: neither an adapter's name nor the path of a file;"
                f" known: {', '.join(known_adapters())}{did_you_mean(name_or_path, known_adapters())}"
            )
        if path.suffix != ".toml":
            raise AdapterError(f"{name_or_path}: an adapter is a .toml file that tells how to start the host")
    try:
        document = read_toml(path)
        if "targets" in document.data:
            raise document.error(("targets",), _NO_TARGETS)
        document.check(schema("adapter"))
        check_placeholders(document)
        return _adapter(document)
    except InputError as error:
        raise AdapterError(str(error)) from None


def _adapter(document: Document) -> Adapter:
    data = document.data
    words: dict[str, Callable[[], str]] = {"{python}": lambda: sys.executable, "{cache}": lambda: str(cache_folder())}
    program = _program(document, words)
    words["{program}"] = lambda: program
    extra = _extra_environment(document)
    unknown = sorted(set(data.get("graphs", {})) - set(data["encodings"]))
    if unknown:
        raise document.error(("graphs", unknown[0]), f"{unknown[0]} is not among the encodings")
    if "graphs" in data and "{graphs}" not in data["command"]:
        raise document.error(("graphs",), "the command has no argument {graphs}, so no graph would be registered")
    return Adapter(
        name=data["name"],
        path=document.path,
        command=_filled(data["command"], words),
        version_command=_filled(data["version"], words),
        abis=tuple(data["abis"]),
        encodings=tuple(data["encodings"]),
        graphs={encoding: _filled(arguments, words) for encoding, arguments in data.get("graphs", {}).items()},
        environment={
            **{name: filled(value, words) for name, value in data.get("environment", {}).items()},
            **extra,
        },
        exit_codes=ExitCodes(**{name: frozenset(codes) for name, codes in data.get("exit", {}).items()}),
        limits=Limits(**data.get("limits", {})),
    )


def _program(document: Document, words: Mapping[str, Callable[[], str]]) -> str:
    program: Mapping[str, Any] | None = document.data.get("program")
    if program is None:
        return ""
    variable = program.get("variable")
    if variable and (value := os.environ.get(variable)):
        if not shutil.which(value):
            raise AdapterError(f"{document.data['name']}: {variable}={value} is no program that can be started")
        return value
    for candidate in program["names"]:
        if found := shutil.which(filled(candidate, words)):
            return found
    or_variable = f", or set {variable} to its path" if variable else ""
    raise AdapterError(
        f"{document.data['name']}: none of {', '.join(program['names'])} is installed;"
        f" {program.get('install', 'install it')}{or_variable}"
    )


def _extra_environment(document: Document) -> Mapping[str, str]:
    """Call the function `environment_from = "module:function"` of an adapter that TOML alone cannot describe."""
    reference = document.data.get("environment_from")
    if reference is None:
        return {}
    module, _, function = reference.partition(":")
    called: Callable[[], Mapping[str, str]] | None = None
    try:
        called = getattr(importlib.import_module(module), function)
        result = called()
    except AdapterError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever code that is not ours raises
        told = f"raises {error!r}" if called else f"cannot be called: {error}"
        raise document.error(("environment_from",), f"{reference} {told}") from None
    if not _is_environment(result):
        wanted = "a dict of variables and their values, both text"
        raise document.error(("environment_from",), f"{reference} returns {result!r}; wanted: {wanted}")
    return result


def _is_environment(value: object) -> bool:
    """Return whether a process can be given it: names and values without NUL, names without `=`."""
    if not isinstance(value, Mapping):
        return False
    words = [word for pair in value.items() for word in pair]
    return all(isinstance(word, str) and "\0" not in word for word in words) and all(
        name and "=" not in name for name in value
    )


def _filled(parts: Sequence[str], words: Mapping[str, Callable[[], str]]) -> tuple[str, ...]:
    return tuple(filled(part, words) for part in parts)


def probe_path(abi: str) -> Path:
    """Return the prebuilt probe for an ABI."""
    return GUESTS / TAGS[abi].probe
