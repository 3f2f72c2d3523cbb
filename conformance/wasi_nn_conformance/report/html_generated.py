"""The drawn conversations in `report.html`: how much was drawn, what it reached, what it found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import quote
from xml.etree.ElementTree import Element

from .grid import Data
from .html_parts import facts, spaced, table
from .markup import element

_HEAD = ("Kind", "ABI", "Encoding", "Conversations", "Calls", "Seconds", "Known failures", "Findings")


def generated(report: Data) -> Element | None:
    """Show the searches, if there were any."""
    fuzz = report.get("fuzz")
    if not fuzz:
        return None
    searches: Sequence[Data] = fuzz["searches"]
    found = {case["id"] for case in report["cases"]}
    kinds = dict.fromkeys(search["kind"] for search in searches)
    about = (
        f"Seed {fuzz['seed']}, {fuzz['examples']} conversations of each kind were asked for; the same seed and number"
        " draw the same. What was found stands among the findings above."
    )
    known: Counter[str] = sum((Counter(search["known"]) for search in searches), Counter())
    total = sum(search["examples"] for search in searches)
    return element(
        "section",
        element("h2", "Drawn conversations ", element("small", str(total))),
        element("p", about),
        table(_HEAD, [_row(search, found) for search in searches], class_="drawn"),
        *(_reached(kind, [search for search in searches if search["kind"] == kind]) for kind in kinds),
        _known(known),
        id="drawn",
    )


def _row(search: Data, shown: set[str]) -> Element:
    numbers = [str(search["examples"]), str(search["calls"]), f"{search['seconds']:.1f}"]
    links = [
        # A finding that stands nowhere would be a fault of the report, and must not read as none.
        element("a", case_id, href=f"#case-{quote(case_id)}") if case_id in shown else case_id
        for case_id in search["findings"]
    ]
    return element(
        "tr",
        element("th", element("code", search["kind"]), scope="row"),
        element("td", search["abi"]),
        element("td", search["encoding"]),
        *(element("td", number) for number in numbers),
        element("td", str(sum(search["known"].values()) or "none")),
        element("td", *(spaced(links) or ["none"])),
    )


def _reached(kind: str, searches: Sequence[Data]) -> Element:
    """Tell how many conversations of a kind reached what: calls, types, ranks, operations, faults, verdicts."""
    groups: dict[str, Counter[str]] = {}
    for search in searches:
        for what, number in search["reached"].items():
            group, _, name = what.partition(" ")
            groups.setdefault(group, Counter())[name] += number
    told: dict[str, Element | str] = {group: _counts(groups[group]) for group in sorted(groups)}
    head = element("summary", "What ", element("code", kind), " reached, and how many conversations did")
    return element("details", head, facts(told))


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({number})" for name, number in sorted(counted.items()))


def _known(known: Mapping[str, int]) -> Element | None:
    """Tell the reasons of the known failures that failures were left out for."""
    if not known:
        return None
    reasons = [element("li", f"{number}: {because}") for because, number in sorted(known.items())]
    head = f"{sum(known.values())} failures that the known failures tell of"
    return element("details", element("summary", head), element("ul", *reasons))
