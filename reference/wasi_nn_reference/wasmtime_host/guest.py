"""A guest: what it sees of this machine, what of it runs, and for how long."""

from __future__ import annotations

from typing import NamedTuple

from wasi_nn_reference.wasmtime_host.streams import INHERITED, Streams


class Network(NamedTuple):
    """What a guest may reach of the network. sockets: of WASI. names: that it may look up. http: by wasi:http."""

    sockets: bool = False
    names: bool = False
    http: bool = False


class Directory(NamedTuple):
    """A folder of this machine that a guest sees as `name`."""

    host: str
    name: str
    read_only: bool = False


class Guest(NamedTuple):
    """What one run of a program is given.

    arguments: argv, its own name first. directories: what it sees of this machine's folders. environment: names and
    values. seconds: how long it may run, None for ever. streams: those of this process, unless others are given.
    invoke: the export to call in place of the usual one; see `invocation`.
    """

    arguments: tuple[str, ...]
    directories: tuple[Directory, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    seconds: float | None = None
    streams: Streams = INHERITED
    invoke: str | None = None
    network: Network = Network()
