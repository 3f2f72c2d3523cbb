"""get_output: every errno, and what it writes."""

from __future__ import annotations

import pytest
from direct_guest import (
    BAD_WORDS,
    END,
    INVALID_ARGUMENT,
    NO_HANDLES,
    OK,
    ONES,
    SENTINEL,
    TOO_LARGE,
    DirectGuest,
    unchanged,
)


def output(guest: DirectGuest, context: int, size: int) -> tuple[int, bytes, int]:
    """Return errno, the buffer and 8 bytes behind it, and what stands in the slot."""
    buffer, slot = guest.place(b"Z" * (size + 8)), guest.slot()
    errno = guest.call("get_output", context, 0, buffer, size, slot)
    return errno, guest.everything[buffer : buffer + size + 8], guest.word(slot)


def test_an_output_that_fits_exactly(guest: DirectGuest, computed: int) -> None:
    assert output(guest, computed, 16) == (OK, ONES + b"Z" * 8, 16)


def test_an_output_in_a_larger_buffer(guest: DirectGuest, computed: int) -> None:
    assert output(guest, computed, 20) == (OK, ONES + b"Z" * 12, 16)


@pytest.mark.parametrize("size", [0, 1, 15])
def test_an_output_in_a_smaller_buffer(guest: DirectGuest, computed: int, size: int) -> None:
    assert output(guest, computed, size) == (TOO_LARGE, b"Z" * (size + 8), SENTINEL)


def test_an_output_is_given_again(guest: DirectGuest, computed: int) -> None:
    assert output(guest, computed, 16) == output(guest, computed, 16)


def test_an_output_before_compute(guest: DirectGuest, context: int) -> None:
    assert output(guest, context, 16) == (INVALID_ARGUMENT, b"Z" * 24, SENTINEL)


@pytest.mark.parametrize("index", [1, 2**31, 2**32 - 1, -1])
def test_an_output_that_is_not_there(guest: DirectGuest, computed: int, index: int) -> None:
    assert unchanged(guest, "get_output", computed, index, 16, 64, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("handle", NO_HANDLES)
def test_an_output_of_no_context(guest: DirectGuest, computed: int, handle: int) -> None:
    assert computed != handle
    assert unchanged(guest, "get_output", handle, 0, 16, 64, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("buffer", "size"), [(END - 15, 16), (END, 16), (0, 2**32 - 1), (2**32 - 8, 16), (16, END), (END + 1, 0)]
)
def test_an_output_buffer_outside_memory(guest: DirectGuest, computed: int, buffer: int, size: int) -> None:
    assert unchanged(guest, "get_output", computed, 0, buffer, size, guest.slot()) == INVALID_ARGUMENT


@pytest.mark.parametrize("slot", BAD_WORDS)
def test_get_output_checks_its_result_pointer(guest: DirectGuest, computed: int, slot: int) -> None:
    assert unchanged(guest, "get_output", computed, 0, guest.place(bytes(16)), 16, slot) == INVALID_ARGUMENT
