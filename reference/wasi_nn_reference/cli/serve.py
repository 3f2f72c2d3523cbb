"""`wasi-nn serve`: HTTP workers of a folder."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_cli.parser import Parser
from wasi_nn_reference.backends.engines import Isolation
from wasi_nn_reference.cli.durations import seconds
from wasi_nn_reference.cli.host_options import (
    add_cache_option,
    add_engine_options,
    add_limit_options,
    count,
    engine_settings_from,
    limits_from,
)
from wasi_nn_reference.cli.refusal import told
from wasi_nn_reference.console import note
from wasi_nn_reference.serve.configuration import WorkerLimits
from wasi_nn_reference.serve.example import write_example
from wasi_nn_reference.serve.routes import parts_of
from wasi_nn_reference.serve.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_PORT = 65535
_THREADS = 4  # guests at a time: they leave the processor while their engine computes


@told
def main(arguments: Sequence[str]) -> int:
    """Serve a folder until a signal says to stop."""
    options = parser().parse_args(list(arguments))
    if options.init:
        return _init(options.folder, options.port)
    settings = settings_from(options)
    # Not before the options are right: it takes half a second.
    from wasi_nn_reference.serve.server import serve  # noqa: PLC0415

    serve(settings)
    return 0


def _init(folder: Path, port: int) -> int:
    write_example(folder)
    note(f"the example is in {folder}; start it with `wasi-nn serve {folder}`, and open http://127.0.0.1:{port}/")
    return 0


def settings_from(options: argparse.Namespace) -> Settings:
    """Return the server that the options ask for."""
    engines = engine_settings_from(options)
    if engines.threads is None:
        engines = engines._replace(threads=max(1, (os.cpu_count() or 1) // options.workers))
    return Settings(
        folder=options.folder,
        host=options.host,
        port=options.port,
        prefix=parts_of(options.prefix.encode()) or (),
        ignored=tuple(options.ignore),
        origins=tuple(options.cors),
        processes=options.workers,
        threads=options.guests,
        waiting=options.waiting,
        connections=options.connections,
        stop_seconds=options.stop_seconds,
        watch=options.watch,
        use_cache=not options.no_cache,
        isolation=Isolation(options.isolation),
        engines=engines,
        limits=limits_from(options),
        worker_limits=WorkerLimits(
            options.timeout,
            options.max_guest_memory_bytes,
            options.max_body_bytes,
            options.max_stdout_bytes,
            options.concurrency,
        ),
    )


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn serve",
        description="Serve a folder: each NAME.wasm in it answers the requests of /NAME, with what NAME.toml gives it;"
        " files below public/ are sent as they are.",
    )
    usual = WorkerLimits()
    add = parser.add_argument
    add("folder", metavar="DIR", nargs="?", type=Path, default=Path(), help="the folder (default: this one)")
    add("--init", action="store_true", help="write an example into the folder, and serve nothing")
    add("--host", metavar="ADDRESS", default="127.0.0.1", help="where to listen (default: %(default)s)")
    add("--port", metavar="N", type=_port, default=8080, help="0 takes any that is free (default: %(default)s)")
    add("--prefix", metavar="PATH", default="", help="what all paths begin with")
    add("--ignore", metavar="PATTERN", action="append", default=[], help="no worker is below it; * stands for anything")
    add("--cors", metavar="ORIGIN", action="append", default=[], help="pages of that site may read answers; * for all")
    add("--workers", metavar="N", type=_at_least_one, default=1, help="processes (default: %(default)s)")
    add(
        "--guests",
        metavar="N",
        type=_at_least_one,
        default=_THREADS,
        help="guests that run at a time in each process (default: %(default)s)",
    )
    add("--waiting", metavar="N", type=count, default=1024, help="requests that may wait for that; then 503")
    add("--connections", metavar="N", type=_at_least_one, default=4096, help="of clients, to each process; then 503")
    add("--watch", action="store_true", help="serve what has changed in the folder, without dropping a request")
    add("--stop-seconds", metavar="N", type=count, default=30, help="for requests to end when the server stops")
    add("--timeout", metavar="SECONDS", type=seconds, default=usual.seconds, help="of a request; then 504")
    add("--max-body-bytes", metavar="N", type=count, default=usual.body_bytes, help="of a request; then 413")
    add("--max-stdout-bytes", metavar="N", type=count, default=usual.stdout_bytes, help="of an answer; then 500")
    add("--concurrency", metavar="N", type=count, default=0, help="guests of one worker at a time; then 503")
    add_engine_options(parser)
    add_limit_options(parser)
    add_cache_option(parser)
    parser.set_defaults(max_guest_memory_bytes=usual.memory_bytes)
    return parser


def _port(text: str) -> int:
    number = count(text)
    if number > _MOST_PORT:
        raise argparse.ArgumentTypeError(f"must be {_MOST_PORT} or less")
    return number


def _at_least_one(text: str) -> int:
    number = count(text)
    if number == 0:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
