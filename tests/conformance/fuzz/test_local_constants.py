"""What is drawn does not depend on what else is loaded."""

import importlib
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from wasi_nn_conformance.fuzz import local_constants

LARGE = [7_000_001 + 2 * number for number in range(200)]


@pytest.fixture
def local_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import a module of the user's that is full of numbers."""
    (tmp_path / "numbers_of_the_user.py").write_text(f"NUMBERS = {LARGE}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("numbers_of_the_user")


def generated() -> list[int]:
    kept: list[int] = []

    @hypothesis.seed(0)
    @hypothesis.settings(max_examples=500, database=None, phases=[hypothesis.Phase.generate])
    @hypothesis.given(st.integers(0, 1 << 40))
    def draw(number: int) -> None:
        kept.append(number)

    draw()
    return kept


@pytest.mark.usefixtures("local_module")
def test_hypothesis_by_itself_draws_numbers_of_loaded_modules() -> None:
    assert set(generated()) & set(LARGE)


@pytest.mark.usefixtures("local_module")
def test_without_local_constants_none_of_them_is_drawn() -> None:
    with local_constants.none():
        assert not set(generated()) & set(LARGE)


@pytest.mark.usefixtures("local_module")
def test_local_constants_come_back() -> None:
    with local_constants.none():
        generated()
    assert set(generated()) & set(LARGE)
