"""Requests over HTTP that end in time, whatever the server does, and whose replies have a greatest length."""

from __future__ import annotations

import asyncio
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from concurrent.futures import Future

T = TypeVar("T")

# Servers close a connection that nobody uses after 5 s and more; a request that is sent just then would be lost.
_IDLE_SECONDS = 4.0
_PIECE = 1 << 18  # bytes


class AwayError(Exception):
    """The server cannot be reached, or ends the connection; the text is the reason."""


class LongReplyError(Exception):
    """The reply is longer than it may be."""


class Query(NamedTuple):
    """A request: its URL, its body, without which it gets a document, and fields of its head."""

    url: str
    body: bytes | None = None
    head: Mapping[str, str] = MappingProxyType({})


class Reply(NamedTuple):
    """A reply: the status of HTTP, the field `Inference-Header-Content-Length` if it is there, and the body."""

    status: int
    head_length: str | None
    body: bytes


class Connection:
    """Connections to any number of servers, which are kept for the next request; any thread may use them.

    They are served by a thread of their own, so that a request ends at its deadline and when another thread cancels it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kserve", daemon=True)
        self._thread.start()
        self._session = self._begun(_opened()).result()

    def begin(self, query: Query, seconds: float, most: int) -> Future[Reply]:
        """Begin to send a request, and to read a reply of at most `most` bytes.

        The result raises AwayError, LongReplyError, TimeoutError after `seconds`, CancelledError if it is cancelled.
        """
        return self._begun(self._exchanged(query, seconds, most))

    def close(self) -> None:
        """End all requests and connections."""
        self._begun(self._session.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _begun(self, work: Coroutine[None, None, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _exchanged(self, query: Query, seconds: float, most: int) -> Reply:
        # A redirection could lead anywhere in the operator's network.
        request = self._session.request(
            "GET" if query.body is None else "POST",
            URL(query.url, encoded=True),
            data=query.body,
            headers=query.head,
            allow_redirects=False,
        )
        try:
            async with asyncio.timeout(seconds), request as response:
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    raise AwayError("it compresses its replies, which it was not asked for")
                length = response.headers.get("Inference-Header-Content-Length")
                return Reply(response.status, length, await _body(response, most))
        except TimeoutError:  # an OSError too
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise AwayError(str(error) or type(error).__name__) from error


async def _opened() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS),
        timeout=aiohttp.ClientTimeout(),  # each request has its own
        headers={"Accept-Encoding": "identity", "User-Agent": "wasi-nn"},
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    if (response.content_length or 0) > most:
        raise LongReplyError
    pieces, length = [], 0
    async for piece in response.content.iter_chunked(_PIECE):
        length += len(piece)
        if length > most:
            raise LongReplyError
        pieces.append(piece)
    return b"".join(pieces)
