"""Stands for one process of the zygote: forked.py SOCKET PROGRAM.py WORD ..., with a Python that reads no packages.

It gives the zygote its streams, folder and environment, waits for the end of the process that is forked, and ends in
the same way: with its exit code, or of its signal. The zygote kills that process as soon as this one is gone. Without
a zygote it becomes the program.
"""

import array
import json
import os
import resource
import signal
import socket
import sys

LENGTH = 4  # bytes in front of a message that say how long it is
_GONE = 70


def main(path: str, arguments: list[str]) -> int:
    """Let the zygote fork, and end as the process does."""
    zygote = socket.socket(socket.AF_UNIX)
    try:
        zygote.connect(path)
    except OSError:
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - our own script
    folder = os.getcwd()  # noqa: PTH109 - pathlib takes 10 ms
    wanted = {"arguments": arguments, "folder": folder, "environment": dict(os.environ)}
    text = json.dumps(wanted).encode("utf-8", "surrogateescape")
    streams = array.array("i", (0, 1, 2))
    zygote.sendmsg([len(text).to_bytes(LENGTH, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
    zygote.sendall(text)
    os.closerange(0, 3)  # the pipes end when the forked process closes them
    told = zygote.recv(64)
    if not told:
        return _GONE
    code = int(told)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    os._exit(main(sys.argv[1], sys.argv[2:]))
