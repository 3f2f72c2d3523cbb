"""Runs a server: one process, or several that share a listening socket and are started again when they die."""

from __future__ import annotations

import functools
import logging
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.log import Log, LogHandler
from wasi_nn_reference.serve.protocol import BoundedProtocol

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from wasi_nn_reference.serve.assembly import Assembly
    from wasi_nn_reference.serve.settings import Settings

_BACKLOG = 2048
_FIGURES = "PROMETHEUS_MULTIPROC_DIR"  # of `prometheus_client`, which reads it when it is imported
_STARTUP_FAILURE = 3  # exit status by which uvicorn knows a process that would fail again


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; raises UserError for what keeps it from starting."""
    log = Log()
    _hand_on_logs(log)
    with tempfile.TemporaryDirectory(prefix="wasi-nn-serve-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        with listening_socket(settings) as listener:
            host, port = listener.getsockname()[:2]
            log.event(
                "listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}", folder=str(settings.folder)
            )
            if settings.processes > 1:
                _serve_by_processes(settings, scratch, listener)
            else:
                _serve_here(settings, scratch, listener, log)


def listening_socket(settings: Settings) -> socket.socket:
    """Return the socket that all processes listen at; raises UserError."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no port"
        raise UserError(f"--host {settings.host} --port {settings.port}: {reason}") from error


def application(settings: Settings, scratch: Path) -> Starlette:
    """Return the application of a process of several; ends it if it cannot be made."""
    log = Log()
    _hand_on_logs(log)
    try:
        return _assembly(settings, scratch, log).asgi()
    except UserError as error:
        log.event("not_started", reason=str(error))
        sys.exit(_STARTUP_FAILURE)


def _serve_here(settings: Settings, scratch: Path, listener: socket.socket, log: Log) -> None:
    assembly = _assembly(settings, scratch, log)
    try:
        server = uvicorn.Server(configuration(settings, assembly.asgi()))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop_as_asked)
        server.run([listener])
    finally:
        assembly.close()


def _serve_by_processes(settings: Settings, scratch: Path, listener: socket.socket) -> None:
    with tempfile.TemporaryDirectory(dir=scratch) as figures:
        os.environ[_FIGURES] = figures
        Multiprocess(configuration(settings, functools.partial(application, settings, scratch)), [listener]).run()


def configuration(settings: Settings, app: object) -> uvicorn.Config:
    """Return what uvicorn is told of an application, or of what makes one in each process."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type] # one or the other
        factory=settings.processes > 1,
        workers=settings.processes,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=settings.connections,
        timeout_graceful_shutdown=settings.stop_seconds,
    )


def _assembly(settings: Settings, scratch: Path, log: Log) -> Assembly:
    # The library of the figures looks at the environment when it is imported.
    from wasi_nn_reference.serve.assembly import Assembly  # noqa: PLC0415

    return Assembly(settings, scratch, log)


def _hand_on_logs(log: Log) -> None:
    logger = logging.getLogger("uvicorn")
    logger.handlers = [LogHandler(log)]
    logger.setLevel(logging.WARNING)
    logger.propagate = False


def _stop_as_asked(_signal: int, _frame: object) -> None:
    """Let a process end by itself that has stopped serving as a signal asked it to."""
