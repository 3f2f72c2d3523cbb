"""Messages over a pair of sockets: one for their bytes, one for the descriptors that some bring along."""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import Generic, NamedTuple, TypeVar

import msgspec

_LENGTH = struct.Struct("<I")
_TIMEOUT = struct.Struct("@ll")  # struct timeval
# What is answered within that time is waited for without sleep: to wake a process of another processor takes longer.
_PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
QUICK_SECONDS = 1e-4 if _PROCESSORS > 1 else 0.0
_MOST_BYTES = 64 << 20  # of one message: a model has names of ports, not more
_AT_ONCE = 1 << 16

_Sent = TypeVar("_Sent")
_Received = TypeVar("_Received")


class EndedError(Exception):
    """The other side is gone, or says what it can not mean."""


class Ends(NamedTuple):
    """One side's ends of both sockets."""

    messages: socket.socket
    descriptors: socket.socket

    def close(self) -> None:
        """Close both."""
        self.messages.close()
        self.descriptors.close()


def pair() -> tuple[Ends, Ends]:
    """Return the ends of two sides."""
    messages, descriptors = socket.socketpair(), socket.socketpair()
    return Ends(messages[0], descriptors[0]), Ends(messages[1], descriptors[1])


class Channel(Generic[_Sent, _Received]):
    """One side. `received` is the union of messages that may come.

    Each side waits for the other's message before it sends its next, so what has come is one message and no more.
    Messages can be sent and received as the bytes that they are encoded in: who says the same again and again, or hears
    it, need not encode or decode it each time.
    """

    def __init__(self, ends: Ends, received: object) -> None:
        self._socket = ends.messages
        self._descriptors = ends.descriptors
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[_Received] = msgspec.msgpack.Decoder(received)
        self._seconds: float | None = None

    def encoded(self, message: _Sent) -> bytes:
        """Return the bytes of a message."""
        body = self._encoder.encode(message)
        return _LENGTH.pack(len(body)) + body

    def decoded(self, data: bytes) -> _Received:
        """Return the message in these bytes; raises EndedError if it is none."""
        try:
            return self._decoder.decode(memoryview(data)[_LENGTH.size :])
        except msgspec.MsgspecError as error:
            raise EndedError(str(error)) from error

    def send(self, data: bytes, *descriptors: int) -> None:
        """Send an encoded message, and descriptors with it; raises EndedError."""
        try:
            for each in descriptors:
                socket.send_fds(self._descriptors, [b"d"], [each])
            self._socket.sendall(data)
        except OSError as error:
            raise EndedError(str(error)) from error

    def receive(self, seconds: float = 0, *, awake: bool = False) -> bytes:
        """Return the bytes of the next message; raises EndedError, TimeoutError after `seconds` (0: never).

        `awake` looks for it for `QUICK_SECONDS` before it sleeps.
        """
        if seconds != self._seconds:
            self._seconds = seconds
            whole = int(seconds)
            timeout = _TIMEOUT.pack(whole, int((seconds - whole) * 1e6))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        try:
            data = (self._found() if awake and QUICK_SECONDS else None) or self._socket.recv(_AT_ONCE)
            if len(data) < _LENGTH.size or len(data) != _LENGTH.size + _LENGTH.unpack_from(data)[0]:
                data = self._received(data, time.monotonic() + seconds if seconds else float("inf"))
        except BlockingIOError as error:
            raise TimeoutError from error
        except OSError as error:
            raise EndedError(str(error)) from error
        return data

    def _found(self) -> bytes | None:
        """Return what comes soon; None if nothing does."""
        until = time.perf_counter() + QUICK_SECONDS
        while time.perf_counter() < until:
            try:
                return self._socket.recv(_AT_ONCE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
        return None

    def _received(self, data: bytes, until: float) -> bytes:
        """Return the whole of a message that begins with `data`."""
        while len(data) < _LENGTH.size or len(data) < _LENGTH.size + _length(data):
            more = self._socket.recv(_AT_ONCE)
            if not more:
                raise EndedError("the other side is gone")
            if time.monotonic() > until:  # it must not be kept from being late by a byte now and then
                raise BlockingIOError
            data += more
        if len(data) > _LENGTH.size + _length(data):
            raise EndedError("a message out of turn")
        return data

    def descriptor(self) -> int:
        """Return the next descriptor that came with the last message; raises EndedError."""
        try:
            _, descriptors, _, _ = socket.recv_fds(self._descriptors, 1, 1)
        except OSError as error:
            raise EndedError(str(error)) from error
        if not descriptors:
            raise EndedError("no descriptor came")
        os.set_inheritable(descriptors[0], False)
        return descriptors[0]

    def close(self) -> None:
        """Close this side."""
        self._socket.close()
        self._descriptors.close()


def _length(data: bytes) -> int:
    length: int = _LENGTH.unpack_from(data)[0]
    if length > _MOST_BYTES:
        raise EndedError("a message that is too long")
    return length
