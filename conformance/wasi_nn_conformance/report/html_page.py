"""`report.html`: a run for people, in one file that needs no other and no script to be complete."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

from wasi_nn_conformance.results.verdict import Verdict

from .grid import LEVELS, Column, Data, choices, clauses, columns, counts, is_conspicuous, result
from .html_cases import folded, listed
from .html_generated import generated
from .html_parts import chip, column_heads, column_marks, facts, linked, present, spaced
from .markup import document, element
from .paragraph import shell_line


def page(report: Data) -> str:
    """Write the page of a report."""
    impl, cases = report["impl"], report["cases"]
    loud = [case for case in cases if is_conspicuous(case)]
    deviating = [case for case in cases if case["verdict"] == Verdict.DEVIATES.value]
    quiet = [case for case in cases if not is_conspicuous(case) and case["verdict"] != Verdict.DEVIATES.value]
    return document(
        f"wasi-nn: {impl['name']}, {result(report)}",
        _resource("page.css"),
        _resource("page.js"),
        _header(report),
        element(
            "main",
            _filters(report),
            _matrix(report),
            _chosen(report),
            listed(report, "findings", "Findings, expected or not", "No case broke a clause.", loud),
            listed(report, "deviations", "Deviations", "Every accepted answer was the preferred one.", deviating),
            generated(report),
            folded(quiet),
        ),
    )


@cache
def _resource(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


def _header(report: Data) -> Element:
    impl, suite, totals = report["impl"], report["suite"], report["totals"]
    told: dict[str, Element | str] = {
        "Host": f"{impl['name']} ({impl['version']})",
        "Suite": f"{suite['name']} {suite['version']}, probe protocol {suite['protocol']}",
        "Cases": str(totals["cases"]),
    }
    return element(
        "header",
        element("h1", f"wasi-nn conformance of {impl['name']}"),
        element("p", result(report), class_="result"),
        _bar(totals),
        element("p", *spaced(chip(verdict, totals[verdict]) for verdict in present(totals)), class_="totals"),
        facts(told),
        element(
            "details",
            element("summary", "The host's command, and the run's"),
            element("pre", " ".join(impl["command"])),
            element("pre", shell_line(report["replay"])),
        ),
    )


def _bar(totals: Mapping[str, int]) -> Element:
    """Draw the totals as one bar. An image: inline widths would need a weaker policy of the page."""
    bars, start = [], 0
    for verdict in present(totals):
        bars.append(element("rect", x=str(start), width=str(totals[verdict]), height="1", class_=verdict))
        start += totals[verdict]
    frame = {"viewBox": f"0 0 {max(start, 1)} 1", "preserveAspectRatio": "none", "aria-hidden": "true"}
    return element("svg", *bars, class_="bar", **frame)


def _filters(report: Data) -> Element:
    """Return the form that the script shows and obeys."""
    pairs = columns(report["cases"])
    selects = {
        "level": [level for level in LEVELS if any(case["level"] == level for case in report["cases"])],
        "verdict": present(report["totals"]),
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
    heads = column_heads(pairs)
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


def _level(report: Data, clause: str) -> str:
    level: str = report["clauses"].get(clause, {"level": LEVELS[0]})["level"]
    return level


def _matrix_row(
    report: Data, clause: str, pairs: Sequence[Column], cells: Mapping[Column, Mapping[str, int]]
) -> Element:
    told = report["clauses"].get(clause, {"text": "", "source": []})
    words = element(
        "details",
        element("summary", element("code", clause)),
        element("p", told["text"]),
        element("p", *linked(told["source"]), class_="source"),
        _links(report, clause),
    )
    shown = []
    for pair in pairs:
        counted = cells.get(pair, {})
        chips = spaced(chip(verdict, counted[verdict]) for verdict in present(counted))
        shown.append(element("td", *chips, **column_marks(pair)))
    return element("tr", element("th", words, scope="row"), *shown, data_clause=clause)


def _links(report: Data, clause: str) -> Element | None:
    verdicts = [case for case in report["cases"] if case["clause"] == clause]
    parts = {
        "findings": any(map(is_conspicuous, verdicts)),
        "deviations": any(case["verdict"] == Verdict.DEVIATES.value for case in verdicts),
    }
    links = [element("a", name, href=f"#{name}-{clause}") for name, there in parts.items() if there]
    return element("p", *spaced(links)) if links else None


def _chosen(report: Data) -> Element | None:
    made = choices(report)
    if not made:
        return None
    pairs = [pair for pair in columns(report["cases"]) if any(pair in cells for cells in made.values())]
    heads = column_heads(pairs)
    rows = [
        element(
            "tr",
            element("th", element("code", name), scope="row"),
            *(element("td", " | ".join(cells.get(pair, ())), **column_marks(pair)) for pair in pairs),
        )
        for name, cells in made.items()
    ]
    head = element("thead", element("tr", element("th", "Clause", scope="col"), *heads))
    about = "What the host does where the specification leaves the choice to it."
    table = element("div", element("table", head, element("tbody", *rows)), class_="wide")
    return element("section", element("h2", "Choices"), element("p", about), table, id="choices")
