"""The word that an unknown one was probably meant to be."""

import pytest

from wasi_nn_conformance.formats.suggestion import did_you_mean

CODES = ["invalid_argument", "invalid_encoding", "not_found", "Busy"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("invalid_argumnet", "invalid_argument"),
        ("notfound", "not_found"),
        ("busy", "Busy"),
        ("INVALID_ENCODING", "invalid_encoding"),
    ],
)
def test_a_near_word_is_offered_as_it_is_spelled(word: str, meant: str) -> None:
    assert did_you_mean(word, CODES) == f"; did you mean {meant!r}?"


@pytest.mark.parametrize("word", ["timeout", "", "x"])
def test_nothing_is_offered_where_nothing_is_near(word: str) -> None:
    assert did_you_mean(word, CODES) == ""


def test_nothing_is_offered_of_nothing() -> None:
    assert did_you_mean("busy", []) == ""
