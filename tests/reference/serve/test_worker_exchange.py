"""What a worker reads and writes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from wasi_nn_reference.serve.exchange import Answer, BadAnswerError, Request, read_answer


def read(body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None, **stored: str) -> dict[str, Any]:
    """Return what the worker reads."""
    request = Request("http://h/a?b=c", "POST", headers or [], body, {"id": "7"})
    given = request.encoded(stored)
    text = b"".join(given.pieces)
    assert len(text) == given.size
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_request() -> None:
    assert read("grüße".encode(), [(b"Accept", b"*/*")], a="1") == {
        "url": "http://h/a?b=c",
        "method": "POST",
        "headers": {"accept": "*/*"},
        "body": "grüße",
        "kv": {"a": "1"},
        "params": {"id": "7"},
    }


@pytest.mark.parametrize("size", [1, 2, 3, 49151, 49152, 49153, 100_000])
def test_a_body_that_is_no_utf_8_comes_by_base64(size: int) -> None:
    body = b"\xff" * size
    found = read(body, a="1")
    assert (base64.b64decode(found["body"], validate=True), found["body_base64"]) == (body, True)
    assert (found["method"], found["kv"]) == ("POST", {"a": "1"})


def test_headers_of_one_name_are_joined() -> None:
    found = read(headers=[(b"X-A", b"1"), (b"cookie", b"a=1"), (b"x-a", b"2"), (b"cookie", b"b=2"), (b"x-b", b"\xe9")])
    assert found["headers"] == {"x-a": "1, 2", "cookie": "a=1; b=2", "x-b": "é"}


HTML = (b"content-type", b"text/html")


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("{}", Answer(200, [HTML], b"")),
        ('{"data":"gr\\u00fc\\u00dfe","status":201}', Answer(201, [HTML], "grüße".encode())),
        ('\n{"data":"x"}\n\n', Answer(200, [HTML], b"x")),
        ('{"data":"/wBh","base64":true}', Answer(200, [HTML], b"\xff\0a")),
        ('{"data":"/wBh","base64":false}', Answer(200, [HTML], b"/wBh")),
        ('{"headers":{"Content-Type":"text/plain"}}', Answer(200, [(b"content-type", b"text/plain")], b"")),
        (
            '{"headers":{"set-cookie":["a","b"]}}',
            Answer(200, [(b"set-cookie", b"a"), (b"set-cookie", b"b"), HTML], b""),
        ),
        (
            '{"headers":{"Content-Length":"7","transfer-encoding":"chunked","Connection":"x","Date":"x"}}',
            Answer(200, [HTML], b""),
        ),
        ('{"kv":{"a":"1"}}', Answer(200, [HTML], b"", {"a": "1"})),
        ('{"kv":{}}', Answer(200, [HTML], b"", {})),
        ('{"status":204,"data":"x"}', Answer(204, [HTML], b"")),
        ('{"later":{"field":[1]}}', Answer(200, [HTML], b"")),
    ],
)
def test_an_answer(written: str, answer: Answer) -> None:
    assert read_answer(written.encode()) == answer


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"hello",
        b"[]",
        b'{"data":"x"',
        b'{"data":"x"} more',
        b'{"data":"\xff"}',
        b'{"data":7}',
        b'{"status":"200"}',
        b'{"status":199}',
        b'{"status":600}',
        b'{"status":-1}',
        b'{"headers":[]}',
        b'{"headers":{"a":1}}',
        b'{"headers":{"a b":"1"}}',
        b'{"headers":{"":"1"}}',
        b'{"headers":{"a":"1\\r\\nset-cookie: x"}}',
        b'{"headers":{"a":["1","\\u0000"]}}',
        b'{"headers":{"a":"\\u20ac"}}',
        b'{"kv":{"a":1}}',
        b'{"base64":true,"data":"*"}',
        b'{"base64":true,"data":"/wB"}',
        b'{"base64":true,"data":"\xc3\xa9"}',
    ],
)
def test_what_is_no_answer(written: bytes) -> None:
    with pytest.raises(BadAnswerError):
        read_answer(written)
