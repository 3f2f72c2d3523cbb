"""`wasi-nn run`: options follow the wasmtime program's conventions."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from dataclasses import fields
from pathlib import Path

from wasi_nn_reference.abi import witx
from wasi_nn_reference.console import note
from wasi_nn_reference.errors import UserError
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.registry import Registry
from wasi_nn_reference.serving import PRECISIONS, backends, module_cache, work_was_abandoned
from wasi_nn_reference.wasm import COMPONENT, recognise

# --max-graphs and so on: every limit but the deadline of a call, which has an option of its own.
_LIMITS = {field.name: field.default for field in fields(Limits) if field.name != "call_seconds"}


def main(arguments: list[str]) -> int:
    """Run a guest and return its exit status."""
    options = _parser().parse_args(arguments)
    limits = Limits(call_seconds=options.call_timeout, **{name: getattr(options, f"max_{name}") for name in _LIMITS})
    registry = Registry()
    for graph in options.graph:
        registry.add_option(graph)
    wasm = _read(options.guest)
    # Not before the options are right: it takes 60 ms.
    from wasi_nn_reference.engine import TRAPPED, Guest, GuestEngine, TrapError  # noqa: PLC0415

    guest = Guest(
        arguments=(Path(options.guest).name, *options.arguments),
        directories=tuple(options.dir),
        environment=tuple(pair for pair in options.env if pair is not None),
        seconds=options.timeout,
    )
    host = Host(backends(options.precision, options.threads, limits.tensor_bytes), registry, limits)
    cache = None if options.no_cache else module_cache()
    # Python would only note an interrupt and act on it when the guest returns, which may be never.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        if recognise(wasm) == COMPONENT:
            from wasi_nn_reference.component_engine import ComponentEngine  # noqa: PLC0415

            status = ComponentEngine(cache).run(wasm, guest, host, verbose=options.verbose)
        else:
            abi = witx.WitxAbi(host, options.tensor_types)
            status = GuestEngine(limits, cache).run(wasm, guest, abi, verbose=options.verbose)
    except TrapError as error:
        note(str(error))
        status = TRAPPED
    if work_was_abandoned():
        # A thread of an engine is still computing; the usual end would wait for it, or crash.
        sys.stdout.flush()
        os._exit(status)
    return status


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wasi-nn run",
        description="Run a guest that uses wasi-nn. What follows the guest goes to the guest.",
        epilog="Exit status: the guest's; 134 if it trapped or its time was up; 1 for any other error.",
        allow_abbrev=False,
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
    add(
        "--graph",
        metavar="[NAME=]ENCODING::DIR",
        action="append",
        default=[],
        help="register the model in DIR under NAME (the folder's name) for load_by_name; openvino, onnx",
    )
    add("--timeout", metavar="SECONDS", type=_seconds, help="end the guest after that time")
    add(
        "--call-timeout",
        metavar="SECONDS",
        type=_seconds,
        default=Limits.call_seconds,
        help="load and compute give `busy` (components: `timeout`) after that time (default: %(default)g)",
    )
    add(
        "--precision",
        choices=PRECISIONS,
        default=PRECISIONS[0],
        help="f32 computes as the model says; fast leaves it to the engine (default: %(default)s)",
    )
    add("--threads", metavar="N", type=_number, help="threads of a graph (default: one per CPU, at most 4)")
    add(
        "--tensor-types",
        choices=tuple(witx.TENSOR_TYPES),
        default="2023",
        help="numbers of tensor types; 2022 for guests from before 2023-08-23 (default: %(default)s)",
    )
    for name, value in _LIMITS.items():
        add(
            f"--max-{name.replace('_', '-')}",
            metavar="N",
            type=_number,
            default=value,
            help="limit; beyond it calls give `too_large` (default: %(default)s)",
        )
    add("--no-cache", action="store_true", help="compile the guest anew, and do not keep it")
    add("--verbose", action="store_true", help="say on standard error why a call failed")
    add("guest", metavar="GUEST.wasm", help="a core module (witx ABI) or a component (WIT ABIs)")
    add("arguments", metavar="...", nargs=argparse.REMAINDER, help="arguments of the guest")
    return parser


def _directory(text: str) -> tuple[str, str]:
    host, _, guest = text.partition("::")
    return host, guest or host


def _variable(text: str) -> tuple[str, str] | None:
    name, separator, value = text.partition("=")
    if not name:
        raise argparse.ArgumentTypeError("a variable needs a name")
    if separator:
        return name, value
    here = os.environ.get(name)
    return None if here is None else (name, here)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return seconds


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number
