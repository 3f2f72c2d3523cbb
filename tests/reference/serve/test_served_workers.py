"""Requests and who answers them, over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import wasmtime
from wat_workers import HELLO, REFLECTING, answering, saying

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from serving import Serving


def text(answer: str) -> bytes:
    return answering(json.dumps({"data": answer}))


def reflected(response: httpx.Response) -> dict[str, Any]:
    """Return what a worker read."""
    assert response.status_code == 200
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_an_answer_of_a_worker(serving: Serving) -> None:
    serving.add("index.wasm", HELLO)
    response = serving.get("/")
    assert (response.status_code, response.text) == (200, "hello")
    assert response.headers["content-type"] == "text/html"


def test_a_request_as_the_worker_reads_it(serving: Serving) -> None:
    serving.add("users/[id]/[...rest].wasm", REFLECTING)
    found = reflected(
        serving.client.put("/users/a%20b/c/d?q=1&q=2", content="grüße".encode(), headers={"X-One": "1", "Host": "h:9"})
    )
    assert found["headers"].pop("x-one") == "1"
    assert found.pop("headers")["host"] == "h:9"
    assert found == {
        "url": "http://h:9/users/a%20b/c/d?q=1&q=2",
        "method": "PUT",
        "body": "grüße",
        "kv": {},
        "params": {"id": "a b", "rest": "c/d"},
    }


def test_a_body_of_bytes(serving: Serving) -> None:
    serving.add("index.wasm", REFLECTING)
    found = reflected(serving.client.post("/", content=b"\xff\0a"))
    assert (found["body"], found["body_base64"]) == ("/wBh", True)


def test_a_body_in_pieces(serving: Serving) -> None:
    serving.add("index.wasm", REFLECTING)
    assert reflected(serving.client.post("/", content=iter([b"a" * 100_000, b"b" * 100_000])))["body"] == (
        "a" * 100_000 + "b" * 100_000
    )


def test_an_answer_with_status_headers_and_bytes(serving: Serving) -> None:
    answer = {"status": 418, "headers": {"x-a": ["1", "2"], "content-type": "a/b"}, "data": "/wBh", "base64": True}
    serving.add("a.wasm", answering(json.dumps(answer)))
    response = serving.get("/a")
    assert (response.status_code, response.content) == (418, b"\xff\0a")
    assert (response.headers.get_list("x-a"), response.headers["content-type"]) == (["1", "2"], "a/b")


def test_a_component(serving: Serving) -> None:
    # It does nothing and writes nothing, which is no answer: what counts is that it ran.
    component = wasmtime.wat2wasm("""(component
      (core module $code (func (export "run") (result i32) (i32.const 0)))
      (core instance $code (instantiate $code))
      (func $run (result (result)) (canon lift (core func $code "run")))
      (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))""")
    serving.add("a.wasm", bytes(component))
    assert serving.get("/a").status_code == 500
    (failure,) = serving.log("request_failed")
    assert "its standard output is no answer" in failure["reason"]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/", "index worker"),
        ("/a", "static worker"),
        ("/b", "public b"),
        ("/b.txt", "public b.txt"),
        ("/page", "page"),
        ("/c", "dynamic c"),
        ("/docs", "dynamic docs"),
        ("/docs/", "dynamic docs"),
        ("/docs/x", "docs x"),
        ("/deep/er", "index of er"),
        ("/deep/er/", "index of er"),
        ("/deep/no", "nothing here"),
    ],
)
def test_workers_and_public_files(serving: Serving, path: str, answer: str) -> None:
    serving.add("index.wasm", text("index worker"))
    serving.add("public/index.html", "public index")
    serving.add("a.wasm", text("static worker"))
    serving.add("public/a", "public a")
    serving.add("public/b", "public b")
    serving.add("public/b.txt", "public b.txt")
    serving.add("public/page.html", "page")
    serving.add("[id].wasm", text(f"dynamic {path.strip('/')}"))
    serving.add("public/docs/index.html", "index of docs")
    serving.add("public/docs/x", "docs x")
    serving.add("public/deep/er/index.html", "index of er")
    serving.add("public/404.html", "nothing here")
    assert serving.get(path).text == answer


def test_the_page_for_what_is_not_there(serving: Serving) -> None:
    serving.add("public/404.html", "<p>nothing here")
    response = serving.get("/a")
    assert (response.status_code, response.text) == (404, "<p>nothing here")
    assert response.headers["content-type"].startswith("text/html")


def test_a_folder_without_public_files(serving: Serving) -> None:
    assert serving.get("/a").status_code == 404
    assert serving.get("/").status_code == 404


def test_a_public_file_is_only_read(serving: Serving) -> None:
    serving.add("public/a.txt", "a")
    assert serving.client.post("/a.txt").status_code == 405
    assert serving.client.head("/a.txt").headers["content-length"] == "1"


def test_a_worker_answers_what_a_public_file_does_not(serving: Serving) -> None:
    serving.add("public/a.txt", "a")
    serving.add("[id].wasm", HELLO)
    assert serving.client.post("/a.txt").text == "hello"


def test_a_prefix(serving: Serving) -> None:
    serving.options(prefix=("v1", "api"))
    serving.add("a.wasm", REFLECTING)
    assert reflected(serving.get("/v1/api/a"))["url"].endswith("/v1/api/a")
    assert serving.get("/a").status_code == 404
    assert serving.get("/v1/apia").status_code == 404


def test_what_is_ignored(serving: Serving) -> None:
    serving.options(ignored=("old", "*/draft-*.wasm"))
    for name in ("a.wasm", "old/b.wasm", "old/x/c.wasm", "new/draft-d.wasm"):
        serving.add(name, HELLO)
    assert serving.get("/a").status_code == 200
    assert [serving.get(path).status_code for path in ("/old/b", "/old/x/c", "/new/draft-d")] == [404] * 3


def test_head_has_no_body(serving: Serving) -> None:
    serving.add("a.wasm", HELLO)
    response = serving.client.head("/a")
    assert (response.content, response.headers["content-length"]) == (b"", "5")


def test_no_argument_and_only_its_own_variables(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    call = "(call $environ_sizes_get (i32.const 2000) (i32.const 2004))"
    arguments = "(drop (call $args_sizes_get (i32.const 2008) (i32.const 2012)))"
    count = "(i32.add (i32.mul (i32.const 10) (i32.load (i32.const 2008))) (i32.load (i32.const 2000)))"
    serving.add("a.wasm", saying(count, before=f"(drop {call}) {arguments}"), '[vars]\nA = "1"\nB = "$SECRET"')
    assert serving.get("/a").text == "02"


def test_a_request_has_a_number(serving: Serving) -> None:
    serving.add("a.wasm", HELLO)
    first, second = (serving.get("/a").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert serving.get("/a", x_request_id="my-number.1").headers["x-request-id"] == "my-number.1"
    assert serving.get("/a", x_request_id="no number").headers["x-request-id"] != "no number"
    assert [entry["request_id"] for entry in serving.wait("request", 3)] == [first, second, "my-number.1"]


def test_other_sites_may_read_what_the_operator_lets_them(serving: Serving) -> None:
    serving.options(origins=("https://a.example",))
    serving.add("a.wasm", HELLO)
    allowed = serving.get("/a", origin="https://a.example")
    assert allowed.headers["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" not in serving.get("/a", origin="https://b.example").headers


def test_what_the_server_says_of_itself(serving: Serving) -> None:
    serving.add("a/[id].wasm", HELLO)
    serving.get("/a/1")
    assert serving.get("/healthz").text == "ok\n"
    figures = serving.get("/metrics").text
    assert 'wasi_nn_requests_total{route="/a/[id]",status="200"} 1.0' in figures
    assert 'wasi_nn_request_seconds_count{route="/a/[id]"} 1.0' in figures


def test_a_remark_on_what_never_answers(serving: Serving) -> None:
    for name in ("a.wasm", "a/index.wasm", "metrics.wasm"):
        serving.add(name, HELLO)
    serving.get("/a")
    assert [entry["text"] for entry in serving.log("remark")] == [
        "a/index.wasm never answers: a.wasm does, at /a",
        "metrics.wasm never answers: the server itself does, at /metrics",
    ]


def test_a_link_in_public_leads_out_of_nothing(serving: Serving, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (serving.folder / "public").mkdir()
    (serving.folder / "public" / "link").symlink_to(tmp_path / "secret")
    (serving.folder / "public" / "folder").symlink_to(tmp_path)
    assert [serving.get(path).status_code for path in ("/link", "/folder/secret")] == [404, 404]
