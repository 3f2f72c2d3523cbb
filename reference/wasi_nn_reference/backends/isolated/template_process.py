"""Starts the template. It takes a few imports alone, so that a host can do it before anything else."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

# Neither the environment nor the site decides what an engine process imports: it finds what the host finds.
_BOOTSTRAP = """
import sys
lifeline, messages, descriptors, modules, *sys.path[:] = sys.argv[1:]
from wasi_nn_reference.backends.isolated.template import main
main(int(lifeline), (int(messages), int(descriptors)), modules.split())
"""
# Libraries count their threads when they are imported; a fork must have none. What models compute with, engines start.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class TemplateProcess(NamedTuple):
    """A template: its process, the host's ends of the sockets that it serves, and of the pipe that keeps it alive."""

    process: subprocess.Popen[bytes]
    messages: socket.socket
    descriptors: socket.socket
    lifeline: int

    def end_all(self) -> None:
        """End it, with every process that was forked of it."""
        os.close(self.lifeline)
        self.messages.close()
        self.descriptors.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # where the lifeline does not do it
        self.process.wait()


def start(modules: tuple[str, ...]) -> TemplateProcess:
    """Start a template that imports `modules`; raises OSError."""
    messages, descriptors = socket.socketpair(), socket.socketpair()
    theirs = messages[1].fileno(), descriptors[1].fileno()
    read, write = os.pipe()
    folder = tempfile.mkdtemp(prefix="wasi-nn-")
    try:
        arguments = [str(read), *map(str, theirs), " ".join(modules), *_paths()]
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", "-c", _BOOTSTRAP, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(read, *theirs),
            cwd=folder,
            env=_ENVIRONMENT | {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            start_new_session=True,
        )
    except BaseException:
        os.close(write)
        messages[0].close()
        descriptors[0].close()
        raise
    finally:
        # The process is in it: its working folder is one that does not exist, in which nothing is and nothing can be
        # made.
        Path(folder).rmdir()
        os.close(read)
        messages[1].close()
        descriptors[1].close()
    return TemplateProcess(process, messages[0], descriptors[0], write)


def _paths() -> list[str]:
    """Return where this process finds packages, this one at least."""
    found = [os.path.abspath(each) for each in sys.path if each]  # noqa: PTH100 - entries need not be files
    return [*found, str(Path(__file__).parents[3])]
