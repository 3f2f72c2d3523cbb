from __future__ import annotations

import pickle

import pytest

from wasi_nn_reference.errors import ErrorCode, WasiNnError, without_paths


@pytest.mark.parametrize(
    "text",
    [
        "cannot open /home/me/models/secret.xml",
        "cannot open 'models/secret.xml' here",
        "in src/core/secret.cpp:105: broken",
        r"cannot open C:\models\secret.xml",
        "(/opt/secret)",
        "file:///secret",
    ],
)
def test_paths_are_taken_out(text: str) -> None:
    assert "secret" not in without_paths(text)


def test_other_words_stay() -> None:
    assert without_paths("input 'x' has the shape [1, 4]") == "input 'x' has the shape [1, 4]"


def test_a_message_is_one_line() -> None:
    assert without_paths("first\n  second") == "first second"


def test_an_error_passes_its_message_through_the_filter() -> None:
    assert "secret" not in str(WasiNnError(ErrorCode.RUNTIME_ERROR, "at /secret"))


def test_an_error_survives_a_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(WasiNnError(ErrorCode.BUSY, "late")))  # noqa: S301 - made here
    assert (error.code, error.message) == (ErrorCode.BUSY, "late")
