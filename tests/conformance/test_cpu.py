from pathlib import Path

import pytest

from wasi_nn_conformance.cpu import features


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("processor\t: 0\nflags\t\t: fpu sse2\nvmx flags\t: ept\n\nprocessor\t: 1\nflags\t\t: fpu\n", {"fpu", "sse2"}),
        ("processor\t: 0\nFeatures\t: fp asimd bf16\n", {"fp", "asimd", "bf16"}),
        ("processor\t: 0\n", set()),
    ],
    ids=["x86", "arm", "neither"],
)
def test_features_by_the_names_of_linux(tmp_path: Path, text: str, wanted: set[str]) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text, "utf-8")
    assert features(path) == wanted


def test_a_machine_that_does_not_tell_has_none(tmp_path: Path) -> None:
    assert features(tmp_path / "cpuinfo") == frozenset()
