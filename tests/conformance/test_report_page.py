import re
from collections import Counter
from typing import Any
from urllib.parse import unquote

import pytest
from msgspec.structs import replace
from sample_page import Page, cases, numbered, paged
from sample_report import ENVIRONMENT, RUN, SOURCE

from wasi_nn_conformance.report.data import Commit, Fuzz, GeneratedVector, Impl, Search
from wasi_nn_conformance.results.case_result import Expected
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation

HOSTILE = "</pre><script>alert('x')</script><b onclick=\"x\">&amp; \x1b[31m\x00\u202e\ud800"


FOUND = numbered(0, "fail", id="fuzz/shapes/f32/0a[witx-onnx]", place="regressions/x.yaml")


def fuzz(text: str = "- id: x\n", expected: tuple[Expected, ...] = (), **changes: Any) -> Fuzz:
    """What a report has of one search, which has found `FOUND`."""
    exercised, told = {"call load": 19, "rank 2": 7}, {"it never asked": 3}
    search = Search("shapes", "witx", "onnx", 20, 333, 1.25, exercised, told, (FOUND.id,))
    vectors = {FOUND.id: GeneratedVector("out dir/regressions/x.yaml", text)}
    return Fuzz(7, 40, (replace(search, **changes),), vectors, expected)


def test_every_case_stands_there_once() -> None:
    case_results = [numbered(number, verdict.value) for verdict in Verdict for number in range(2)]
    shown = Counter(
        each.id
        for text in [paged(*case_results)]
        for _, about in cases(text)
        for each in case_results
        if each.id in about
    )
    assert shown == {each.id: 1 for each in case_results}


@pytest.mark.parametrize(
    "words",
    [
        "error busy; wanted success; step 2",
        "a host may forget",
        "area.yaml:7",
        "pytest suite '--impl=my own' --case 'area/fail/0[witx]'",
        '> {"call":"compute"}',
        "fail, because it never asked",
    ],
)
def test_a_finding_tells(words: str) -> None:
    told = {"diagnosis": "error busy; wanted success; step 2", "why": "a host may forget", "place": "area.yaml:7"}
    expected = Expected(Verdict.FAIL, "it never asked")
    text = paged(numbered(0, "fail", **told, transcript=('> {"call":"compute"}',), expected=expected))
    assert words in cases(text)[0][1]


def test_likely_causes_stand_first_and_lead_to_the_smallest_case() -> None:
    wrong = {"violations": (Violation("tail"),), "diagnosis": "wrote behind"}
    found = [numbered(n, "fail", transcript=("> x",) * (3 - n), **wrong) for n in range(3)]
    blocked = numbered(0, "blocked", blocked_by=found[0].id)
    seen = Page(paged(*found, blocked))
    ids = [a["id"] for _, a, _ in seen.elements if a.get("id") in ("causes", "findings", "matrix")]
    (row,) = [text for tag, a, text in seen.elements if a.get("id") == "causes"]
    assert ids[0] == "causes"
    assert "3 fail1 blocked" in row
    assert "--case 'area/fail/2[witx]'" in row
    links = {a["href"] for tag, a, _ in seen.elements if tag == "a"}
    assert {"#findings-a.one", "#case-area/fail/2%5Bwitx%5D"} <= links


def test_the_page_has_all_that_the_host_printed() -> None:
    printed = "\n".join(f"line {number} <b>" for number in range(2000))
    text = paged(numbered(0, "fail", violations=(Violation("tail", printed=printed),)))
    assert printed in Page(text).of_class("case")[0][1]


KNOWN = Expected(Verdict.FAIL, "it never asked", "ask first", "https://example.org/1")


def test_a_known_failure_tells_its_fix_and_its_link() -> None:
    seen = Page(paged(numbered(0, "xfail", expected=KNOWN)))
    assert "Fixask first" in seen.of_class("case")[0][1]
    assert (KNOWN.link, KNOWN.link) in [(a["href"], text) for tag, a, text in seen.elements if tag == "a"]


def test_a_known_failure_of_what_is_generated_tells_its_fix_and_its_link() -> None:
    seen = Page(paged(FOUND, fuzz=fuzz(expected=(KNOWN,))))
    generated = next(text for _, a, text in seen.elements if a.get("id") == "generated")
    assert "3: it never asked" in generated
    assert "Fix: ask first" in generated
    assert KNOWN.link in [a["href"] for tag, a, _ in seen.elements if tag == "a"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", 'https://e.org/" onclick="x', HOSTILE])
def test_what_is_no_address_of_the_web_is_no_link(link: str) -> None:
    known = replace(KNOWN, link=link)
    seen = Page(paged(numbered(0, "xfail", expected=known), FOUND, fuzz=fuzz(expected=(known,))))
    linked = {a["href"] for tag, a, _ in seen.elements if tag == "a" and not (a["href"] or "").startswith("#")}
    assert (linked, "onclick" in {name for _, a, _ in seen.elements for name in a}) == ({SOURCE.url}, False)


@pytest.mark.parametrize(
    "words",
    [
        "2026-01-02T03:04:05+00:00, 12.5 s",
        "Plan9 4.0, riscv64",
        "0123456789" * 4 + ", with changes",
        "python3.14.0",
        "processorrvv zfh",
    ],
)
def test_the_page_tells_when_and_on_what_it_was_made(words: str) -> None:
    commit = Commit("0123456789" * 4, dirty=True)
    run = replace(RUN, environment=replace(ENVIRONMENT, commit=commit))
    header = next(text for tag, _, text in Page(paged(run=run)).elements if tag == "header")
    assert words in header


@pytest.mark.parametrize("complete", [True, False])
def test_the_page_of_an_incomplete_run_says_so(complete: bool) -> None:
    seen = Page(paged(numbered(0, "pass"), run=replace(RUN, complete=complete, stopped=not complete)))
    told = [text for _, text in seen.of_class("incomplete")]
    titles = [text for tag, _, text in seen.elements if tag == "title"]
    assert (told == [], "incomplete" in titles[0]) == (complete, not complete)


@pytest.mark.parametrize("field", ["id", "diagnosis", "why", "place", "clause", "choice"])
def test_what_a_host_says_is_text(field: str) -> None:
    text = paged(numbered(0, "fail", **{"level": "defined", field: HOSTILE}))
    seen = Page(text)
    assert [tag for tag, _, _ in seen.elements if tag in ("script", "b")] == ["script"]
    assert "alert('x')</script>&" not in text
    assert r"&amp; \x1b[31m\x00\u202e\ud800" in seen.of_class("case")[0][1] or field == "clause"


def test_a_hostile_transcript_is_text() -> None:
    assert HOSTILE[:20] in cases(paged(numbered(0, "crash", transcript=(HOSTILE,))))[0][1]


def test_a_hostile_host_is_text() -> None:
    text = paged(numbered(0, "pass"), impl=Impl(HOSTILE, HOSTILE, (HOSTILE,)), replay=[HOSTILE])
    assert [tag for tag, _, _ in Page(text).elements if tag in ("script", "b")] == ["script"]


def test_a_long_transcript_keeps_both_ends() -> None:
    text = cases(paged(numbered(0, "fail", transcript=tuple(f"> line {number};" for number in range(200)))))[0][1]
    kept = [int(number) for number in re.findall(r"line (\d+);", text)]
    assert (kept, "120 lines" in text) == ([*range(20), *range(140, 200)], True)


def test_the_matrix_counts_by_abi_and_encoding() -> None:
    case_results = [
        numbered(0, "pass"),
        numbered(1, "pass"),
        numbered(2, "crash"),
        numbered(3, "fail", abi="wit-2024-10-28"),
    ]
    case_results += [numbered(4, "pass", encoding="onnx")]
    cells = [
        (attributes["data-abi"], attributes["data-encoding"], " ".join(text.split()))
        for tag, attributes, text in Page(paged(*case_results)).elements
        if tag == "td" and "data-abi" in attributes
    ]
    assert cells == [
        ("wit-2024-10-28", "no model", "1 fail"),
        ("witx", "onnx", "1 pass"),
        ("witx", "no model", "2 pass 1 crash"),
    ]


def test_the_matrix_leaves_out_what_the_host_does_not_offer() -> None:
    text = paged(
        numbered(0, "pass", encoding="onnx"), numbered(1, "unsupported", abi="wit-2024-10-28", encoding="onnx")
    )
    columns = [a["data-abi"] for tag, a, _ in Page(text).elements if tag == "th" and "data-abi" in a]
    assert (columns, "Not offered by this host: wit-2024-10-28 onnx." in text) == (["witx"], True)


def test_choices_are_told() -> None:
    case_results = [
        numbered(n, "pass", clause="b.open", level="defined", choice=word) for n, word in enumerate(("ok", "busy"))
    ]
    assert "ok | busy" in [text for tag, _, text in Page(paged(*case_results)).elements if tag == "td"]


@pytest.mark.parametrize(
    "words",
    [
        "Generated conversations 20",
        "Seed 7, 40 conversations of each kind",
        "shapeswitxonnx203331.23fuzz/shapes/f32/0a[witx-onnx]",
        "callload (19)rank2 (7)",
        "3: it never asked",
    ],
)
def test_what_was_generated_is_told(words: str) -> None:
    assert words in next(text for _, a, text in Page(paged(FOUND, fuzz=fuzz())).elements if a.get("id") == "generated")


def test_a_search_links_to_what_it_found() -> None:
    seen = Page(paged(FOUND, fuzz=fuzz())).elements
    target = next(unquote((a["href"] or "")[1:]) for tag, a, text in seen if tag == "a" and text == FOUND.id)
    assert target in [a.get("id") for tag, a, _ in seen if tag == "details"]


@pytest.mark.parametrize("words", ["- id: x\n", "'--vectors=out dir/regressions/x.yaml'"])
def test_a_generated_finding_tells(words: str) -> None:
    assert words in cases(paged(FOUND, fuzz=fuzz()))[0][1]


@pytest.mark.parametrize("name", ["kind", "abi", "encoding", "findings", "known", "exercised", "text"])
def test_what_was_generated_is_text(name: str) -> None:
    hostile = {"findings": (HOSTILE,), "known": {HOSTILE: 1}, "exercised": {f"call {HOSTILE}": 1}}
    text = paged(FOUND, fuzz=fuzz(**{name: hostile.get(name, HOSTILE)}))
    assert [tag for tag, _, _ in Page(text).elements if tag in ("script", "b")] == ["script"]


def test_a_page_of_a_run_that_drew_nothing_has_no_place_for_it() -> None:
    assert "Generated" not in paged(numbered(0, "fail"))


def test_the_page_loads_nothing() -> None:
    seen = Page(paged(numbered(0, "fail")))
    links = {
        value for _, attributes, _ in seen.elements for name, value in attributes.items() if name in ("src", "href")
    }
    policy = next(a["content"] for tag, a, _ in seen.elements if tag == "meta" and "http-equiv" in a)
    led_to = {link for link in links if not link.startswith("#")}
    assert (led_to, policy and policy.split(";")[0]) == ({SOURCE.url}, "default-src 'none'")


def test_the_page_links_the_lines_that_a_clause_stands_on() -> None:
    linked = [(a["href"], text) for tag, a, text in Page(paged(numbered(0, "fail"))).elements if tag == "a"]
    assert linked.count((SOURCE.url, "0.2.0-rc-2024-10-28/wasi-nn.witx#L88-L91")) == 2  # under Clauses and Findings
