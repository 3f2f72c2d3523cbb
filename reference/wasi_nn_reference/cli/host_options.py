"""Options of every subcommand that serves wasi-nn: what the host does and allows, whoever its guest is."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING

from wasi_nn_reference.abi.witx.module import EXTENSIONS
from wasi_nn_reference.abi.witx.values import TENSOR_TYPES
from wasi_nn_reference.backends import registry
from wasi_nn_reference.backends.engines import Engines, Isolation
from wasi_nn_reference.backends.kserve.address import FORM
from wasi_nn_reference.backends.settings import EngineSettings, Precision
from wasi_nn_reference.cli.durations import seconds
from wasi_nn_reference.host import Host
from wasi_nn_reference.limits import Limits
from wasi_nn_reference.named_graphs import KSERVE, NamedGraphs
from wasi_nn_reference.wasmtime_host.cache import CAPACITY, ModuleCache, cache_folder, user_cache
from wasi_nn_reference.wasmtime_host.linking import Linking, UnknownImports

if TYPE_CHECKING:
    from wasi_nn_reference.backends.kserve.address import ModelAddress
    from wasi_nn_reference.backends.kserve.model import ServerModel
    from wasi_nn_reference.types import GraphEncoding

# --max-graphs and so on: every limit but the deadline of a call, which has an option of its own.
_LIMITS = {field.name: field.default for field in fields(Limits) if field.name != "call_seconds"}
# Models that the operator registers are the operator's: only a guest's are limited in what they are made of.
_ANY_BYTES = 2**63 - 1


def add_host_options(parser: argparse.ArgumentParser) -> None:
    """Add all options of a host with one guest to `parser`."""
    add = parser.add_argument
    add(
        "--graph",
        metavar="[NAME=]ENCODING::FILE|DIR|URL",
        action="append",
        default=[],
        help=f"register a model under NAME (the file's or the folder's name) for load_by_name, or each of several"
        f" in a folder under its file's name; {registry.names()}; {KSERVE}::{FORM} is computed by an inference server",
    )
    add_engine_options(parser)
    add(
        "--tensor-types",
        choices=tuple(TENSOR_TYPES),
        default="2023",
        help="numbers of tensor types; 2022 for guests from before 2023-08-23 (default: %(default)s)",
    )
    add(
        "--extensions",
        choices=tuple(EXTENSIONS),
        action="append",
        default=[],
        help=f"serve what another host has beside the specification; wasmedge: {', '.join(EXTENSIONS['wasmedge'])}",
    )
    add(
        "--unknown-imports",
        choices=[each.value for each in UnknownImports],
        default=UnknownImports.REFUSE.value,
        help="what an import becomes that is not served: the guest is refused, or it traps when it is called, or"
        " returns zeros (default: %(default)s)",
    )
    add_limit_options(parser)
    add_cache_option(parser)
    add("--verbose", action="store_true", help="say on standard error why a call failed")


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how models are computed, and where."""
    add = parser.add_argument
    add(
        "--call-timeout",
        metavar="SECONDS",
        type=seconds,
        default=Limits.call_seconds,
        help="load and compute give `busy` (components: `timeout`) after that time (default: %(default)g)",
    )
    add(
        "--precision",
        choices=[each.value for each in Precision],
        default=Precision.F32.value,
        help="f32 computes as the model says; fast leaves it to the engine (default: %(default)s)",
    )
    add_isolation_option(parser)
    add(
        "--engine",
        metavar="ENCODING=ENGINE",
        action="append",
        default=[],
        type=_engine,
        help=f"load an encoding with another engine than the first of: {_engines()}",
    )
    add("--threads", metavar="N", type=count, help="threads of a graph (default: one per CPU, at most 4)")


def add_limit_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each limit of a guest."""
    for name, value in _LIMITS.items():
        parser.add_argument(
            f"--max-{name.replace('_', '-')}",
            metavar="N",
            type=count,
            default=value,
            help="limit; beyond it calls give `too_large` (default: %(default)s)",
        )


def add_cache_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that says whether compiled guests are kept."""
    parser.add_argument(
        "--no-cache", action="store_true", help=f"compile the guest anew, and do not keep it; {_where()}"
    )


def add_isolation_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where models are loaded."""
    parser.add_argument(
        "--isolation",
        choices=[each.value for each in Isolation],
        default=Isolation.PROCESS.value,
        help="process loads models in processes of their own; none in this one, for models that you trust"
        " (default: %(default)s)",
    )


def engines_from(options: argparse.Namespace) -> Engines:
    """Return where models are computed, which is to be closed at the end."""
    return Engines(Isolation(options.isolation), options.max_engine_bytes)


def _engines() -> str:
    return "; ".join(
        f"{encoding.value}: {', '.join(engine.distribution for engine in served.engines)}"
        for encoding, served in registry.SERVED.items()
    )


def _engine(text: str) -> tuple[GraphEncoding, str]:
    name, separator, engine = text.partition("=")
    encodings = {encoding.value: encoding for encoding in registry.SERVED}
    if not separator or name not in encodings:
        raise argparse.ArgumentTypeError(f"give it as ENCODING=ENGINE, of {_engines()}")
    return encodings[name], engine


def _where() -> str:
    folder = cache_folder()
    if folder is None:
        return "for a user without a home folder that is always so"
    return f"else it is kept in {folder} (at most {CAPACITY >> 20} MiB)".replace("%", "%%")


def host_from(options: argparse.Namespace, engines: Engines) -> Host:
    """Return a host as the options want it; raises UserError for a graph that cannot be registered."""
    limits = limits_from(options)
    named_graphs = NamedGraphs()
    for graph in options.graph:
        named_graphs.add_option(graph, lambda address: _at_server(address, engines, limits))
    settings = engine_settings_from(options)
    registered = engines.backends(settings._replace(tensor_bytes=_ANY_BYTES))
    return Host(engines.backends(settings), named_graphs, limits, registered=registered, warm=engines.warm)


def limits_from(options: argparse.Namespace) -> Limits:
    """Return what a guest may use, as the options want it."""
    return Limits(call_seconds=options.call_timeout, **{name: getattr(options, f"max_{name}") for name in _LIMITS})


def engine_settings_from(options: argparse.Namespace) -> EngineSettings:
    """Return what is asked of engines."""
    return EngineSettings(
        Precision(options.precision), options.threads, options.max_tensor_bytes, tuple(options.engine)
    )


def _at_server(address: ModelAddress, engines: Engines, limits: Limits) -> ServerModel:
    model = engines.servers.model(address, limits.tensor_bytes)
    model.check(limits.call_seconds)
    return model


def linking_from(options: argparse.Namespace) -> Linking:
    """Return how guests are linked, as the options want it."""
    return Linking(
        options.tensor_types,
        tuple(dict.fromkeys(options.extensions)),
        UnknownImports(options.unknown_imports),
        verbose=options.verbose,
        accounted=options.verbose,
    )


def cache_from(options: argparse.Namespace) -> ModuleCache | None:
    """Return where compiled guests are kept, None for nowhere."""
    return None if options.no_cache else user_cache()


def count(text: str) -> int:
    """Return a number of 0 or more; raises for one that is none."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number
