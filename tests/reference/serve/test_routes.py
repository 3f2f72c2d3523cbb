"""Which worker answers a path."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.routes import Route, Routes, is_worker, parts_of


def found(files: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Return the file and the parameters of the worker, if one of those files answers."""
    routes = Routes(Route(PurePosixPath(file)) for file in files.split())
    parts = parts_of(path.encode())
    assert parts is not None
    match = routes.static(parts) or routes.dynamic(parts)
    return None if match is None else (str(match.route.file), match.parameters)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("index.wasm", "/"),
        ("api.wasm", "/api"),
        ("api/index.wasm", "/api"),
        ("api/v2/ping.wasm", "/api/v2/ping"),
        ("index/index/a.wasm", "/a"),
        ("a.b.wasm", "/a.b"),
        ("[id].wasm", "/[id]"),
        ("users/[id]/posts.wasm", "/users/[id]/posts"),
        ("users/[id]/index.wasm", "/users/[id]"),
        ("files/[...rest].wasm", "/files/[...rest]"),
    ],
)
def test_a_file_has_a_path(file: str, path: str) -> None:
    assert Route(PurePosixPath(file)).path == path


@pytest.mark.parametrize(
    ("files", "path", "file", "parameters"),
    [
        # static
        ("index.wasm", "/", "index.wasm", {}),
        ("index.wasm", "", "index.wasm", {}),
        ("api/index.wasm", "/api", "api/index.wasm", {}),
        ("api/index.wasm", "/api/", "api/index.wasm", {}),
        ("api/index.wasm", "//api//", "api/index.wasm", {}),
        ("grüße.wasm", "/gr%C3%BC%C3%9Fe", "grüße.wasm", {}),
        # parameters
        ("[id].wasm", "/7", "[id].wasm", {"id": "7"}),
        ("[id].wasm", "/a%20b", "[id].wasm", {"id": "a b"}),
        ("[id].wasm", "/a%2Fb", "[id].wasm", {"id": "a/b"}),
        ("[a]/[b].wasm", "/1/2", "[a]/[b].wasm", {"a": "1", "b": "2"}),
        ("users/[id]/posts.wasm", "/users/7/posts", "users/[id]/posts.wasm", {"id": "7"}),
        # tails
        ("[...rest].wasm", "/", "[...rest].wasm", {"rest": ""}),
        ("[...rest].wasm", "/a/b/c", "[...rest].wasm", {"rest": "a/b/c"}),
        ("files/[...rest].wasm", "/files/a", "files/[...rest].wasm", {"rest": "a"}),
        ("[user]/[...rest].wasm", "/u/a/b", "[user]/[...rest].wasm", {"user": "u", "rest": "a/b"}),
        # static before dynamic before tail
        ("[id].wasm a.wasm", "/a", "a.wasm", {}),
        ("[...rest].wasm [id].wasm", "/a", "[id].wasm", {"id": "a"}),
        ("[...rest].wasm a.wasm", "/a", "a.wasm", {}),
        ("[...rest].wasm index.wasm", "/", "index.wasm", {}),
        # of tails, more segments first
        ("[...rest].wasm files/[...rest].wasm", "/files/a", "files/[...rest].wasm", {"rest": "a"}),
        ("[...rest].wasm files/[...rest].wasm", "/files", "[...rest].wasm", {"rest": "files"}),
        ("a/[...rest].wasm a/[x]/[...rest].wasm", "/a/1/2", "a/[x]/[...rest].wasm", {"x": "1", "rest": "2"}),
        # segment by segment: static, dynamic, tail
        ("[id]/b.wasm a/[id].wasm", "/a/b", "a/[id].wasm", {"id": "b"}),
        ("[x]/[y].wasm [x]/b.wasm", "/a/b", "[x]/b.wasm", {"x": "a"}),
        ("[x]/[...rest].wasm a/[...rest].wasm", "/a/b", "a/[...rest].wasm", {"rest": "b"}),
        # by name
        ("[name].wasm [id].wasm", "/7", "[id].wasm", {"id": "7"}),
        ("api/index.wasm api.wasm", "/api", "api.wasm", {}),
    ],
)
def test_a_path_is_answered_by(files: str, path: str, file: str, parameters: dict[str, str]) -> None:
    assert found(files, path) == (file, parameters)


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ("index.wasm", "/index"),
        ("index.wasm", "/a"),
        ("a.wasm", "/"),
        ("a.wasm", "/A"),
        ("a.wasm", "/a.wasm"),
        ("a.wasm", "/a/b"),
        ("a/b.wasm", "/a%2Fb"),
        ("a.wasm", "/x/../a"),
        ("[id].wasm", "/"),
        ("[id].wasm", "/a/b"),
        ("users/[id].wasm", "/users"),
        ("files/[...rest].wasm", "/files"),
        ("files/[...rest].wasm", "/other/a"),
    ],
)
def test_a_path_is_not_answered(files: str, path: str) -> None:
    assert found(files, path) is None


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("a[id].wasm", "is a whole name"),
        ("[].wasm", "is a whole name"),
        ("[..rest].wasm", "is a whole name"),
        ("[a-b].wasm", "is a whole name"),
        ("[...rest]/a.wasm", "nothing can follow it"),
        ("[id]/[id].wasm", "two parameters are called 'id'"),
    ],
)
def test_a_name_that_is_no_route(file: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        Route(PurePosixPath(file))
    assert str(caught.value).startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("file", "worker"),
    [
        ("a.wasm", True),
        ("a/b/c.wasm", True),
        ("a/public/c.wasm", True),
        ("public.wasm", True),
        ("public/a.wasm", False),
        ("public/a/b.wasm", False),
        ("_lib/a.wasm", False),
        ("a/_lib/b.wasm", False),
        ("_a.wasm", False),
        ("a.toml", False),
        ("a.wasm.bak", False),
    ],
)
def test_a_file_is_a_worker(file: str, *, worker: bool) -> None:
    assert is_worker(PurePosixPath(file)) is worker


def test_a_path_that_is_no_utf_8() -> None:
    assert parts_of(b"/a/%FF") is None


def test_routes_that_never_answer_are_known() -> None:
    files = ["api.wasm", "api/index.wasm", "[id].wasm", "[name].wasm", "a/[...x].wasm", "other.wasm"]
    hidden = Routes(Route(PurePosixPath(file)) for file in files).hidden()
    assert [(str(route.file), str(by.file)) for route, by in hidden] == [
        ("api/index.wasm", "api.wasm"),
        ("[name].wasm", "[id].wasm"),
    ]
