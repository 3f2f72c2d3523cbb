"""What cases lean on, told of committed vectors."""

import pytest

from wasi_nn_conformance.run.ladder import rungs
from wasi_nn_conformance.run.leaning import Leaning
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.run.special_numbers import special_numbers


@pytest.mark.parametrize(
    ("vector", "again"),
    [
        ("output/plain", False),
        ("counts/six-outputs", True),  # an output that is read by name among all of them
        ("output/copied", True),  # by a raw call, and by name
        ("input/output-into-the-same-buffer", True),
        ("output/null-buffer", True),  # that `infer` has read before
        ("compute/twice", False),  # a compute lies between
        ("refusal/siblings/compute", True),  # a compute of another context lies between
    ],
)
def test_an_output_read_again_is_leaned_on_however_it_is_read(library: Library, vector: str, again: bool) -> None:
    case = library.case(library.suite_vector(vector), "witx", "openvino")
    assert Leaning.of(case, library.models).is_done_again("output") is again


@pytest.mark.parametrize(
    ("vector", "numbers"),
    [
        ("values/f32/numbers", set()),
        ("values/f32/denormals", {("f32", "denormals")}),
        ("values/f32/infinities-and-zeros", {("f32", "infinities-and-zeros")}),
        ("values/f64/nan-payloads", {("f64", "nan-payloads")}),
        ("inference/bf16/denormals", {("bf16", "denormals")}),
        ("compute/equal-numbers-of-other-bits/zeros-of-both-signs", {("f32", "infinities-and-zeros")}),
        ("memory/dimensions-within-data", {("f32", "denormals")}),  # placed by hand, and wanted as an output
        ("values/integers/u8", set()),
    ],
)
def test_numbers_that_are_no_ordinary_floats_are_found_by_their_bits(
    library: Library, vector: str, numbers: set[tuple[str, str]]
) -> None:
    assert special_numbers(library.suite_vector(vector).steps) == numbers


@pytest.mark.parametrize(
    ("vector", "abi", "rung", "is_one"),
    [
        ("error/made-by-the-guest/code=timeout", "wit-2024-06-25", "tensor/one-dropped", False),  # it makes no tensor
        ("output/plain", "wit-2024-06-25", "tensor/one-dropped", True),
        ("memory/count-of-dimensions-wraps/count=0x80000002", "witx", "input/dimensions-of-few-bits/8", True),
        ("memory/name-outside/behind", "witx", "input/dimensions-of-few-bits/8", False),
        ("input/product-of-64-bits", "witx", "input/data-length/one-byte-short", True),
        ("output/scalar-in-any-buffer", "witx", "output/larger-buffer", True),
        ("output/plain", "witx", "output/larger-buffer", False),
        ("counts/outputs-260", "wit-2024-10-28", "tensor/thousand", True),
        ("failure/computes", "wit-2024-08-19", "tensor/thousand", True),  # of its errors
        ("compute/inputs-that-do-not-combine-any-more", "witx", "input/set-again-in-another-shape", True),
        ("tensor/one-dropped", "wit-2024-10-28", "tensor/same-data-in-other-dimensions", False),
        ("input/free-dimension-other-length/rank", "wit-2024-06-25", "tensor/same-data-in-other-dimensions", True),
    ],
)
def test_a_case_leans_on_what_it_makes_and_on_plainer_misuses(
    library: Library, vector: str, abi: str, rung: str, is_one: bool
) -> None:
    found = library.suite_vector(vector)
    case = library.case(found, abi, "openvino" if found.models else None)
    assert (rung in {each.vector for each in rungs(Leaning.of(case, library.models))}) is is_one
