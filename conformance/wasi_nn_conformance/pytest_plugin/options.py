"""The options of the suite, said once for both doors: pytest's own command line and `wasi-nn check`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.models import ENCODINGS

from .fuzz_options import add_fuzz_options

Add = Callable[..., Any]
"""`argparse.ArgumentParser.add_argument`, or what pytest has in its place."""


def add_options(group: Callable[[str], Add]) -> None:
    """Add all options; `group` makes a group of that title and returns what adds to it."""
    _add_selection(group("which cases run"))
    add_fuzz_options(group("what is generated"))
    _add_host(group("the host under test"))
    _add_output(group("what is written"))


def _add_selection(add: Add) -> None:
    add("--case", metavar="ID", action="append", help="run only this case; * and ? match, may be repeated")
    add("--abi", action="append", choices=tuple(DIALECTS), help="run only this ABI; may be repeated")
    add("--encoding", action="append", choices=tuple(ENCODINGS), help="run only this encoding; may be repeated")
    add("--vectors", metavar="PATH", type=Path, action="append", help="run these vectors (file or folder) instead")
    add("--nightly", action="store_true", help="run also the vectors that take minutes; without effect on --vectors")


def _add_host(add: Add) -> None:
    add("--fresh", action="store_true", help="start a new process of the host for each vector")
    add(
        "--known-failures",
        metavar="PATH",
        type=Path,
        help="known findings; by default NAME.known-failures.toml beside the adapter, if it is there",
    )


def _add_output(add: Add) -> None:
    add("--report", metavar="DIR", type=Path, help="write the report in all its forms here")
    add("--all-failures", action="store_true", help="show each case that fails, not only some of each likely cause")
