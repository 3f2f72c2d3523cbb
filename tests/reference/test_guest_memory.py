from __future__ import annotations

import ctypes
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wasi_nn_reference.abi.witx.memory import GuestMemory
from wasi_nn_reference.errors import ErrorCode, WasiNnError

# The same examples in each run, and no test that fails because the machine is slow.
same_everywhere = settings(deadline=None, derandomize=True)

SIZE = 64
GUARD = 32

any_u32 = st.one_of(st.integers(0, SIZE + 8), st.integers(0, 2**32 - 1), st.integers(2**32 - 80, 2**32 - 1))


class Arena:
    """Guest memory in the middle of a larger buffer, so that a touch outside is seen."""

    def __init__(self) -> None:
        self.buffer = ctypes.create_string_buffer(bytes(range(GUARD, 2 * GUARD + SIZE + GUARD)))
        self.before = self.buffer.raw
        self.memory = GuestMemory(ctypes.addressof(self.buffer) + GUARD, SIZE)

    @property
    def inside(self) -> bytes:
        return self.buffer.raw[GUARD : GUARD + SIZE]

    @property
    def guards(self) -> bytes:
        return self.buffer.raw[:GUARD] + self.buffer.raw[GUARD + SIZE :]

    @property
    def guards_before(self) -> bytes:
        return self.before[:GUARD] + self.before[GUARD + SIZE :]


@same_everywhere
@given(any_u32, any_u32)
def test_a_read_gives_exactly_the_bytes_or_fails(pointer: int, length: int) -> None:
    arena = Arena()
    if pointer + length <= SIZE:
        assert arena.memory.read(pointer, length) == arena.inside[pointer : pointer + length]
    else:
        with pytest.raises(WasiNnError):
            arena.memory.read(pointer, length)


@same_everywhere
@given(any_u32, st.binary(max_size=SIZE + 8))
def test_a_write_changes_exactly_the_bytes_or_nothing(pointer: int, data: bytes) -> None:
    arena = Arena()
    expected = bytearray(arena.inside)
    if pointer + len(data) <= SIZE:
        arena.memory.write(pointer, data)
        expected[pointer : pointer + len(data)] = data
    else:
        with pytest.raises(WasiNnError):
            arena.memory.write(pointer, data)
    assert arena.inside == expected
    assert arena.guards == arena.guards_before


@same_everywhere
@given(any_u32, any_u32)
def test_words_are_read_aligned_and_inside_or_not_at_all(pointer: int, count: int) -> None:
    arena = Arena()
    if pointer % 4 == 0 and pointer + 4 * count <= SIZE:
        assert arena.memory.read_u32s(pointer, count) == struct.unpack_from(f"<{count}I", arena.inside, pointer)
    else:
        with pytest.raises(WasiNnError):
            arena.memory.read_u32s(pointer, count)


@same_everywhere
@given(any_u32, st.integers(0, 2**32 - 1))
def test_a_word_is_written_aligned_and_inside_or_not_at_all(pointer: int, value: int) -> None:
    arena = Arena()
    expected = bytearray(arena.inside)
    if pointer % 4 == 0 and pointer + 4 <= SIZE:
        arena.memory.write_u32(pointer, value)
        expected[pointer : pointer + 4] = struct.pack("<I", value)
    else:
        with pytest.raises(WasiNnError):
            arena.memory.write_u32(pointer, value)
    assert arena.inside == expected
    assert arena.guards == arena.guards_before


@pytest.mark.parametrize(("pointer", "length"), [(-1, 1), (0, -1), (2**32, 0), (0, 2**32)])
def test_numbers_that_are_no_u32_are_refused(pointer: int, length: int) -> None:
    with pytest.raises(WasiNnError) as caught:
        Arena().memory.check(pointer, length)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


def test_a_range_that_wraps_around_32_bits_is_refused() -> None:
    with pytest.raises(WasiNnError):
        Arena().memory.check(2**32 - 4, 8)


def test_an_empty_range_may_lie_at_the_end() -> None:
    Arena().memory.check(SIZE, 0)


def test_an_empty_range_beyond_the_end_is_refused() -> None:
    with pytest.raises(WasiNnError):
        Arena().memory.check(SIZE + 1, 0)


def test_memory_without_bytes() -> None:
    assert GuestMemory(0, 0).read(0, 0) == b""
