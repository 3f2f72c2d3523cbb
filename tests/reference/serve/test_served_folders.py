"""Folders that a worker's guest sees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from wat_workers import opening

if TYPE_CHECKING:
    from serving import Serving

CREATE, EXCLUSIVE = 1, 4
OK, EXISTS, NOT_CAPABLE, NOT_PERMITTED = "00", "20", "76", "63"  # errnos of WASI
WRITE_NEW = opening("new", CREATE | EXCLUSIVE)


def mount(more: str = "") -> str:
    return f'[[folders]]\nfrom = "./_files"\nto = "/files"\n{more}'


def test_a_folder_is_shared_by_all_requests(serving: Serving) -> None:
    serving.add("_files/old", "old")
    serving.add("a.wasm", WRITE_NEW, mount())
    assert [serving.get("/a").text for _ in range(2)] == [OK, EXISTS]
    assert (serving.folder / "_files" / "new").exists()


def test_a_folder_of_scratch_is_a_copy_for_each_request(serving: Serving) -> None:
    serving.add("_files/old", "old")
    serving.add("a.wasm", WRITE_NEW, mount("scratch = true"))
    serving.add("old.wasm", opening("old", EXCLUSIVE | CREATE), mount("scratch = true"))
    serving.get("/")
    with ThreadPoolExecutor(8) as pool:
        assert [response.text for response in pool.map(serving.get, ["/a"] * 40)] == [OK] * 40
    assert serving.get("/old").text == EXISTS
    assert [each.name for each in (serving.folder / "_files").iterdir()] == ["old"]
    assert list(serving.scratch.iterdir()) == []


def test_a_folder_that_is_only_read(serving: Serving) -> None:
    serving.add("_files/old", "old")
    serving.add("a.wasm", WRITE_NEW, mount("read_only = true"))
    serving.add("b.wasm", opening("old", 0), mount("read_only = true"))
    assert serving.get("/a").text in {NOT_CAPABLE, NOT_PERMITTED}
    assert serving.get("/b").text in {NOT_CAPABLE, NOT_PERMITTED}  # it is opened to write
    assert not (serving.folder / "_files" / "new").exists()


@pytest.mark.parametrize("path", ["../secret", "link", "/secret", "down/../../secret"])
@pytest.mark.parametrize("more", ["", "scratch = true"])
def test_nothing_outside_is_opened(serving: Serving, path: str, more: str) -> None:
    secret = serving.add("secret", "secret")
    serving.add("_files/down/file", "")
    (serving.folder / "_files" / "link").symlink_to(secret)
    serving.add("a.wasm", opening(path, 0), mount(more))
    assert serving.get("/a").text in {NOT_CAPABLE, NOT_PERMITTED}


def test_without_folders_there_is_none(serving: Serving) -> None:
    serving.add("a.wasm", WRITE_NEW)
    assert serving.get("/a").text == "08"  # no such descriptor
