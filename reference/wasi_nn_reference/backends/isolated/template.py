"""The process that engines are forked from: it has them imported, and never sees a model.

Importing an engine takes 0.3 s, a fork 5 ms. When the host ends, in whatever way, the system ends this process and all
that were forked of it: they hold the reading end of a pipe, the lifeline, of which the host has the other, and its end
signals their whole group.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

from wasi_nn_reference.backends.isolated import worker
from wasi_nn_reference.backends.isolated.channel import Channel, EndedError, Ends
from wasi_nn_reference.backends.isolated.messages import Fork, Forked, OfTemplate, Reaped, ToTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence


# What engines import if it is there: OpenVINO its converter of other formats, and with it what reports its use over a
# network. Together that is a third of the import.
_NEEDLESS = ("openvino.tools",)


def main(lifeline: int, orders: Sequence[int], modules: Sequence[str]) -> None:
    """Serve the host at the sockets `orders`, with `modules` imported, until it is gone."""
    _end_with_the_host(lifeline)
    sys.modules.update(dict.fromkeys(_NEEDLESS))  # type: ignore[arg-type]  # None: not to be found
    for name in modules:
        with contextlib.suppress(ImportError):  # the backend that needs it tells
            importlib.import_module(name)
    gc.freeze()  # what is here stays, and forks share it
    with contextlib.suppress(EndedError):
        _serve(Channel(Ends(*(socket.socket(fileno=each) for each in orders)), ToTemplate))


def _serve(channel: Channel[OfTemplate, ToTemplate]) -> None:
    living: set[int] = set()
    while True:
        order = channel.decoded(channel.receive())
        if isinstance(order, Fork):
            ends = channel.descriptor(), channel.descriptor()
            process = os.fork()
            if process == 0:
                channel.close()
                worker.serve(Ends(*(socket.socket(fileno=each) for each in ends)))
                os._exit(0)  # engines that end in the usual way wait for their threads, or crash
            for each in ends:
                os.close(each)
            living.add(process)
            channel.send(channel.encoded(Forked(process)))
        elif order.process in living:
            # Until it is waited for here its id is nobody else's.
            living.remove(order.process)
            os.kill(order.process, signal.SIGKILL)
            _, status = os.waitpid(order.process, 0)
            channel.send(channel.encoded(Reaped(os.waitstatus_to_exitcode(status))))
        else:  # reaped before, or forked of an earlier template
            channel.send(channel.encoded(Reaped(None)))


def _end_with_the_host(lifeline: int) -> None:
    """Have the system signal this process group when the last writing end of the lifeline is closed.

    The signal, SIGIO, ends a process whatever it is doing, also inside an engine that holds Python's lock. Where a
    system does not send it to groups, each process ends with its next look at its socket.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        os.read(lifeline, 1)
        sys.exit(0)  # it ended before it was listened for
