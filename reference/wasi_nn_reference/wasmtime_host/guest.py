"""A guest: what it sees of this machine, and how long it may run."""

from __future__ import annotations

from typing import NamedTuple

from wasi_nn_reference.wasmtime_host.streams import INHERITED, Streams


class Guest(NamedTuple):
    """What one run of a program is given.

    arguments: argv, its own name first. directories: (host folder, guest path) pairs. environment:
    names and values. seconds: how long it may run, None for ever. streams: those of this process,
    unless others are given.
    """

    arguments: tuple[str, ...]
    directories: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    seconds: float | None = None
    streams: Streams = INHERITED
