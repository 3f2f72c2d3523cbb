"""What has changed in the folder is served, and no request is dropped for it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from serving import PATIENCE
from wat_workers import HELLO, LOOPING, answering

if TYPE_CHECKING:
    from serving import Serving


@pytest.fixture(autouse=True)
def watching(serving: Serving) -> None:
    serving.options(watch=True)
    serving.add("a.wasm", HELLO)
    assert serving.get("/a").text == "hello"


def test_workers_come_and_go_and_change(serving: Serving) -> None:
    serving.add("b.wasm", answering('{"data":"new"}'))
    serving.wait("reloaded")
    assert [serving.get(path).text for path in ("/a", "/b")] == ["hello", "new"]
    serving.add("a.wasm", answering('{"data":"changed"}'))
    (serving.folder / "b.wasm").unlink()
    serving.wait("reloaded", 2)
    assert (serving.get("/a").text, serving.get("/b").status_code) == ("changed", 404)


def test_what_cannot_be_loaded_changes_nothing(serving: Serving) -> None:
    serving.add("a.wasm", answering('{"data":"changed"}'), "nam = 'x'")
    serving.wait("not_reloaded")
    assert serving.get("/a").text == "hello"
    assert "a.toml:1: nam: is no key of this table" in serving.log("not_reloaded")[0]["reason"]
    serving.add("a.wasm", answering('{"data":"changed"}'), "name = 'x'")
    serving.wait("reloaded")
    assert serving.get("/a").text == "changed"


def test_a_request_keeps_what_it_began_with(serving: Serving) -> None:
    serving.add("slow.wasm", LOOPING, "[limits]\nseconds = 2")
    serving.wait("reloaded")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(serving.get, "/slow")
        while not serving.assembly.guests.running:
            assert not slow.done()
            time.sleep(0.01)
        (serving.folder / "slow.wasm").unlink()
        serving.wait("reloaded", 2)
        assert slow.result(PATIENCE).status_code == 504
    assert serving.get("/slow").status_code == 404
