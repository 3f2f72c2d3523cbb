"""Tensors that came back, held against what they must be."""

import struct

import numpy as np
import pytest

from wasi_nn_conformance.models.element_type import Array, ElementType
from wasi_nn_conformance.run.compare import compare
from wasi_nn_conformance.session.expected_reply import ExpectedAnswer, ExpectedTensor
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.witx_calls import Output

F16, BF16, F32, F64, U8 = (ElementType(name) for name in ("f16", "bf16", "f32", "f64", "u8"))


def wrong(got: bytes, wanted: Array, element: ElementType, *, exact_bits: bool) -> str | None:
    """Return what the judge says of these bytes of the output y."""
    tensor = ExpectedTensor(element, (wanted.shape,), wanted.tobytes(), exact_bits)
    reply = Output(0, len(got), "untouched", "untouched", "touched", got)
    violations = compare(ExpectedAnswer(subject="y", tensor=tensor), Outcome(Kind.OK, reply=reply), {})
    return violations[0].sentence.removeprefix("output y: ") if violations else None


NAN = float("nan")


@pytest.mark.parametrize(
    ("got", "wanted", "exact", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], True, None),
        ([1.0, 3.0], [1.0, 2.0], False, "element [1] of f32 is 3.0 where 2.0 was wanted (1 of 2 differ)"),
        ([3.0, 1.0], [1.0, 2.0], False, "element [0] of f32 is 3.0 where 1.0 was wanted (2 of 2 differ)"),
        ([NAN, 1.0], [NAN, 1.0], False, None),
        (
            [NAN],
            [1.0],
            False,
            "element [0] of f32 is nan (bits 0x7fc00000) where 1.0 was wanted (1 of 1 differ)",
        ),
        (
            [1.0],
            [NAN],
            False,
            "element [0] of f32 is 1.0 where nan (bits 0x7fc00000) was wanted (1 of 1 differ)",
        ),
        (
            [-0.0],
            [0.0],
            False,
            "element [0] of f32 is -0.0 (bits 0x80000000) where 0.0 (bits 0x00000000) was wanted (1 of 1 differ)",
        ),
    ],
)
def test_difference_of_f32(got: list[float], wanted: list[float], exact: bool, message: str | None) -> None:
    assert wrong(struct.pack(f"<{len(got)}f", *got), np.array(wanted, "<f4"), F32, exact_bits=exact) == message


QUIET, OTHER = bytes.fromhex("0000c07f"), bytes.fromhex("efbec07f")


def test_any_nan_is_as_good_as_another_after_arithmetic() -> None:
    assert wrong(OTHER, np.frombuffer(QUIET, "<f4"), F32, exact_bits=False) is None


def test_no_nan_is_as_good_as_another_where_bits_count() -> None:
    message = wrong(OTHER, np.frombuffer(QUIET, "<f4"), F32, exact_bits=True)
    assert message == (
        "element [0] of f32 is nan (bits 0x7fc0beef) where nan (bits 0x7fc00000) was wanted (1 of 1 differ)"
    )


def test_bf16_is_compared_by_bits() -> None:
    message = wrong(bytes.fromhex("c07f"), np.array([0x7FC1], "<u2"), BF16, exact_bits=False)
    assert message is not None
    assert "(bits 0x7fc0)" in message


def test_difference_names_the_element_in_all_dimensions() -> None:
    message = wrong(bytes([0, 1, 2, 9]), np.array([[0, 1], [2, 3]], "|u1"), U8, exact_bits=False)
    assert message == "element [1, 1] of u8 is 9 where 3 was wanted (1 of 4 differ)"


@pytest.mark.parametrize("got", [b"", bytes(7), bytes(9)])
def test_a_wrong_number_of_bytes_is_a_difference(got: bytes) -> None:
    message = wrong(got, np.zeros((1, 2), "<f4"), F32, exact_bits=False)
    assert message == f"output y has {len(got)} bytes of data where 8 were wanted"


def test_a_scalar_is_compared() -> None:
    message = wrong(struct.pack("<d", 2), np.array(1.0, "<f8"), F64, exact_bits=False)
    assert message == "element [] of f64 is 2.0 where 1.0 was wanted (1 of 1 differ)"


def test_a_tensor_without_elements_is_equal_to_no_bytes() -> None:
    assert wrong(b"", np.zeros((0, 4), "<f2"), F16, exact_bits=True) is None
