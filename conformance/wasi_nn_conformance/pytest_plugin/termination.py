"""SIGTERM, taken as Ctrl-C is: hosts are ended and reports say that they are incomplete before this process goes."""

import os
import signal
import threading
from types import FrameType

import pytest


class Terminated(KeyboardInterrupt):
    """Somebody asked this process to end."""


class Termination:
    """The part of the plugin that answers to SIGTERM, unless somebody else does."""

    def __init__(self) -> None:
        self._listens = self._asked = False

    def pytest_sessionstart(self) -> None:
        """Listen from here on."""
        in_main_thread = threading.current_thread() is threading.main_thread()  # others cannot
        if in_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._end)
            self._listens = True

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        # Whoever asks twice does not want to wait.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._asked = True
        raise Terminated("SIGTERM")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Die of the signal, now that all is in order, so that whoever sent it sees that it was heard."""
        if self._listens:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if self._asked:
            os.kill(os.getpid(), signal.SIGTERM)
