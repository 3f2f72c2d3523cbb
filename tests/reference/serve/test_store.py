"""Stores: what workers keep from request to request."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from wat_workers import HELLO, REFLECTING, TRAPPING, answering

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.store import MemoryStore, Store, StoreError, store_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serving import Serving

SERVER = shutil.which("redis-server")
REASON = "no redis-server is installed"
STORE = '[data.kv]\nnamespace = "n"\n'


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of Redis that keeps nothing on disk: its URL, without the number of a database."""
    if SERVER is None:
        pytest.skip(REASON)
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "socket"
    words = ["--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with subprocess.Popen([SERVER, *words], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        for line in process.stdout:
            if "ready to accept connections" in line.lower():
                break
        yield f"unix://{path}?db="
        process.terminate()
        process.stdout.read()


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Store:
    return MemoryStore() if request.param == "memory" else store_at(request.getfixturevalue("redis_url") + "3")


def test_what_is_replaced_is_what_is_there(store: Store) -> None:
    assert store.read("a") == {}
    store.replace("a", {"x": "1", "y": "grüße\0"})
    store.replace("b", {"x": "2"})
    assert (store.read("a"), store.read("b")) == ({"x": "1", "y": "grüße\0"}, {"x": "2"})
    store.replace("a", {"z": "3"})
    assert store.read("a") == {"z": "3"}
    store.replace("a", {})
    assert store.read("a") == {}


def test_a_server_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(StoreError, match=r"^the store does not answer: ConnectionError$"):
        store_at(f"redis://:secret@127.0.0.1:{port}/0").read("a")


def test_a_url_of_something_else() -> None:
    with pytest.raises(UserError, match="this is no URL of a store"):
        store_at("http://127.0.0.1")


# Over HTTP


def fill(serving: Serving, toml: str) -> None:
    serving.add("set.wasm", answering(json.dumps({"kv": {"a": "1", "b": "2"}})), toml)
    serving.add("less.wasm", answering(json.dumps({"kv": {"b": "3"}})), toml)
    serving.add("none.wasm", answering(json.dumps({"kv": {}})), toml)
    serving.add("keep.wasm", HELLO, toml)
    serving.add("fail.wasm", TRAPPING, toml)
    serving.add("get.wasm", REFLECTING, toml)
    serving.add("other.wasm", REFLECTING, toml.replace('"n"', '"m"'))
    serving.add("without.wasm", REFLECTING)


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_a_namespace_is_replaced_by_what_a_worker_answers(
    serving: Serving, kind: str, request: pytest.FixtureRequest
) -> None:
    url = f'url = "{request.getfixturevalue("redis_url")}4"\n' if kind == "redis" else ""
    fill(serving, STORE + url)

    def stored(path: str) -> dict[str, str]:
        found: dict[str, str] = serving.get(path).json()["kv"]
        return found

    assert stored("/get") == {}
    seen = []
    for path in ("/set", "/less", "/keep", "/fail", "/none"):
        serving.get(path)
        seen.append(stored("/get"))
    assert seen == [{"a": "1", "b": "2"}, {"b": "3"}, {"b": "3"}, {"b": "3"}, {}]
    serving.get("/set")
    assert (stored("/other"), stored("/without")) == ({}, {})


def test_a_store_that_is_away(serving: Serving) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    serving.add("a.wasm", HELLO, STORE + f'url = "redis://:secret@127.0.0.1:{port}"')
    assert serving.get("/a").status_code == 503
    assert serving.log("request_failed")[0]["reason"] == "a: the store does not answer: ConnectionError"
    assert "secret" not in serving.everything_logged()


def test_the_servers_memory_is_no_store_for_several_processes(serving: Serving) -> None:
    serving.options(processes=2)
    path = serving.add("a.wasm", HELLO, STORE)
    with pytest.raises(UserError, match="without url the store is in the server's memory") as caught:
        serving.assembly.load()
    assert str(caught.value).startswith(f"{path.with_suffix('.toml')}: ")


def test_a_server_without_the_client_of_redis(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    serving.add("a.wasm", HELLO, STORE + 'url = "redis://127.0.0.1"')
    with pytest.raises(
        UserError, match=r"redis is not installed; install it with: pip install 'wasi-nn-conform.*redis"
    ):
        serving.assembly.load()
