"""Clients that mean harm: nothing outside `public` is read, and the server goes on."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest
from raw_client import answer, connection, get, sent, status
from wat_workers import HELLO, REFLECTING

from wasi_nn_reference.serve import protocol, server, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serving import Serving

PRIVATE = "private-content"


@pytest.fixture(autouse=True)
def goes_on(serving: Serving) -> Iterator[None]:
    """Whatever a test has sent, the server answers afterwards."""
    serving.add("index.wasm", HELLO)
    serving.add("echo.wasm", REFLECTING, f'[vars]\nA = "{PRIVATE}"')
    serving.add("public/a/file.txt", "public")
    serving.add("_models/secret.txt", PRIVATE)
    serving.add("public.txt", PRIVATE)
    (serving.folder.parent / "outside.txt").write_text(PRIVATE)
    yield
    assert status(sent(serving, get(b"/"))) == 200


@pytest.mark.parametrize(
    "path",
    [
        b"/../public.txt",
        b"/a/../../public.txt",
        b"/a/../../../outside.txt",
        b"/%2e%2e/public.txt",
        b"/%2E%2E%2Fpublic.txt",
        b"/..%2fpublic.txt",
        b"/a/..%2f..%2fpublic.txt",
        b"/..%5cpublic.txt",
        b"/..\\public.txt",
        b"/%252e%252e/public.txt",
        b"/%c0%ae%c0%ae/public.txt",
        b"/%e0%80%ae%e0%80%ae/public.txt",
        b"/a/%00/../../public.txt",
        b"/public.txt%00",
        b"/%00",
        b"/.",
        b"/..",
        b"/a/..",
        b"//etc/passwd",
        b"/%2fetc/passwd",
        b"/file:///etc/passwd",
        b"/..;/public.txt",
        b"/a/./../../public.txt",
        b"/....//public.txt",
        b"/_models/secret.txt",
        b"/public/a/file.txt",
        b"/echo.toml",
        b"/echo.wasm",
        b"/index.wasm",
        b"/a",
        b"/a/",
        b"http://other/../public.txt",
        b"*",
    ],
)
def test_a_path_that_leads_elsewhere(serving: Serving, path: bytes) -> None:
    answered = sent(serving, get(path))
    assert status(answered) in {400, 404}
    assert PRIVATE.encode() not in answered
    assert b"root:" not in answered


def test_a_public_file_by_other_spellings(serving: Serving) -> None:
    paths = [b"/a/file.txt", b"/%61/file%2Etxt", b"//a//file.txt", b"/a/file.txt?../..", b"/a/file.txt/"]
    assert [status(sent(serving, get(path))) for path in paths] == [200] * 5


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\0\1\2\3\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost h\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n\r\0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
    ],
)
def test_what_is_no_request(serving: Serving, request_bytes: bytes) -> None:
    assert status(sent(serving, request_bytes)) == 400


def test_bytes_in_headers_and_path_that_are_no_utf_8(serving: Serving) -> None:
    answered = sent(serving, get(b"/echo?q=%FF", b"X-A: \xff\xfe\r\n"))
    assert status(answered) == 200
    assert '"x-a":"ÿþ"'.encode() in answered


def test_a_head_that_is_too_large(serving: Serving) -> None:
    assert status(sent(serving, get(b"/", b"X-A: " + b"a" * 60_000 + b"\r\n"))) == 200
    assert status(sent(serving, get(b"/", b"X-A: " + b"a" * 70_000 + b"\r\n"))) == 431
    assert status(sent(serving, get(b"/", b"".join(b"X-%d: a\r\n" % number for number in range(9000))))) == 431
    assert status(sent(serving, get(b"/" + b"a" * 70_000))) == 431


def test_a_head_without_an_end(serving: Serving) -> None:
    with connection(serving) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for number in range(100_000):
                client.sendall(b"X-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" % number)
        assert status(answer(client)) == 431


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost:"])
def test_a_head_that_does_not_come(serving: Serving, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.1)
    assert status(sent(serving, begun)) == 408


def test_the_next_head_of_a_connection_that_does_not_come(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.1)
    with connection(serving) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        received = b""
        while not received.endswith(b"hello"):
            received += client.recv(1000)
        client.sendall(b"GET / HTTP/1.1\r\n")
        assert status(answer(client)) == 408


def test_a_body_that_does_not_come(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "BODY_SECONDS", 0.1)
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"
    assert status(sent(serving, head + b"begun")) == 408


def test_a_body_that_is_announced_too_large_is_not_waited_for(serving: Serving) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"
    assert status(sent(serving, head)) in {400, 413}  # the parser has 64 bits for it
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999999\r\n\r\n"
    assert status(sent(serving, head)) == 413


def test_a_body_of_many_small_pieces(serving: Serving) -> None:
    pieces = b"1\r\na\r\n" * 20_000
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answered = sent(serving, head + pieces + b"0\r\n\r\n")
    assert status(answered) == 200
    assert b"a" * 20_000 in answered


def test_a_client_that_leaves_in_the_middle(serving: Serving) -> None:
    for request in (b"GET / HT", b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nbegun", get(b"/")):
        with connection(serving) as client:
            client.sendall(request)
            # Closes with a reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system cannot tell that nobody reads")
def test_an_answer_that_nobody_reads(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "UNREAD_MILLISECONDS", 500)
    serving.add("public/large", bytes(20 << 20))
    with connection(serving) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(get(b"/large"))
        serving.wait("request")  # nothing more is to be sent of it
        assert len(answer(client)) < 20 << 20


def test_an_upgrade_is_none(serving: Serving) -> None:
    more = b"Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n"
    head = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\n" + more + b"\r\n"
    assert status(sent(serving, head)) == 200


def test_pipelined_requests_are_answered_in_order(serving: Serving) -> None:
    answered = sent(serving, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 5 + get(b"/nothing"))
    assert [int(part[:3]) for part in answered.split(b"HTTP/1.1 ")[1:]] == [200] * 5 + [404]


def test_a_thousand_connections(serving: Serving) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connection(serving)) for _ in range(1000)]
        assert status(sent(serving, get(b"/"))) == 200
        for client in clients[::10]:
            client.sendall(get(b"/"))
        assert [status(answer(client)) for client in clients[::10]] == [200] * 100


def test_more_connections_than_there_may_be(serving: Serving) -> None:
    serving.options(connections=10)
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(connection(serving)).sendall(b"GET / HT")
        assert status(sent(serving, get(b"/"))) == 503
