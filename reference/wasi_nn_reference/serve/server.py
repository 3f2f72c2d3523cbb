"""Runs a server: one process, or several that share a listening socket and are started again when they die."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from wasi_nn_reference.errors import UserError
from wasi_nn_reference.serve.log import Log, LogHandler
from wasi_nn_reference.serve.protocol import BoundedProtocol

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from wasi_nn_reference.serve.assembly import Assembly
    from wasi_nn_reference.serve.settings import Settings

_BACKLOG = 2048
_DESCRIPTORS = 65536  # more than any number of connections that makes sense
UNREAD_MILLISECONDS = 60_000  # that a client may leave an answer unread, which fills memory here
_FIGURES = "PROMETHEUS_MULTIPROC_DIR"  # of `prometheus_client`, which reads it when it is imported
_HEALTH_SECONDS = 30  # that a process may take to say that it lives, which it cannot while it imports
_PARENT_SECONDS = 1.0  # from the death of the first process to the end of the others


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; raises UserError for what keeps it from starting."""
    log = Log()
    _hand_on_logs(log)
    _take_descriptors()
    with tempfile.TemporaryDirectory(prefix="wasi-nn-serve-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        with listening_socket(settings) as listener:
            host, port = listener.getsockname()[:2]
            log.event(
                "listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}", folder=str(settings.folder)
            )
            if settings.processes > 1:
                with contextlib.closing(_assembly(settings, scratch, log)) as trial:
                    trial.site()  # what is wrong is told here, once, before there are processes
                _serve_by_processes(settings, scratch, listener)
            else:
                _serve_here(settings, scratch, listener, log)


def listening_socket(settings: Settings) -> socket.socket:
    """Return the socket that all processes listen at; raises UserError."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except socket.gaierror as error:
        raise UserError(f"--host {settings.host}: {error.strerror}") from error
    except OSError as error:
        raise UserError(f"--host {settings.host} --port {settings.port}: {os.strerror(error.errno or 0)}") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; connections have it from the socket that takes them
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
    return listener


def _take_descriptors() -> None:
    """Let this process and those that it starts have descriptors for many connections, if the system does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS has another limit besides, which it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def application(settings: Settings, scratch: Path, parent: int) -> Starlette:
    """Return the application of a process of several; ends it if it cannot be made, or when its parent has gone."""
    log = Log()
    _hand_on_logs(log)
    threading.Thread(target=_stop_without, args=(parent,), name="parent", daemon=True).start()
    try:
        return _assembly(settings, scratch, log).asgi()
    except UserError as error:
        log.event("not_started", reason=str(error))
        sys.exit(STARTUP_FAILURE)


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
        make = functools.partial(application, settings, scratch, os.getpid())
        supervisor = Multiprocess(configuration(settings, make), [listener])
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise UserError("a process of the server could not start: see above")


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
        timeout_worker_healthcheck=_HEALTH_SECONDS,
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


def _stop_without(parent: int) -> None:
    """Stop this process when the one that started it is gone, which may have had no time to say so."""
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _stop_as_asked(_signal: int, _frame: object) -> None:
    """Let a process end by itself that has stopped serving as a signal asked it to."""
