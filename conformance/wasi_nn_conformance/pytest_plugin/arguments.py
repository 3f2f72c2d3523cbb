"""Arguments of pytest that it cannot make out by itself: node ids of the suite, and options that nobody has."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pytest

from wasi_nn_conformance.formats.suggestion import did_you_mean

from .options import add_options

VECTORS, SEARCHES = "vectors", "fuzz"
"""Begin the node ids of cases (`vectors/load.yaml::ID`) and of searches (`fuzz::ID`)."""

# Where the working folder is not pytest's root, the ids that it prints lead from the one to the other.
_NODE = re.compile(rf"(?!-)(?:[^:]*/)?(?P<of>{VECTORS}/[^/:]+\.yaml|{SEARCHES})::(?P<id>.+)", re.DOTALL)
_TAKE_IDS = ("--case", "--deselect")


def given_back(arguments: list[str], package: str) -> list[str]:
    """Return the arguments with `--case=ID` for each node id, and then with the suite's folder among them."""
    cases = cases_for_node_ids(arguments)
    return cases if cases == arguments or package in cases else [package, *cases]


def cases_for_node_ids(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with `--case=ID` for each node id.

    A user copies node ids from what pytest prints; they name no path that it could look up.
    """
    before = ["", *arguments]
    return [
        f"--case={match['id']}" if option not in _TAKE_IDS and (match := _NODE.fullmatch(word)) else word
        for option, word in zip(before, arguments, strict=False)
    ]


def item_id(pattern: str) -> str:
    """Return what a pattern of cases says if it is a node id, or the pattern itself."""
    match = _NODE.fullmatch(pattern)
    return match["id"] if match else pattern


def cases_and_searches(node_ids: Iterable[str]) -> tuple[int, int]:
    """Return how many of the node ids are those of cases, and how many of searches."""
    found = Counter(match["of"] == SEARCHES for node_id in node_ids if (match := _NODE.fullmatch(node_id)))
    return found[False], found[True]


def unknown(parser: pytest.Parser, arguments: list[str], hint: str = "") -> str | None:
    """Return what is wrong with an option that nobody has, if it is near one of the suite or there is a `hint`."""
    known = _Options()
    add_options(lambda _title: known.add)
    for word in parser.parse_known_and_unknown_args(arguments)[1]:
        name = word.partition("=")[0]
        if name.startswith("--") and (told := did_you_mean(name, ["--impl", *known.names]) or hint):
            return f"there is no option {name}{told}"
    return None


class _Options:
    def __init__(self) -> None:
        self.names: list[str] = []

    def add(self, *names: str, **_attributes: object) -> None:
        """Take note of an option."""
        self.names += names
