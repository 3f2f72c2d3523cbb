"""What a run stood on: the machine, its system, and the versions of all that may change a verdict."""

import os
import platform
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from wasi_nn_conformance import cpu
from wasi_nn_conformance.paths import CHECKOUT, IN_WHEEL

from .data import Commit, Environment

_DISTRIBUTIONS = ("wasi-nn-conformance", "pytest", "hypothesis", "numpy", "onnx", "openvino", "onnxruntime", "wasmtime")
_PATIENCE = 5.0  # seconds for one question to git: a checkout on a slow disk costs no run its report


def environment() -> Environment:
    """Return what this process stands on."""
    return Environment(
        machine=platform.machine(),
        system=platform.system(),
        release=platform.release(),
        cpu=tuple(sorted(cpu.features())),
        versions=dict(_versions()),
        commit=None if IN_WHEEL else commit(CHECKOUT),
    )


def commit(checkout: Path) -> Commit | None:
    """Return what is checked out there; None where that is no checkout, or git cannot be asked."""
    if not (checkout / ".git").exists():  # a folder, or the file of a worktree; git itself would look further up
        return None
    try:
        name = _git(checkout, "rev-parse", "HEAD")
        return Commit(name.strip(), bool(_git(checkout, "status", "--porcelain", "--untracked-files=no")))
    except (OSError, subprocess.SubprocessError):
        return None


def _git(checkout: Path, *arguments: str) -> str:
    # Without the variables of a hook that this may run in, which name another repository.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(  # noqa: S603 words of ours, no shell
        ["git", "--no-optional-locks", "-C", checkout, *arguments],  # noqa: S607 the user's own git
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
        timeout=_PATIENCE,
    ).stdout


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", platform.python_version()
    for name in _DISTRIBUTIONS:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
