"""Miniatures of numpy that need not start: forks of a process that has imported what all of them do."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SERVER = TESTS / "miniatures" / "zygote_of_hosts.py"
FORKED = TESTS / "mutants" / "forked.py"


@contextlib.contextmanager
def forking(environment: Mapping[str, str]) -> Iterator[list[str]]:
    """Give the words that run a miniature as a fork for as long as the body runs; where that is not Linux, as itself.

    `environment` is that in which they import what they need.
    """
    if sys.platform != "linux":
        yield [sys.executable]
        return
    with tempfile.TemporaryDirectory(prefix="wasi-nn-forks-") as folder:
        socket = Path(folder) / "socket"
        command = [sys.executable, str(SERVER), str(socket)]
        # Threads of numpy would not live on in a fork.
        with subprocess.Popen(  # noqa: S603 our own script
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},
        ) as server:
            assert server.stdout
            assert server.stdout.readline() == b"ready\n"
            try:
                yield [sys.executable, "-I", "-S", str(FORKED), str(socket)]
            finally:
                server.terminate()
