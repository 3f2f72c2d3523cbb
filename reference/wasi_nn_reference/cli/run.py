"""`wasi-nn run`: options follow the wasmtime program's conventions."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_cli.parser import Parser
from wasi_nn_reference.cli.durations import seconds
from wasi_nn_reference.cli.host_options import add_host_options, cache_from, engines_from, host_from, linking_from
from wasi_nn_reference.cli.refusal import told
from wasi_nn_reference.cli.wasmtime_options import add_wasmtime_options, apply
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.wasmtime_host.deadline import heeds
from wasi_nn_reference.wasmtime_host.ending import TRAPPED, OverrunError, TrapError
from wasi_nn_reference.wasmtime_host.guest import Directory, Guest, Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from wasi_nn_reference.host import Host


_STANDARD_INPUT = "-"


@told
def main(arguments: list[str]) -> int:
    """Run a guest and return its exit status."""
    options = parser().parse_args(arguments)
    apply(options)
    engines = engines_from(options)
    with contextlib.closing(engines):
        return _run(options, host_from(options, engines))


def _run(options: argparse.Namespace, host: Host) -> int:
    wasm = _read(options.guest)
    guest = _guest(options)
    # Not before the options are right: it takes 60 ms.
    from wasi_nn_reference.wasmtime_host.runner import Runner  # noqa: PLC0415

    runner = Runner(ProcessEnd(), cache_from(options), linking_from(options))
    # Python would only note an interrupt and act on it when the guest returns, which may be never.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        status = runner.run(runner.load(wasm), guest, host)
    except OverrunError as error:
        note(_account(error))
        status = TRAPPED
    except TrapError as error:
        note(str(error))
        status = TRAPPED
    return status


def _guest(options: argparse.Namespace) -> Guest:
    own = Path(options.guest).name if options.argv0 is None else options.argv0
    inherited = os.environ if options.inherit_env else {}
    return Guest(
        arguments=(own, *options.arguments),
        directories=tuple(options.dir),
        environment=tuple({**inherited, **dict(pair for pair in options.env if pair is not None)}.items()),
        seconds=options.timeout,
        invoke=options.invoke,
        network=Network(options.network, options.name_lookup, options.http or options.network),
    )


class ProcessEnd:
    """Ends this process with a guest that is blocked; see `wasi_nn_reference.wasmtime_host.deadline.DeadlinePolicy`."""

    def run(self, work: Callable[[], int], seconds: float, interrupt: Callable[[], None]) -> int:
        """See `DeadlinePolicy.run`."""
        done = threading.Event()

        def watch() -> None:
            if not done.wait(seconds) and not heeds(done, interrupt):
                note(_account(OverrunError(seconds, blocked=True)))
                os._exit(TRAPPED)

        threading.Thread(target=watch, name="deadline", daemon=True).start()
        try:
            return work()
        finally:
            done.set()


def _account(error: OverrunError) -> str:
    return f"{error} (--timeout)" + (", blocked in a call of the host" if error.blocked else "")


def _read(path: str) -> bytes:
    try:
        if path == _STANDARD_INPUT:
            return sys.stdin.buffer.read()
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = Parser(
        prog="wasi-nn run",
        description="Run a guest that uses wasi-nn. What follows the guest goes to the guest.",
        epilog="Exit status: the guest's; 134 if it trapped or its time was up; 1 for any other error.",
    )
    add = parser.add_argument
    add(
        "--dir",
        metavar="HOST[::GUEST]",
        action="append",
        default=[],
        type=_directory,
        help="give the guest the folder HOST, as GUEST",
    )
    add(
        "--env",
        metavar="NAME[=VALUE]",
        action="append",
        default=[],
        type=_variable,
        help="set a variable of the guest; without VALUE, to what it is here",
    )
    add("--timeout", metavar="SECONDS", type=seconds, help="end the guest after that time, also 2s or 100ms")
    add(
        "--invoke",
        metavar="NAME",
        help="call that export instead of _start: of a module with the arguments that follow the guest,"
        " of a component as NAME(ARGUMENT, ...)",
    )
    add("--argv0", metavar="NAME", help="the guest's first argument, its own name (default: the file's)")
    add_host_options(parser)
    add_wasmtime_options(parser)
    parser.set_defaults(http=False, network=False, name_lookup=False, inherit_env=False)
    add(
        "guest",
        metavar="GUEST.wasm",
        help="a core module (witx ABI) or a component (WIT ABIs), also as text (.wat); - for standard input",
    )
    add("arguments", metavar="...", nargs=argparse.REMAINDER, help="arguments of the guest")
    return parser


def _directory(text: str) -> Directory:
    host, _, guest = text.partition("::")
    return Directory(host, guest or host)


def _variable(text: str) -> tuple[str, str] | None:
    name, separator, value = text.partition("=")
    if not name:
        raise argparse.ArgumentTypeError("a variable needs a name")
    if separator:
        return name, value
    here = os.environ.get(name)
    return None if here is None else (name, here)
