"""Limits and faults: what the client gets, and what the log says."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from wat_workers import (
    EXITING,
    FLOODING,
    GROWING,
    HELLO,
    LOOPING,
    REFLECTING,
    SLEEPING,
    TRAPPING,
    answering,
)

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    import httpx
    from serving import Serving


def failure(serving: Serving, response: httpx.Response) -> dict[str, Any]:
    """Return what the log says of why a request failed."""
    (entry,) = serving.log("request_failed")
    assert entry["request_id"] == response.headers["x-request-id"]
    assert entry["status"] == response.status_code
    return entry


@pytest.mark.parametrize(
    ("wasm", "reason"),
    [
        (TRAPPING, "a: the guest trapped: wasm `unreachable` instruction executed"),
        (EXITING, "a: the guest exited with 3"),
        (answering("hello"), "a: its standard output is no answer: JSON is malformed"),
        (answering(""), "a: its standard output is no answer: Input data was truncated"),
        (answering('{"status":700}'), "a: its answer has the status 700"),
        (FLOODING, "a: the guest wrote more than 33554432 bytes"),
        (b"no wasm", "a.wasm cannot run: the file is no WebAssembly module or component"),
        (b"\0asm\1\0\0\0\1", "a.wasm cannot run: the module does not compile"),
    ],
    ids=["trap", "exit", "no-json", "nothing", "status", "flood", "no-wasm", "broken"],
)
def test_a_fault_of_a_worker(serving: Serving, wasm: bytes, reason: str) -> None:
    serving.add("a.wasm", wasm)
    response = serving.get("/a")
    assert response.status_code == 500
    assert failure(serving, response)["reason"].startswith(reason)
    assert "guest" not in response.text


def test_others_are_served_beside_a_worker_that_cannot_run(serving: Serving) -> None:
    serving.add("a.wasm", b"no wasm")
    serving.add("b.wasm", HELLO)
    assert serving.get("/b").status_code == 200
    assert [entry["file"] for entry in serving.log("worker_unavailable")] == ["a.wasm"]


def test_what_is_wrong_with_a_file_stops_the_start(serving: Serving) -> None:
    serving.add("a.wasm", HELLO, "nam = 'x'")
    with pytest.raises(UserError, match=r"a\.toml:1: nam: is no key of this table; did you mean 'name'"):
        serving.assembly.load()


# Pages


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/html, application/json", "text/html"),
        ("application/json", "application/json"),
        ("application/json;q=0.9, text/html;q=0.8", "application/json"),
        ("image/png, Application/JSON", "application/json"),
    ],
)
def test_a_failure_is_told_as_the_client_wants_it(serving: Serving, accept: str, kind: str) -> None:
    response = serving.get("/nothing", accept=accept)
    assert response.headers["content-type"].partition(";")[0] == kind
    if kind == "application/json":
        assert response.json() == {
            "error": {
                "status": 404,
                "title": "Not Found",
                "detail": "There is nothing at this address.",
                "request_id": response.headers["x-request-id"],
            }
        }
    else:
        assert response.headers["x-request-id"] in response.text


# Time


@pytest.mark.parametrize("wasm", [LOOPING, SLEEPING], ids=["computing", "blocked"])
def test_a_worker_that_takes_too_long(serving: Serving, wasm: bytes) -> None:
    serving.add("a.wasm", wasm, "[limits]\nseconds = 0.1")
    response = serving.get("/a", accept="application/json")
    assert response.status_code == 504
    assert response.json()["error"]["detail"] == "The worker took too long."
    assert "it ran for more than 0.1 s" in failure(serving, response)["reason"]


def test_a_blocked_guest_takes_no_thread_from_others(serving: Serving) -> None:
    serving.options(threads=1)
    serving.add("a.wasm", SLEEPING, "[limits]\nseconds = 0.1")
    serving.add("b.wasm", HELLO)
    assert [serving.get(path).status_code for path in ("/a", "/b")] == [504, 200]
    assert serving.get("/healthz").status_code == 503
    assert "wasi_nn_guests_abandoned 1.0" in serving.get("/metrics").text


# Sizes


def test_memory(serving: Serving) -> None:
    serving.add("large.wasm", GROWING)
    serving.add("small.wasm", GROWING, "[limits]\nmemory_bytes = 1048576")
    assert [serving.get(path).status_code for path in ("/large", "/small")] == [200, 500]


@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize(("size", "status"), [(10, 200), (11, 413)])
def test_a_body(serving: Serving, size: int, status: int, *, in_pieces: bool) -> None:
    serving.add("a.wasm", HELLO, "[limits]\nbody_bytes = 10")
    content = iter([b"a" * (size - 5), b"b" * 5]) if in_pieces else b"a" * size
    assert serving.client.post("/a", content=content).status_code == status
    assert serving.get("/a").status_code == 200  # whatever became of the connection


def test_an_answer_of_the_size_that_is_allowed(serving: Serving) -> None:
    text = '{"data":"hello"}'
    serving.add("fits.wasm", answering(text), f"[limits]\nstdout_bytes = {len(text)}")
    serving.add("more.wasm", answering(text), f"[limits]\nstdout_bytes = {len(text) - 1}")
    assert [serving.get(path).status_code for path in ("/fits", "/more")] == [200, 500]


# Concurrency


class Crowd:
    """Requests that all wait for guests that loop, until enough of them were answered."""

    def __init__(self, serving: Serving, count: int) -> None:
        with ThreadPoolExecutor(count) as pool:
            barrier = threading.Barrier(count)

            def get() -> int:
                barrier.wait()
                return serving.get("/a").status_code

            self.statuses = sorted(each.result() for each in [pool.submit(get) for _ in range(count)])


def test_guests_of_one_worker_at_a_time(serving: Serving) -> None:
    serving.options(threads=4)
    serving.add("a.wasm", LOOPING, "[limits]\nseconds = 1\nconcurrency = 2")
    serving.get("/")  # it has started
    assert Crowd(serving, 4).statuses == [503, 503, 504, 504]


def test_guests_of_all_workers_at_a_time(serving: Serving) -> None:
    serving.options(threads=1, waiting=1)
    serving.add("a.wasm", LOOPING, "[limits]\nseconds = 1")
    serving.get("/")
    statuses = Crowd(serving, 4).statuses
    assert statuses[:2] == [503, 503]
    assert set(statuses[2:]) <= {503, 504}  # the one in line has as much patience as the guest has time


def test_all_who_wait_in_line_are_served(serving: Serving) -> None:
    serving.options(threads=2)
    serving.add("a.wasm", REFLECTING)
    serving.get("/")
    assert Crowd(serving, 16).statuses == [200] * 16


# The log


def test_what_a_guest_says_on_standard_error(serving: Serving) -> None:
    serving.add("a.wasm", answering("why \u00fc", stream=2))
    response = serving.get("/a")
    (entry,) = serving.log("stderr")
    assert (entry["text"], entry["request_id"]) == ("why \u00fc", response.headers["x-request-id"])


def test_a_line_for_each_request(serving: Serving) -> None:
    serving.add("[id].wasm", HELLO)
    response = serving.get("/x%20y?secret=1")
    (entry,) = serving.wait("request")
    assert entry.pop("milliseconds") > 0
    del entry["time"]
    assert entry == {
        "event": "request",
        "request_id": response.headers["x-request-id"],
        "route": "/[id]",
        "method": "GET",
        "path": "/x%20y",
        "status": 200,
        "bytes": 5,
    }


def test_a_variable_that_is_not_set_is_told_by_its_name(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    monkeypatch.setenv("OTHER", "secret-value")
    serving.add("a.wasm", TRAPPING, '[vars]\nA = "$TOKEN"\nB = "$OTHER"')
    response = serving.get("/a")
    assert [entry["text"].partition(": ")[2] for entry in serving.log("remark")] == [
        "the variable TOKEN is not set, and empty"
    ]
    assert "secret-value" not in response.text + str(serving.everything_logged())
