import os
import pwd
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from wasi_nn_cli.cache_folder import user_cache_folder


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"HOME": "/home/ada", "XDG_CACHE_HOME": "/caches"}, "/caches/mine"),
        ("darwin", {"HOME": "/Users/ada", "XDG_CACHE_HOME": "/caches"}, "/caches/mine"),
        ("linux", {"HOME": "/home/ada"}, "/home/ada/.cache/mine"),
        ("darwin", {"HOME": "/Users/ada"}, "/Users/ada/Library/Caches/mine"),
        ("linux", {"HOME": "/home/ada", "XDG_CACHE_HOME": "caches"}, "/home/ada/.cache/mine"),
        ("linux", {"HOME": "here"}, "/entry/.cache/mine"),
        ("linux", {"HOME": ""}, "/entry/.cache/mine"),
        ("linux", {}, "/entry/.cache/mine"),
    ],
)
def test_the_folder_of_a_user(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], folder: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "environ", variables)
    monkeypatch.setattr(pwd, "getpwuid", lambda _user: SimpleNamespace(pw_dir="/entry"))
    assert user_cache_folder("mine") == Path(folder)


def test_a_home_that_is_no_folder_of_its_own_holds_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(pwd, "getpwuid", lambda _user: SimpleNamespace(pw_dir=""))
    assert user_cache_folder("mine") is None
