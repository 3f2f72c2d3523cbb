"""The vectors of `docs/add-a-vector.md` are vectors, and its short forms say what stands beside them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from wasi_nn_conformance.run.library import Library

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "add-a-vector.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
FORMS = re.findall(
    r"^\| `(.+)` \| `(.+)` \|$", PAGE.partition("| short | full |")[2].partition("\n\n")[0], re.MULTILINE
)
HEAD = "- {id: v, clause: compute.repeatable, why: because a host may get this wrong, "


def test_the_page_has_vectors_and_short_forms() -> None:
    assert len(BLOCKS) >= 5
    assert len(FORMS) >= 15


@pytest.mark.parametrize("text", BLOCKS, ids=[re.findall(r"id: (.+)", text)[0] for text in BLOCKS])
def test_a_vector_of_the_page_is_one(write: Callable[[str, str], Path], text: str) -> None:
    path = write("my.yaml", text)
    library = Library([path])
    assert all(list(library.cases(vector)) for vector in library.vectors(path))


@pytest.mark.parametrize(("short", "full"), FORMS, ids=[short for short, _ in FORMS])
def test_a_short_form_of_the_page_says_what_stands_beside_it(
    write: Callable[[str, str], Path], short: str, full: str
) -> None:
    said = []
    for name, step in (("short.yaml", short), ("full.yaml", full)):
        path = write(name, f"{HEAD}model: sub-f32, steps: [{step}]}}\n")
        (vector,) = Library([path]).vectors(path)
        said.append(vector.steps_without_lines)
    assert said[0] == said[1]
