"""One request at the border of HTTP: its number, what the client sent, and how much of it may come."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from typing import TYPE_CHECKING

from wasi_nn_reference.serve.exchange import joined
from wasi_nn_reference.serve.routes import parts_of

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from wasi_nn_reference.serve.exchange import Answer

BODY_SECONDS = 30.0  # in which a body has to be here, however large
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_REQUEST_ID_HEADER = b"x-request-id"
_WITHOUT_LENGTH = {204, 304}
MALFORMED, NOT_FOUND, OTHER_METHOD, SLOW, TOO_LARGE = 400, 404, 405, 408, 413


class RefusedError(Exception):
    """A request that gets no answer of a worker's. The reason, if there is one, is for the log."""

    def __init__(self, status: int, reason: str = "") -> None:
        self.status = status
        super().__init__(reason)


class Visit:
    """A request, and what was sent of its answer. place: which route or file it came to, for the figures."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self._send = send
        self.began = time.perf_counter()
        self.headers = joined(scope["headers"])
        given = self.headers.get("x-request-id", "")
        self.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        self.place = ""
        self.status = 0
        self.sent_bytes = 0

    @property
    def method(self) -> str:
        """The method, in capitals."""
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        """The path as the client wrote it, without the query."""
        return bytes(self.scope["raw_path"]).decode("ascii", "replace")

    @property
    def url(self) -> str:
        """The whole address, as the client sees it."""
        server = self.scope.get("server") or ("localhost", None)
        host = self.headers.get("host") or (f"{server[0]}:{server[1]}" if server[1] else server[0])
        query = bytes(self.scope["query_string"]).decode("latin-1")
        return f"{self.scope['scheme']}://{host}{self.path}{'?' if query else ''}{query}"

    @property
    def accept(self) -> str:
        """What the client wants to read."""
        return self.headers.get("accept", "")

    @property
    def is_answered(self) -> bool:
        """Return whether the head of an answer was sent."""
        return self.status != 0

    def parts(self, prefix: tuple[str, ...]) -> tuple[str, ...]:
        """Return the segments of the path behind `prefix`; raises RefusedError."""
        parts = parts_of(self.scope["raw_path"])
        if parts is None:
            raise RefusedError(MALFORMED)
        if parts[: len(prefix)] != prefix:
            raise RefusedError(NOT_FOUND)
        return parts[len(prefix) :]

    async def body(self, most: int) -> bytes:
        """Return the body.

        Raises RefusedError for one of more than `most` bytes or one that is too slow; EOFError if the client leaves.
        """
        length = self.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > most:
            raise RefusedError(TOO_LARGE)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                pieces, size, more = [], 0, True
                while more and size <= most:
                    piece, more = await self._piece()
                    pieces.append(piece)
                    size += len(piece)
        except TimeoutError:
            raise RefusedError(SLOW) from None
        if size > most:
            raise RefusedError(TOO_LARGE)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _piece(self) -> tuple[bytes, bool]:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise EOFError
        return message.get("body", b""), bool(message.get("more_body"))

    async def send(self, message: Message) -> None:
        """Send a part of the answer, as ASGI has it, and the request's number with the head."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (_REQUEST_ID_HEADER, self.request_id.encode("ascii"))]
        elif message["type"] == "http.response.body":
            self.sent_bytes += len(message.get("body", b""))
        await self._send(message)

    async def answer(self, answer: Answer) -> None:
        """Send an answer."""
        headers = list(answer.headers)
        if answer.status not in _WITHOUT_LENGTH:
            headers.append((b"content-length", str(len(answer.body)).encode("ascii")))
        if answer.status in (SLOW, TOO_LARGE):
            headers.append((b"connection", b"close"))  # what is left of the body is not waited for
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": answer.body})
