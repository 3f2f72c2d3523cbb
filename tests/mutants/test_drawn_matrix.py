"""The matrix of mutants and kinds of drawing, as text."""

from __future__ import annotations

from argparse import Namespace

import pytest
from drawn_matrix import Row, document, share, summary

from wasi_nn_conformance.fuzz.kinds import KINDS

OPTIONS = Namespace(seed=3, each=10, examples=20, every=1)
PAGE = "before\n<!-- begin of the last run -->\nold\n<!-- end of the last run -->\nafter\n"


def row(**found: int) -> Row:
    return {kind: found.get(kind) for kind in KINDS}


ROWS = {"host/a": row(errors=7, bytes=1), "host/b": row(), "host/c": row(errors=2), "host/d": row(shapes=5)}


def test_a_mutant_is_found_if_any_kind_has_found_it() -> None:
    assert share(ROWS) == 0.75


def test_the_summary_counts_what_each_kind_has_found() -> None:
    heads, counts, total = summary(ROWS).splitlines()
    assert dict(zip(heads.split(), counts.split()[1:], strict=True)) == {
        "shapes": "1",
        "errors": "2",
        "sequences": "0",
        "counts": "0",
        "interleaved": "0",
        "bytes": "1",
    }
    assert total.startswith("3 of 4 mutants")


def test_the_page_tells_from_which_number_on() -> None:
    lines = document(PAGE, ROWS, dict.fromkeys(ROWS, "it"), OPTIONS).splitlines()
    assert "| `host/a` | - | 7 | - | - | - | 1 |" in lines


def test_the_page_lists_what_no_kind_has_found() -> None:
    page = document(PAGE, ROWS, dict.fromkeys(ROWS, "it lies"), OPTIONS)
    assert page.partition("### Not found")[2].strip().splitlines()[0] == "* `host/b`: it lies"


def test_the_page_tells_of_a_run_of_some_mutants_alone() -> None:
    page = document(PAGE, ROWS, dict.fromkeys(ROWS, "it"), Namespace(**vars(OPTIONS) | {"every": 8}))
    assert "This run took one mutant in 8." in page.splitlines()


def test_the_page_keeps_what_stands_around_the_marks() -> None:
    page = document(PAGE, ROWS, dict.fromkeys(ROWS, "it"), OPTIONS)
    assert (page.startswith("before\n"), page.endswith("\nafter\n"), "old" in page) == (True, True, False)


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the marks"):
        document("", ROWS, dict.fromkeys(ROWS, "it"), OPTIONS)
