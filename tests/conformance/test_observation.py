"""How the host's processes change while they serve: seen on a real process, and told of the one that served most."""

import os
from collections.abc import Callable

import pytest

from wasi_nn_conformance.results.observation import Observation, Size, longest
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.process_size import process_size
from wasi_nn_conformance.vectors.case import Case

SMALL, LARGE = Size(10 << 20, 3, 1, 1), Size(25 << 20, 5, 9, 2)
FEW, MANY = Observation("witx", None, 2, SMALL, SMALL), Observation("witx", None, 40, SMALL, LARGE)
OTHER = Observation("witx", "onnx", 7, SMALL, SMALL)


@pytest.mark.parametrize("seen", [[FEW, MANY, OTHER], [OTHER, MANY, FEW]])
def test_of_each_pair_the_process_that_served_most_is_told_of(seen: list[Observation]) -> None:
    assert longest(seen) == (MANY, OTHER)


@pytest.fixture
def observed(host: Callable[..., Host], cases: Callable[..., list[Case]]) -> Callable[[int], tuple[Observation, ...]]:
    """Let a miniature serve so many cases, and return what was observed."""

    def observed(number: int) -> tuple[Observation, ...]:
        made = host("errors")
        for case in cases(*["- compute: {context: {raw: 1}}\n  fails: {}"] * number):
            made.run(case)
        return made.observations()

    return observed


def test_words_name_what_changed() -> None:
    assert MANY.words == "witx: over 40 cases 10 to 25 MiB, 3 to 5 open files, 1 to 9 threads, 1 to 2 processes"


@pytest.mark.skipif(process_size(os.getpid()) is None, reason="nobody tells the size of a process here")
def test_a_host_is_observed_from_its_first_case_on(observed: Callable[[int], tuple[Observation, ...]]) -> None:
    (seen,) = observed(3)

    assert (seen.abi, seen.encoding, seen.cases) == ("witx", None, 3)
    assert seen.first.processes == seen.last.processes == 1
    assert min(seen.first.memory, seen.last.memory) > 0


def test_one_case_shows_no_change(observed: Callable[[int], tuple[Observation, ...]]) -> None:
    assert observed(1) == ()
