"""SIGTERM and SIGHUP, taken as Ctrl-C is: hosts are ended and reports say that they are incomplete before the end.

Not every system has both signals.
"""

import os
import signal
import threading
from types import FrameType

import pytest

_SIGNALS = [each for each in signal.Signals if each.name in ("SIGTERM", "SIGHUP")]


class Terminated(KeyboardInterrupt):
    """Somebody asked this process to end."""


class Termination:
    """The part of the plugin that answers to these signals, unless somebody else does."""

    def __init__(self) -> None:
        self._listening: list[signal.Signals] = []
        self._heard: int | None = None

    def pytest_sessionstart(self) -> None:
        """Listen from here on."""
        if threading.current_thread() is threading.main_thread():  # others cannot
            self._listening = [each for each in _SIGNALS if signal.getsignal(each) is signal.SIG_DFL]
        for each in self._listening:
            signal.signal(each, self._end)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self._heard = number
        self._stop_listening()  # whoever asks twice does not want to wait
        raise Terminated(signal.Signals(number).name)

    def _stop_listening(self) -> None:
        for each in self._listening:
            signal.signal(each, signal.SIG_DFL)
        self._listening.clear()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Die of the signal, now that all is in order, so that whoever sent it sees that it was heard."""
        self._stop_listening()
        if self._heard is not None:
            os.kill(os.getpid(), self._heard)
