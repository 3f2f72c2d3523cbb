"""The cases in `report.html`: each finding with all that its reader needs, the others in a table."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from wasi_nn_conformance.results.case_result import shortened

from .grid import Data, clauses, column, generated_vectors, worst_first
from .html_parts import chip, column_marks, facts, linked, table
from .markup import element
from .paragraph import replay_of

_FIRST, _LAST = 20, 60  # lines that are shown of a longer transcript


def listed(report: Data, part: str, title: str, none: str, cases: Sequence[Data]) -> Element:
    """Show cases by clause, each with its conversation."""
    groups = []
    for clause in clauses(report):
        of_clause = worst_first([case for case in cases if case["clause"] == clause])
        if of_clause:
            groups.append(_group(report, part, clause, of_clause))
    head = element("h2", f"{title} ", element("small", str(len(cases))))
    return element("section", head, *(groups or [element("p", none)]), id=part)


def _group(report: Data, part: str, clause: str, cases: Sequence[Data]) -> Element:
    told = report["clauses"].get(clause, {"level": "", "text": "", "source": []})
    return element(
        "section",
        element("h3", element("code", clause), " ", element("small", told["level"])),
        element("p", told["text"], " ", element("span", *linked(told["source"]), class_="source")),
        *(_case(report, case) for case in cases),
        id=f"{part}-{clause}",
        class_="clause",
    )


def _case(report: Data, case: Data) -> Element:
    told: dict[str, Element | str] = {
        "Got and wanted": case["diagnosis"],
        "Why": case["why"],
        "Expected": f"{case['expected']['outcome']}, because {case['expected']['because']}" if case["expected"] else "",
        "Chose": case["choice"] or "",
        "Vector": case["place"],
        "Replay": element("code", replay_of(report, case)),
    }
    return element(
        "details",
        element(
            "summary",
            chip(case["verdict"]),
            " ",
            element("code", case["id"]),
            " ",
            element("span", case["diagnosis"], class_="diagnosis"),
        ),
        facts(told),
        _drawn_vector(report, case),
        _transcript(case["transcript"]),
        class_="case",
        id=f"case-{case['id']}",
        **_marks(case),
    )


def _marks(case: Data) -> dict[str, str]:
    """Return the attributes that the filters read."""
    names = ("clause", "level", "verdict")
    return {f"data_{name}": case[name] for name in names} | column_marks(column(case))


def _transcript(lines: Sequence[str]) -> Element:
    if not lines:
        return element("p", "There was no conversation.", class_="source")
    left_out = len(lines) - _FIRST - _LAST
    shown: list[tuple[str, str]] = [("sent" if line.startswith(">") else "got", shortened(line)) for line in lines]
    if left_out > 0:
        shown[_FIRST:-_LAST] = [("cut", f"... {left_out} lines, which report.json has ...")]
    return element("pre", *(element("span", line + "\n", class_=kind) for kind, line in shown), class_="transcript")


def _drawn_vector(report: Data, case: Data) -> Element | None:
    vector = generated_vectors(report).get(case["id"])
    if vector is None:
        return None
    return element("details", element("summary", "Drawn, and shrunk to this vector"), element("pre", vector["text"]))


def folded(cases: Sequence[Data]) -> Element:
    """Show cases that want nobody's eye, folded."""
    rows = [
        element(
            "tr",
            element("td", chip(case["verdict"])),
            element("td", element("code", case["id"])),
            element("td", case["clause"]),
            element("td", case["diagnosis"] or case["choice"] or ""),
            class_="case",
            **_marks(case),
        )
        for case in cases
    ]
    shown = table(("Verdict", "Case", "Clause", "Choice or reason"), rows)
    return element(
        "section",
        element("h2", "As wanted, or not offered ", element("small", str(len(cases)))),
        element("details", element("summary", "all of them"), shown),
        id="others",
    )
