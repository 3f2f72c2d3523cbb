"""The end of a process itself, as something to wait for: a child of it may hold its pipes open for ever."""

import contextlib
import os
import signal
import subprocess
import threading


class ProcessEnd:
    """A `file` that can be read as soon as the process has ended.

    Linux has one for each process. Elsewhere a thread waits for the process and closes the other end of a pipe.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._thread: threading.Thread | None = None
        try:
            self.file = os.pidfd_open(process.pid)
        except (AttributeError, OSError):  # another system, or a kernel or a container without it
            self.file, other = os.pipe()
            self._thread = threading.Thread(target=self._watch, args=(other,), daemon=True)
            self._thread.start()

    def _watch(self, other: int) -> None:
        self._process.wait()
        kill_group(self._process.pid)  # now: later another process may have the number
        os.close(other)

    def kill(self) -> None:
        """Kill the process and all that it started, and forget it."""
        if self._process.returncode is None:
            kill_group(self._process.pid)
        self._process.wait()
        if self._thread is not None:
            self._thread.join()
        os.close(self.file)


def kill_group(leader: int) -> None:
    """Kill a process and those of its children that stayed in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
