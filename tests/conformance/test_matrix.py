from typing import Any

import pytest

from wasi_nn_conformance.formats.matrix import MatrixError, combinations, references, substitute, suffix


def test_a_mapping_of_lists_is_multiplied_out() -> None:
    rows = list(combinations({"a": [1, 2], "b": ["x", "y"]}))
    assert rows == [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}]


def test_a_list_of_rows_is_taken_as_it_is() -> None:
    assert list(combinations([{"a": 1}, {"a": 2, "b": 3}])) == [{"a": 1}, {"a": 2, "b": 3}]


@pytest.mark.parametrize(
    ("row", "end"),
    [
        ({"name": "long", "x": 1}, "/long"),
        ({"handle": 7}, "/handle=7"),
        ({"handle": 0xFFFF}, "/handle=65535"),
        ({"handle": 0x7FFFFFFF, "count": -1}, "/handle=0x7fffffff,count=-1"),
        ({"shape": [1, 4]}, "/shape=1x4"),
        ({"shape": []}, "/shape=none"),
        ({"at": {"end": -8}}, "/at=end-8"),
        ({"a": None, "b": True}, "/a=none,b=true"),
    ],
)
def test_suffix_tells_a_row_from_the_others(row: dict[str, Any], end: str) -> None:
    assert suffix(row) == end


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$n", 7),
        ("${n}", 7),
        ("$list", [1, 2]),
        ("a-$n", "a-7"),
        ("${n}0", "70"),
        ("$n$n", "77"),
        ("cost: 5$", "cost: 5$"),
        ({"$n": ["$n"]}, {"7": [7]}),
        ({"$list": 1}, {"[1, 2]": 1}),
        (7, 7),
    ],
)
def test_a_reference_becomes_its_value(text: Any, value: Any) -> None:
    assert substitute(text, {"n": 7, "list": [1, 2]}, used=set()) == value


def test_names_that_were_used_are_told() -> None:
    used: set[str] = set()
    substitute(["$a", {"x": "${b}!"}], {"a": 1, "b": 2, "c": 3}, used=used)
    assert used == {"a", "b"}


def test_a_reference_to_nothing_names_what_is_known() -> None:
    with pytest.raises(MatrixError, match=r"\$c is no key of the matrix; known: a, b"):
        substitute("$c", {"a": 1, "b": 2}, used=set())


def test_a_reference_to_nothing_stays_unless_strict() -> None:
    assert substitute("$c and $a", {"a": 1}, used=set(), strict=False) == "$c and 1"


def test_references_are_found_in_keys_and_values() -> None:
    assert references({"$a": ["${b}", {"c": "x$c"}], "d": 7}) == {"a", "b", "c"}
