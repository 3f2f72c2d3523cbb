"""`wasi-nn check`: the suite on one host, with settings of its own.

pytest does the work, but nothing of it that is set up here for other tests has a part in that: neither its files of
settings nor conftest.py, nor variables, nor plugins that happen to be installed.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_cli.parser import Parser
from wasi_nn_conformance import __version__
from wasi_nn_conformance.paths import PACKAGE
from wasi_nn_conformance.pytest_plugin.arguments import cases_for_node_ids
from wasi_nn_conformance.pytest_plugin.options import add_options
from wasi_nn_conformance.run.adapter import known_adapters
from wasi_nn_conformance.run.cache_folder import cache_folder

_PROGRAM = "wasi-nn check"
_PLUGIN = "wasi_nn_conformance.pytest_plugin.hooks"


def main(arguments: list[str], program: str = _PROGRAM) -> int:
    """Run the suite and return pytest's exit status; `program` is what the user called."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parser, forwarded = _parser(program)
    options = parser.parse_args(cases_for_node_ids(arguments[:end]))
    if options.workers is not None and find_spec("xdist") is None:
        parser.error("-n needs pytest-xdist: pip install pytest-xdist")
    for variable in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(variable, None)
    # In the environment, so that they hold for the processes of pytest-xdist too.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(cache_folder() / "hypothesis")  # else it is the working folder
    words = [*_settings(), *_words(options, forwarded), f"--program={program}", f"--impl={options.impl}"]
    memory = _memory(options.impl)
    if memory is None and options.last_failed:
        parser.error("--lf: what failed last is kept nowhere, because there is no cache folder that can be written to")
    words += ["-p", "no:cacheprovider"] if memory is None else ["-o", f"cache_dir={memory}"]
    return int(pytest.main([*words, *arguments[end + 1 :], str(PACKAGE)]))


def parser() -> Parser:
    """Return the parser of the options."""
    return _parser(_PROGRAM)[0]


def _parser(program: str) -> tuple[Parser, list[argparse.Action]]:
    """Return the parser, and what of it is an option of the plugin too."""
    parser = Parser(
        prog=program,
        usage=f"{program} NAME_OR_PATH [options] [-- pytest options]",
        description="Check a host of wasi-nn with the conformance suite.",
        epilog=f"Adapters that come with the suite: {', '.join(known_adapters())}. Exit status: 0 if nothing failed but"
        " what is known, 1 for findings, 2 for a vector that cannot be used or a run that was"
        " interrupted, 4 for a host that cannot be asked or a wrong command line, 5 if no case was selected, or"
        " none was judged because the host supports none of them.",
        usage_status=int(pytest.ExitCode.USAGE_ERROR),
    )
    parser.add_argument("impl", metavar="NAME_OR_PATH", help="an adapter's name, or its file")
    parser.add_argument("--version", action="version", version=f"wasi-nn-conformance {__version__}")
    forwarded: list[argparse.Action] = []

    def group(title: str) -> Callable[..., Any]:
        adds_to = parser.add_argument_group(title)
        return lambda *names, **attributes: forwarded.append(adds_to.add_argument(*names, **attributes))

    add_options(group)
    add = parser.add_argument_group("how it runs").add_argument
    add("-n", "--workers", metavar="N", type=_number, help="run over N processes at once, with pytest-xdist")
    add("-x", "--exitfirst", action="store_true", help="stop at the first finding")
    add("--lf", "--last-failed", action="store_true", dest="last_failed", help="run what failed last on this host")
    add("--list", action="store_true", help="print the cases instead of running them")
    add("-v", "--verbose", action="count", default=0, help="a line for each case")
    add("-q", "--quiet", action="count", default=0, help="less")
    add("--junitxml", metavar="FILE", type=Path, help="write the results for a CI system that reads JUnit")
    return parser, forwarded


def _settings() -> list[str]:
    """Return what keeps the settings of others away."""
    return [
        *("-c", os.devnull),
        f"--rootdir={Path.cwd()}",
        f"--confcutdir={PACKAGE}",
        "--noconftest",
        "--no-header",
        *("-p", _PLUGIN),
    ]


def _words(options: argparse.Namespace, forwarded: list[argparse.Action]) -> Iterator[str]:
    """Write options as pytest and the plugin take them."""
    for action in forwarded:
        value = getattr(options, action.dest)
        if value is True:
            yield action.option_strings[0]
        elif value is not None and value is not False and value != action.default:
            values = value if isinstance(value, list) else [value]
            yield from (f"{action.option_strings[0]}={each}" for each in values)
    yield from ("-p", "xdist", f"-n{options.workers}") if options.workers is not None else ()
    yield from ("-x",) if options.exitfirst else ()
    yield from ("--lf",) if options.last_failed else ()
    yield from ("--collect-only", "-q") if options.list else ()
    yield from ["-v"] * options.verbose + ["-q"] * options.quiet
    yield from (f"--junitxml={options.junitxml}",) if options.junitxml else ()


def _memory(impl: str) -> Path | None:
    """Return the folder that remembers what failed last on this host: in the user's cache, never where they work."""
    folder = cache_folder() / "last-run"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder / Path(impl).stem if os.access(folder, os.W_OK) else None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def console() -> int:
    """Run the program `wasi-nn-conformance`, which is `wasi-nn check` under the name of the distribution."""
    called = Path(sys.argv[0]).name
    return main(sys.argv[1:], "python -m wasi_nn_conformance" if called == "__main__.py" else called)
