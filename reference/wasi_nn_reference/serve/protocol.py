"""HTTP as uvicorn speaks it, but a request's head may only be so large, and has to be here in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from asyncio import TimerHandle

HEAD_BYTES = 64 << 10  # of a request line and headers together: eight times what browsers send
HEAD_SECONDS = 10.0  # from a connection, or the first byte of its next request, to the end of the head
_AROUND = 4  # bytes of a header beside its name and value
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose client can neither fill the memory with a head nor keep the connection by never ending one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._received: int | None = 0  # bytes since the head began, None between requests and in bodies
        self._parsed = 0  # bytes of the head, of which more may have come at once
        self._late: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._received is not None:
            self._received += len(data)
        super().data_received(data)
        if self._received is not None and self._received > HEAD_BYTES:  # and the head has no end yet
            self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """See `httptools`."""
        super().on_message_begin()
        self._parsed = 0
        if self._received is None:
            self._begin_head()

    def on_url(self, url: bytes) -> None:
        """See `httptools`."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """See `httptools`."""
        self._count(len(name) + len(value) + _AROUND)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """See `httptools`."""
        self._end_head()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Send what is wrong with a request that cannot be parsed, or is not to be."""
        if self._parsed > HEAD_BYTES:
            self._refuse(_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._parsed += size
        if self._parsed > HEAD_BYTES:
            raise ValueError("the head is too large")  # ends the parser

    def _begin_head(self) -> None:
        self._received = 0
        self._late = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def _end_head(self) -> None:
        self._received = None
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _refuse(self, answer: bytes) -> None:
        self._end_head()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
