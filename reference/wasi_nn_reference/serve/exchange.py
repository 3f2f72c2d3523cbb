"""What a worker reads and writes: a request and an answer, each one object in JSON."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pybase64

from wasi_nn_reference.wasmtime_host.streams import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Headers = list[tuple[bytes, bytes]]

# What the server says of an answer itself.
_OWN_HEADERS = {
    "connection", "content-length", "date", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    "x-request-id",
}  # fmt: skip
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_WITHOUT_BODY = {204, 304}
_AT_ONCE = 3 << 14  # bytes that become base64 at a time: whole groups of three, and no padding between pieces
_DEFAULT_TYPE = (b"content-type", b"text/html")


class Request(NamedTuple):
    """A request for a worker. url: absolute. headers: as the client sent them. parameters: of the route."""

    url: str
    method: str
    headers: Headers
    body: bytes
    parameters: Mapping[str, str]

    def encoded(self, stored: Mapping[str, str]) -> Pieces:
        """Return what the worker reads, with what its namespace has `stored`."""
        fields: dict[str, Any] = {
            "url": self.url,
            "method": self.method,
            "headers": joined(self.headers),
            "kv": stored,
            "params": self.parameters,
        }
        try:
            fields["body"] = self.body.decode("utf-8")
        except UnicodeDecodeError:
            return _with_base64(self.body, msgspec.json.encode(fields))
        whole = msgspec.json.encode(fields)
        return Pieces(len(whole), (whole,))


def _with_base64(body: bytes, others: bytes) -> Pieces:
    """Return an object in JSON with a body besides its `others`.

    Base64 as it is written, since nothing of it is escaped; and never whole here, since it would not fit a near cache.
    """
    begin, end = b'{"body_base64":true,"body":"', b'",' + others[1:]
    view = memoryview(body)
    encoded = (pybase64.b64encode(view[start : start + _AT_ONCE]) for start in range(0, len(body), _AT_ONCE))
    size = len(begin) + (len(body) + 2) // 3 * 4 + len(end)
    return Pieces(size, chain((begin,), encoded, (end,)))


class Answer(NamedTuple):
    """What a worker answers. stored: what its namespace has from now on, None for no change."""

    status: int
    headers: Headers
    body: bytes
    stored: Mapping[str, str] | None = None


class BadAnswerError(Exception):
    """What the worker wrote is no answer; the text says why."""


class _Written(msgspec.Struct):
    """The object that a worker writes; what it does not write has a default, what it writes besides is ignored."""

    data: str = ""
    headers: dict[str, str | list[str]] = {}
    status: int = 200
    kv: dict[str, str] | None = None
    base64: bool = False


_decoder = msgspec.json.Decoder(_Written)


def read_answer(data: bytes) -> Answer:
    """Return the answer that a worker wrote; raises BadAnswerError."""
    try:
        written = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadAnswerError(f"its standard output is no answer: {error}") from error
    if not 200 <= written.status <= 599:
        raise BadAnswerError(f"its answer has the status {written.status}")
    headers = _headers(written.headers)
    if not any(name == b"content-type" for name, _ in headers):
        headers.append(_DEFAULT_TYPE)
    body = b"" if written.status in _WITHOUT_BODY else _body(written)
    return Answer(written.status, headers, body, written.kv)


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers as workers read them: names in lower case, and values of one name put together."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        separator = "; " if name == "cookie" else ", "
        found[name] = f"{found[name]}{separator}{value}" if name in found else value
    return found


def _headers(written: Mapping[str, str | list[str]]) -> Headers:
    headers = []
    for name, given in written.items():
        lower = name.lower()
        for value in [given] if isinstance(given, str) else given:
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                raise BadAnswerError(f"its answer has a header that cannot be sent: {name[:100]!r}")
            if lower not in _OWN_HEADERS:
                headers.append((lower.encode("ascii"), value.encode("latin-1")))
    return headers


def _body(written: _Written) -> bytes:
    if not written.base64:
        return written.data.encode("utf-8")
    try:
        return base64.b64decode(written.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadAnswerError(f"the data of its answer is no base64: {error}") from error
