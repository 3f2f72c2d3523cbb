"""Which worker answers a path: routes made of the files of a folder, and their order.

`[id]` stands for one segment, `[...rest]` for all that are left. Nothing here opens a file.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

_INDEX = "index"  # a file of that name answers for its folder, and a folder of that name for the one around it
_PARAMETER = re.compile(r"\[(?P<tail>\.\.\.)?(?P<name>\w+)\]")


class Kind(IntEnum):
    """What a segment, or a route as a whole, stands for; in the order in which routes are tried."""

    STATIC = 0
    DYNAMIC = 1
    TAIL = 2


class Segment(NamedTuple):
    """One segment of a route. text: what it is, or the name of its parameter."""

    kind: Kind
    text: str


class Match(NamedTuple):
    """A route that answers a path, and the values of its parameters."""

    route: Route
    parameters: dict[str, str]


class Route:
    """The route of a worker. file: the worker's, relative to the folder that is served."""

    def __init__(self, file: PurePosixPath) -> None:
        self.file = file
        names = [name for name in file.with_suffix("").parts if name != _INDEX]
        self.segments = tuple(_segment(file, name) for name in names)
        self.kind = max((segment.kind for segment in self.segments), default=Kind.STATIC)
        _check(file, self.segments)

    @property
    def path(self) -> str:
        """The path that it answers, as people write it: `/api/[id]`."""
        return "/" + "/".join(_SPELLED[segment.kind].format(segment.text) for segment in self.segments)

    @property
    def order(self) -> tuple[object, ...]:
        """What routes are sorted by: the first that matches answers."""
        length = len(self.segments)
        kinds = tuple(segment.kind for segment in self.segments)
        return (self.kind, -length if self.kind is Kind.TAIL else length, kinds, self.path, str(self.file))

    def match(self, parts: tuple[str, ...]) -> dict[str, str] | None:
        """Return the parameters of a path that it answers, None for one that it does not."""
        if self.kind is Kind.TAIL:
            # The path `/` has one segment, which is empty: a tail takes it, a parameter does not.
            parts = parts or ("",)
            head = len(self.segments) - 1
            if len(parts) <= head:
                return None
            parts = (*parts[:head], "/".join(parts[head:]))
        if len(parts) != len(self.segments):
            return None
        parameters = {}
        for segment, part in zip(self.segments, parts, strict=True):
            if segment.kind is not Kind.STATIC:
                parameters[segment.text] = part
            elif segment.text != part:
                return None
        return parameters


_SPELLED = {Kind.STATIC: "{}", Kind.DYNAMIC: "[{}]", Kind.TAIL: "[...{}]"}


class Routes:
    """The routes of a folder: static ones in a table, the others in the order in which they are tried."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.all = sorted(routes, key=lambda route: route.order)
        self._static: dict[tuple[str, ...], Route] = {}
        self._others = [route for route in self.all if route.kind is not Kind.STATIC]
        for route in self.all:
            if route.kind is Kind.STATIC:
                self._static.setdefault(tuple(segment.text for segment in route.segments), route)

    def static(self, parts: tuple[str, ...]) -> Match | None:
        """Return the static route of a path."""
        route = self._static.get(parts)
        return None if route is None else Match(route, {})

    def dynamic(self, parts: tuple[str, ...]) -> Match | None:
        """Return the first route with parameters that answers a path."""
        for route in self._others:
            parameters = route.match(parts)
            if parameters is not None:
                return Match(route, parameters)
        return None

    def hidden(self) -> list[tuple[Route, Route]]:
        """Return the routes that never answer, each with the one that answers in its place."""
        first: dict[tuple[object, ...], Route] = {}
        pairs = []
        for route in self.all:
            texts = tuple(segment.text if segment.kind is Kind.STATIC else segment.kind for segment in route.segments)
            if first.setdefault(texts, route) is not route:
                pairs.append((route, first[texts]))
        return pairs


def parts_of(raw_path: bytes) -> tuple[str, ...] | None:
    """Return the segments of a path as a client wrote it; empty ones do not count. None for one that is not UTF-8.

    An escaped slash is part of its segment and divides nothing.
    """
    try:
        return tuple(unquote(part.decode("utf-8"), errors="strict") for part in raw_path.split(b"/") if part)
    except UnicodeDecodeError:
        return None


def is_worker(file: PurePosixPath) -> bool:
    """Return whether a file of the folder is a worker: none is in `public`, or in what begins with `_`."""
    if file.suffix != ".wasm" or file.parts[0] == "public":
        return False
    return not any(part.startswith("_") for part in file.parts)


def _segment(file: PurePosixPath, name: str) -> Segment:
    parameter = _PARAMETER.fullmatch(name)
    if parameter is not None:
        return Segment(Kind.TAIL if parameter["tail"] else Kind.DYNAMIC, parameter["name"])
    if "[" in name or "]" in name:
        raise UserError(f"{file}: a parameter is a whole name, [NAME] or [...NAME]; {name!r} is neither")
    return Segment(Kind.STATIC, name)


def _check(file: PurePosixPath, segments: tuple[Segment, ...]) -> None:
    names = [segment.text for segment in segments if segment.kind is not Kind.STATIC]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"{file}: two parameters are called {twice!r}")
    if any(segment.kind is Kind.TAIL for segment in segments[:-1]):
        raise UserError(f"{file}: [...NAME] takes all that is left of a path, so nothing can follow it")
