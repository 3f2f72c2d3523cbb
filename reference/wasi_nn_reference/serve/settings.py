"""What the command line says of a server; it can be sent to other processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wasi_nn_reference.backends.engines import Isolation
from wasi_nn_reference.backends.settings import EngineSettings
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.serve.configuration import WorkerLimits

if TYPE_CHECKING:
    from pathlib import Path


class Settings(NamedTuple):
    """A server.

    prefix: segments that all paths begin with. ignored: see `routes_in`. origins: of other sites whose pages may read
    answers. processes: of the server. threads: guests that run at a time in each process. waiting: requests that wait
    for one. connections: of clients to one process. stop_seconds: that requests have to end in when the server stops.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8080
    prefix: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    processes: int = 1
    threads: int = 4
    waiting: int = 1024
    connections: int = 4096
    stop_seconds: int = 30
    watch: bool = False
    use_cache: bool = True
    isolation: Isolation = Isolation.PROCESS
    engines: EngineSettings = EngineSettings()
    limits: Limits = Limits()
    worker_limits: WorkerLimits = WorkerLimits()
