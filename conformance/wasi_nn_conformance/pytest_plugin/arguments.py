"""Arguments of pytest that it cannot make out by itself: node ids of the suite, and options that nobody has."""

import re
from collections import Counter
from collections.abc import Iterable

import pytest

from wasi_nn_conformance.formats.suggestion import did_you_mean

from .options import add_options

VECTORS, SEARCHES = "vectors", "fuzz"
"""Begin the node ids of cases (`vectors/load.yaml::ID`) and of searches (`fuzz::ID`)."""

# Where the working folder is not pytest's root, the ids that it prints lead from the one to the other.
_NODE = re.compile(rf"(?!-)(?:[^:]*/)?(?P<of>{VECTORS}/[^/:]+\.yaml|{SEARCHES})::(?P<id>.+)", re.DOTALL)


def given_back(arguments: list[str], package: str) -> list[str]:
    """Return the arguments with `--case=ID` for each node id, and the suite's folder in front of all.

    A user copies node ids from what pytest prints; they name no path that it could look up.
    """
    before = ["", *arguments]
    found = [
        None if option == "--deselect" else _NODE.fullmatch(word)
        for option, word in zip(before, arguments, strict=False)
    ]
    if not any(found):
        return arguments
    cases = [f"--case={match['id']}" if match else word for match, word in zip(found, arguments, strict=True)]
    return [package, *cases]


def item_id(pattern: str) -> str:
    """Return what a pattern of cases says if it is a node id, or the pattern itself."""
    match = _NODE.fullmatch(pattern)
    return match["id"] if match else pattern


def cases_and_searches(node_ids: Iterable[str]) -> tuple[int, int]:
    """Return how many of the node ids are those of cases, and how many of searches."""
    found = Counter(match["of"] == SEARCHES for node_id in node_ids if (match := _NODE.fullmatch(node_id)))
    return found[False], found[True]


def unknown(parser: pytest.Parser, arguments: list[str]) -> str | None:
    """Return what is wrong with an option that nobody has, if it is near one of the suite."""
    known = _Options()
    add_options(lambda _title: known.add)
    for word in parser.parse_known_and_unknown_args(arguments)[1]:
        name = word.partition("=")[0]
        if name.startswith("--") and (near := did_you_mean(name, ["--impl", *known.names])):
            return f"there is no option {name}{near}"
    return None


class _Options:
    def __init__(self) -> None:
        self.names: list[str] = []

    def add(self, *names: str, **_attributes: object) -> None:
        """Take note of an option."""
        self.names += names
