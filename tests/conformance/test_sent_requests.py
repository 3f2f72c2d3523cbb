"""The comparison of what two runs asked of a host sees what a rewritten vector must not change."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sent_requests

CASE = {
    "id": "v[witx]",
    "vector": "v",
    "clause": "a.b",
    "level": "must",
    "abi": "witx",
    "encoding": None,
    "why": "because",
    "question": None,
    "place": "area.yaml:7",
    "transcript": ['> {"call": "grow", "pages": 1}', '< {"outcome": "ok"}'],
}

Reports = Callable[..., list[str]]


@pytest.fixture
def reports(write: Callable[[str, str], Path]) -> Reports:
    """Write reports of these cases, and return their paths."""

    def reports(*cases: list[dict[str, Any]]) -> list[str]:
        texts = [json.dumps({"cases": listed}) for listed in cases]
        return [str(write(f"report-{number}.json", text)) for number, text in enumerate(texts)]

    return reports


@pytest.mark.parametrize(
    "same",
    [
        {"place": "area.yaml:3"},
        {"transcript": ['> {"pages":1,"call":"grow"}', '< {"outcome": "error"}']},
    ],
)
def test_lines_spelling_and_answers_make_no_difference(reports: Reports, same: dict[str, Any]) -> None:
    assert sent_requests.main(reports([CASE], [{**CASE, **same}])) == 0


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"transcript": ['> {"call": "grow", "pages": 2}']}, "requests"),
        ({"transcript": CASE["transcript"] * 2}, "requests"),
        ({"clause": "a.c", "level": "should"}, "clause, level"),
        ({"why": "otherwise"}, "why"),
        ({"place": "other.yaml:7"}, "file"),
    ],
)
def test_what_is_asked_and_what_for_makes_one(
    reports: Reports, capsys: pytest.CaptureFixture[str], other: dict[str, Any], told: str
) -> None:
    assert sent_requests.main(reports([CASE], [{**CASE, **other}])) == 1
    assert capsys.readouterr().out == f"v[witx]: {told} differ\n1 cases: 1 differ\n"


def test_a_case_that_is_missing_makes_one(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    assert sent_requests.main(reports([CASE], [])) == 1
    assert "v[witx]: only before" in capsys.readouterr().out


def test_one_report_has_a_digest_of_each_case(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    other = {**CASE, "id": "w[witx]", "transcript": ['> {"call": "grow", "pages": 2}']}
    assert sent_requests.main(reports([CASE, {**CASE, "id": "u[witx]"}, other])) == 0
    digests = dict(reversed(line.split()) for line in capsys.readouterr().out.splitlines())
    assert (digests["v[witx]"] == digests["u[witx]"], digests["v[witx]"] == digests["w[witx]"]) == (True, False)
