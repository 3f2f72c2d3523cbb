"""`report.html`: a run for people, in one file that needs no other and no script to be complete."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from wasi_nn_conformance.record import shortened
from wasi_nn_conformance.verdict import Verdict

from .grid import LEVELS, Column, Data, choices, clauses, column, columns, counts, is_conspicuous, result, worst_first
from .markup import document, element
from .paragraph import replay_line

_FIRST, _LAST = 20, 60  # lines that are shown of a longer transcript


def page(report: Data) -> str:
    """Write the page of a report."""
    impl, cases = report["impl"], report["cases"]
    loud = [case for case in cases if is_conspicuous(case)]
    deviating = [case for case in cases if case["verdict"] == Verdict.DEVIATES.value]
    quiet = [case for case in cases if not is_conspicuous(case) and case["verdict"] != Verdict.DEVIATES.value]
    return document(
        f"wasi-nn: {impl['name']}, {result(report['totals'])}",
        _resource("page.css"),
        _resource("page.js"),
        _header(report),
        element(
            "main",
            _filters(report),
            _matrix(report),
            _chosen(report),
            _cases(report, "findings", "Findings, expected or not", "No case broke a clause.", loud),
            _cases(report, "deviations", "Deviations", "Every accepted answer was the preferred one.", deviating),
            _others(quiet),
        ),
    )


@cache
def _resource(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


def _header(report: Data) -> Element:
    impl, suite, totals = report["impl"], report["suite"], report["totals"]
    facts: dict[str, Element | str] = {
        "Host": f"{impl['name']} ({impl['version']})",
        "Suite": f"{suite['name']} {suite['version']}, probe protocol {suite['protocol']}",
        "Cases": str(totals["cases"]),
    }
    return element(
        "header",
        element("h1", f"wasi-nn conformance of {impl['name']}"),
        element("p", result(totals), class_="result"),
        _bar(totals),
        element("p", *_spaced(_chip(verdict, totals[verdict]) for verdict in _present(totals)), class_="totals"),
        _facts(facts),
        element(
            "details",
            element("summary", "The host's command, and the run's"),
            element("pre", " ".join(impl["command"])),
            element("pre", " ".join(report["replay"])),
        ),
    )


def _facts(facts: Mapping[str, Element | str]) -> Element:
    told = {name: value for name, value in facts.items() if value != ""}
    return element("dl", *(part for k, v in told.items() for part in (element("dt", k), element("dd", v))))


def _present(counted: Mapping[str, int]) -> list[str]:
    return [verdict.value for verdict in Verdict if counted.get(verdict.value)]


def _spaced(parts: Any) -> list[Element | str]:
    """Part elements by spaces, so that they stay apart where no style is."""
    return [each for part in parts for each in (part, " ")]


def _chip(verdict: str, number: int | None = None, **attributes: str) -> Element:
    text = verdict if number is None else f"{number} {verdict}"
    return element("span", text, class_=f"chip {verdict}", data_verdict=verdict, **attributes)


def _bar(totals: Mapping[str, int]) -> Element:
    """Draw the totals as one bar. An image: inline widths would need a weaker policy of the page."""
    bars, start = [], 0
    for verdict in _present(totals):
        bars.append(element("rect", x=str(start), width=str(totals[verdict]), height="1", class_=verdict))
        start += totals[verdict]
    frame = {"viewBox": f"0 0 {max(start, 1)} 1", "preserveAspectRatio": "none", "aria-hidden": "true"}
    return element("svg", *bars, class_="bar", **frame)


def _filters(report: Data) -> Element:
    """Give the form that the script shows and obeys."""
    pairs = columns(report["cases"])
    selects = {
        "level": [level for level in LEVELS if any(case["level"] == level for case in report["cases"])],
        "verdict": _present(report["totals"]),
        "abi": list(dict.fromkeys(abi for abi, _ in pairs)),
        "encoding": list(dict.fromkeys(encoding for _, encoding in pairs)),
    }
    titles = {"level": "Level", "verdict": "Verdict", "abi": "ABI", "encoding": "Encoding"}
    fields = [
        element(
            "label",
            f"{titles[name]} ",
            element("select", element("option", "all", value=""), *(element("option", v) for v in values), name=name),
        )
        for name, values in selects.items()
    ]
    text = element("label", "Text ", element("input", type="search", name="text", placeholder="id, diagnosis, call"))
    shown = element("output", f"{len(report['cases'])} cases", name="shown")
    reset = element("button", "Reset", type="reset")
    return element("form", *fields, text, reset, shown, id="filters", hidden="")


def _matrix(report: Data) -> Element:
    pairs = columns([case for case in report["cases"] if case["verdict"] != Verdict.UNSUPPORTED.value])
    counted = counts(report["cases"])
    heads = _column_heads(pairs)
    bodies = []
    for level in LEVELS:
        of_level = [name for name in clauses(report) if _level(report, name) == level]
        title = element("tr", element("th", level, colspan=str(len(pairs) + 1), scope="rowgroup"), class_="level")
        rows = [_matrix_row(report, n, pairs, counted[n]) for n in of_level if not counted[n].keys().isdisjoint(pairs)]
        if rows:
            bodies.append(element("tbody", title, *rows))
    head = element("thead", element("tr", element("th", "Clause", scope="col"), *heads))
    table = element("div", element("table", head, *bodies, class_="matrix"), class_="wide")
    return element("section", element("h2", "Clauses"), _not_offered(report, pairs), table, id="matrix")


def _not_offered(report: Data, shown: Sequence[Column]) -> Element | None:
    """Name the columns that would say `unsupported` and nothing else."""
    others = [" ".join(pair) for pair in columns(report["cases"]) if pair not in shown]
    return element("p", f"Not offered by this host: {', '.join(others)}.", class_="source") if others else None


def _column_heads(pairs: Sequence[Column]) -> list[Element]:
    heads = []
    for abi, encoding in pairs:
        name, hyphen, date = abi.partition("-")  # in two lines, so that all columns find room
        parts = (name + hyphen, element("br") if date else None, date, element("br"), encoding)
        heads.append(element("th", *parts, scope="col", **_column_marks((abi, encoding))))
    return heads


def _column_marks(pair: Column) -> dict[str, str]:
    """Give the attributes by which the filters know a column."""
    return {"data_abi": pair[0], "data_encoding": pair[1]}


def _level(report: Data, clause: str) -> str:
    level: str = report["clauses"].get(clause, {"level": LEVELS[0]})["level"]
    return level


def _matrix_row(
    report: Data, clause: str, pairs: Sequence[Column], cells: Mapping[Column, Mapping[str, int]]
) -> Element:
    told = report["clauses"].get(clause, {"text": "", "source": ""})
    words = element(
        "details",
        element("summary", element("code", clause)),
        element("p", told["text"]),
        element("p", told["source"], class_="source"),
        _links(report, clause),
    )
    shown = []
    for pair in pairs:
        counted = cells.get(pair, {})
        chips = _spaced(_chip(verdict, counted[verdict]) for verdict in _present(counted))
        shown.append(element("td", *chips, **_column_marks(pair)))
    return element("tr", element("th", words, scope="row"), *shown, data_clause=clause)


def _links(report: Data, clause: str) -> Element | None:
    verdicts = [case for case in report["cases"] if case["clause"] == clause]
    parts = {
        "findings": any(map(is_conspicuous, verdicts)),
        "deviations": any(case["verdict"] == Verdict.DEVIATES.value for case in verdicts),
    }
    links = [element("a", name, href=f"#{name}-{clause}") for name, there in parts.items() if there]
    return element("p", *_spaced(links)) if links else None


def _chosen(report: Data) -> Element | None:
    made = choices(report)
    if not made:
        return None
    pairs = [pair for pair in columns(report["cases"]) if any(pair in cells for cells in made.values())]
    heads = _column_heads(pairs)
    rows = [
        element(
            "tr",
            element("th", element("code", name), scope="row"),
            *(element("td", " | ".join(cells.get(pair, ())), **_column_marks(pair)) for pair in pairs),
        )
        for name, cells in made.items()
    ]
    head = element("thead", element("tr", element("th", "Clause", scope="col"), *heads))
    about = "What the host does where the specification leaves the choice to it."
    table = element("div", element("table", head, element("tbody", *rows)), class_="wide")
    return element("section", element("h2", "Choices"), element("p", about), table, id="choices")


def _cases(report: Data, part: str, title: str, none: str, cases: Sequence[Data]) -> Element:
    groups = []
    for clause in clauses(report):
        of_clause = worst_first([case for case in cases if case["clause"] == clause])
        if of_clause:
            groups.append(_group(report, part, clause, of_clause))
    head = element("h2", f"{title} ", element("small", str(len(cases))))
    return element("section", head, *(groups or [element("p", none)]), id=part)


def _group(report: Data, part: str, clause: str, cases: Sequence[Data]) -> Element:
    told = report["clauses"].get(clause, {"level": "", "text": "", "source": ""})
    return element(
        "section",
        element("h3", element("code", clause), " ", element("small", told["level"])),
        element("p", told["text"], " ", element("span", told["source"], class_="source")),
        *(_case(report, case) for case in cases),
        id=f"{part}-{clause}",
        class_="clause",
    )


def _case(report: Data, case: Data) -> Element:
    facts: dict[str, Element | str] = {
        "Got and wanted": case["diagnosis"],
        "Why": case["why"],
        "Expected": f"{case['expected']['outcome']}, because {case['expected']['because']}" if case["expected"] else "",
        "Chose": case["choice"] or "",
        "Vector": case["place"],
        "Replay": element("code", replay_line(report["replay"], case["id"], case["place"])),
    }
    return element(
        "details",
        element(
            "summary",
            _chip(case["verdict"]),
            " ",
            element("code", case["id"]),
            " ",
            element("span", case["diagnosis"], class_="diagnosis"),
        ),
        _facts(facts),
        _transcript(case["transcript"]),
        class_="case",
        id=f"case-{case['id']}",
        **_marks(case),
    )


def _marks(case: Data) -> dict[str, str]:
    """Give the attributes that the filters read."""
    names = ("clause", "level", "verdict")
    return {f"data_{name}": case[name] for name in names} | _column_marks(column(case))


def _transcript(lines: Sequence[str]) -> Element:
    if not lines:
        return element("p", "There was no conversation.", class_="source")
    left_out = len(lines) - _FIRST - _LAST
    shown: list[tuple[str, str]] = [("sent" if line.startswith(">") else "got", shortened(line)) for line in lines]
    if left_out > 0:
        shown[_FIRST:-_LAST] = [("cut", f"... {left_out} lines, which report.json has ...")]
    return element("pre", *(element("span", line + "\n", class_=kind) for kind, line in shown), class_="transcript")


def _others(cases: Sequence[Data]) -> Element:
    rows = [
        element(
            "tr",
            element("td", _chip(case["verdict"])),
            element("td", element("code", case["id"])),
            element("td", case["clause"]),
            element("td", case["diagnosis"] or case["choice"] or ""),
            class_="case",
            **_marks(case),
        )
        for case in cases
    ]
    titles = ("Verdict", "Case", "Clause", "Choice or reason")
    head = element("thead", element("tr", *(element("th", title, scope="col") for title in titles)))
    return element(
        "section",
        element("h2", "As wanted, or not offered ", element("small", str(len(cases)))),
        element("details", element("summary", "all of them"), element("table", head, element("tbody", *rows))),
        id="others",
    )
