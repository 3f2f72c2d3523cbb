"""Rows of starting: from the start of `wasi-nn run` to the probe's first reply."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from row import Figures, Row, Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROBE = Path(__file__).parent.parent / "guests" / "prebuilt" / "probe-witx.wasm"
_HOST = (sys.executable, "-P", "-m", "wasi_nn_reference", "run", str(_PROBE))
_FLOOR = (sys.executable, "-c", "import wasmtime; print('@@{', flush=True)")
_SECONDS = 60.0


class StartError(Exception):
    """A process gave no first reply."""


def start(folder: Path, turns: int) -> list[Row]:
    """Measure the start without and with the module cache, and of Python that only imports wasmtime, in turns."""
    warm_folder = folder / "cache"
    _first_reply(_HOST, _environment(warm_folder))  # not counted: fills the cache
    cold, warm, floor = [], [], []
    for _ in range(turns):
        with tempfile.TemporaryDirectory(dir=folder) as empty:
            cold.append(_first_reply(_HOST, _environment(Path(empty))))
        warm.append(_first_reply(_HOST, _environment(warm_folder)))
        floor.append(_first_reply(_FLOOR, _environment(warm_folder)))
    against = "Python that imports wasmtime and says one line"
    return [
        Row("c: start to first reply, cold", "s", Figures(tuple(cold)), against, Figures(tuple(floor))),
        Row("c: start to first reply, warm", "s", Figures(tuple(warm)), against, Figures(tuple(floor)), Target(0.12)),
    ]


def _environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CACHE_HOME": str(cache)}


def _first_reply(argv: Sequence[str], environment: Mapping[str, str]) -> float:
    """Return the seconds from the start of `argv` to its first line. Raises `StartError`."""
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - the benchmark's own commands
        argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"call":"hello"}\n')
        process.stdin.flush()
        line = process.stdout.readline()
        seconds = time.perf_counter() - started
        process.stdin.close()
        process.wait(_SECONDS)
    if not line.startswith(b"@@{"):
        raise StartError(f"`{' '.join(argv)}` gave no reply, exit status {process.returncode}")
    return seconds
