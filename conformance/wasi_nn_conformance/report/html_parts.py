"""What the sections of `report.html` are made of."""

from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element

from wasi_nn_conformance.results.verdict import Verdict

from .grid import Column
from .markup import element


def facts(named: Mapping[str, Element | str]) -> Element:
    """List what is known of a thing by name; what is empty is left out."""
    told = {name: value for name, value in named.items() if value != ""}
    return element("dl", *(part for k, v in told.items() for part in (element("dt", k), element("dd", v))))


def present(counted: Mapping[str, int]) -> list[str]:
    """Return the verdicts that were given, worst last."""
    return [verdict.value for verdict in Verdict if counted.get(verdict.value)]


def spaced(parts: Iterable[Element | str]) -> list[Element | str]:
    """Part elements by spaces, so that they stay apart where no style is."""
    return [each for part in parts for each in (part, " ")]


def linked(urls: Iterable[str]) -> list[Element | str]:
    """Show lines of the specification by tag, file and lines, each a link."""
    return spaced(element("a", url.partition("/blob/")[2], href=url) for url in urls)


def chip(verdict: str, number: int | None = None, **attributes: str) -> Element:
    """Show a verdict in its colour, and how often it was given."""
    text = verdict if number is None else f"{number} {verdict}"
    return element("span", text, class_=f"chip {verdict}", data_verdict=verdict, **attributes)


def column_heads(pairs: Sequence[Column]) -> list[Element]:
    """Return the heads of columns for ABIs and encodings."""
    heads = []
    for abi, encoding in pairs:
        name, hyphen, date = abi.partition("-")  # in two lines, so that all columns find room
        parts = (name + hyphen, element("br") if date else None, date, element("br"), encoding)
        heads.append(element("th", *parts, scope="col", **column_marks((abi, encoding))))
    return heads


def column_marks(pair: Column) -> dict[str, str]:
    """Return the attributes by which the filters know a column."""
    return {"data_abi": pair[0], "data_encoding": pair[1]}


def table(head: Sequence[str], rows: Sequence[Element], **attributes: str) -> Element:
    """Make a table of rows; it scrolls where the page is too narrow for it."""
    top = element("thead", element("tr", *(element("th", title, scope="col") for title in head)))
    return element("div", element("table", top, element("tbody", *rows), **attributes), class_="wide")
