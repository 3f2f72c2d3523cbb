"""The pages of sample reports, as a reader of HTML finds them."""

from html.parser import HTMLParser
from typing import Any

from sample_report import case_result, made

from wasi_nn_conformance.report.html_page import page
from wasi_nn_conformance.results.case_result import CaseResult

VOID = {"meta", "br", "input"}


def numbered(number: int, verdict: str, **changes: Any) -> CaseResult:
    name = f"area/{verdict}/{number}"
    return case_result(verdict, **{"id": f"{name}[witx]", "vector": name, **changes})


def paged(*case_results: CaseResult, **parts: Any) -> str:
    return page(made(*case_results, **{"replay": ["pytest", "suite", "--impl=my own"], **parts}))


class Page(HTMLParser):
    """Reads a page: elements with their attributes and all text below them, by tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.elements.append((tag, dict(attrs), ""))
        else:
            self.open.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        opened, attributes, text = self.open.pop()
        assert opened == tag
        self.elements.append((tag, attributes, "".join(text)))

    def handle_data(self, data: str) -> None:
        for _, _, text in self.open:
            text.append(data)

    def of_class(self, name: str) -> list[tuple[dict[str, str | None], str]]:
        return [(a, text) for _, a, text in self.elements if name in (a.get("class") or "").split()]


def cases(text: str) -> list[tuple[dict[str, str | None], str]]:
    return Page(text).of_class("case")
