"""A client that sends what no library would."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from serving import PATIENCE

if TYPE_CHECKING:
    from serving import Serving


def connection(serving: Serving) -> socket.socket:
    return socket.create_connection(serving.address, PATIENCE)


def answer(client: socket.socket) -> bytes:
    """Return all that the server sends until it closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):  # it closed with something unread
        while data := client.recv(1 << 16):
            received += data
    return received


def sent(serving: Serving, request: bytes) -> bytes:
    """Return the answer to bytes on a connection of their own."""
    with connection(serving) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has answered before it had all
            client.sendall(request)
        return answer(client)


def status(answered: bytes) -> int:
    return int(answered.split(b" ", 2)[1])


def get(path: bytes, more: bytes = b"") -> bytes:
    """A request after which the server closes the connection."""
    return b"GET " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + more + b"\r\n"
