"""Messages over a socket, one at a time each way, each with at most one descriptor."""

from __future__ import annotations

import os
import socket
import struct
from typing import Generic, TypeVar

import msgspec

_LENGTH = struct.Struct("<I")
_MOST_BYTES = 64 << 20  # of one message: a model has names of ports, not more
_AT_ONCE = 1 << 16

_Sent = TypeVar("_Sent")
_Received = TypeVar("_Received")


class EndedError(Exception):
    """The other side is gone, or says what it can not mean."""


class Channel(Generic[_Sent, _Received]):
    """One end. `received` is the union of messages that may come.

    Each side waits for the other's message before it sends its next, so what has come is one message and no more.
    """

    def __init__(self, end: socket.socket, received: object) -> None:
        self._socket = end
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[_Received] = msgspec.msgpack.Decoder(received)
        self._seconds: float | None = None

    def send(self, message: _Sent, descriptor: int | None = None) -> None:
        """Send a message; raises EndedError."""
        body = self._encoder.encode(message)
        data = _LENGTH.pack(len(body)) + body
        try:
            sent = 0 if descriptor is None else socket.send_fds(self._socket, [data], [descriptor])
            if sent < len(data):
                self._socket.sendall(data[sent:])
        except OSError as error:
            raise EndedError(str(error)) from error

    def receive(self, seconds: float | None = None) -> _Received:
        """Return the next message; raises EndedError, TimeoutError after `seconds` without one."""
        message, descriptor = self._receive(seconds, descriptors=0)
        assert descriptor is None
        return message

    def receive_with_descriptor(self) -> tuple[_Received, int | None]:
        """Return the next message, and the descriptor that came with it; raises EndedError."""
        return self._receive(None, descriptors=1)

    def _receive(self, seconds: float | None, descriptors: int) -> tuple[_Received, int | None]:
        if seconds != self._seconds:
            self._socket.settimeout(seconds)
            self._seconds = seconds
        data, descriptor = b"", None
        try:
            while len(data) < _LENGTH.size or len(data) < _LENGTH.size + _length(data):
                if descriptors and descriptor is None:
                    more, came, _, _ = socket.recv_fds(self._socket, _AT_ONCE, descriptors, socket.MSG_CMSG_CLOEXEC)
                    descriptor = came[0] if came else None
                else:
                    more = self._socket.recv(_AT_ONCE)
                if not more:
                    raise EndedError("the other side is gone")
                data += more
            if len(data) > _LENGTH.size + _length(data):
                raise EndedError("a message out of turn")
            return self._decoder.decode(memoryview(data)[_LENGTH.size :]), descriptor
        except TimeoutError:
            raise
        except (OSError, msgspec.MsgspecError) as error:
            if descriptor is not None:
                os.close(descriptor)
            raise EndedError(str(error)) from error

    def close(self) -> None:
        """Close this end."""
        self._socket.close()


def _length(data: bytes) -> int:
    length: int = _LENGTH.unpack_from(data)[0]
    if length > _MOST_BYTES:
        raise EndedError("a message that is too long")
    return length
