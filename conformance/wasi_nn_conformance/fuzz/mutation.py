"""Builders of good models with some of their bytes changed."""

import re

from hypothesis import strategies as st

_NUMBER = re.compile(rb"(?<=[\">,])-?\d+(?=[\"<,])")
_EXTREMES = (
    b"0",
    b"-1",
    b"1",
    b"2",
    b"255",
    b"65536",
    b"2147483647",
    b"4294967295",
    b"9223372036854775807",
    b"-9223372036854775808",
)
_VARINTS = (b"\x00", b"\x7f", b"\xff\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\x80\x80\x04")
_PLACE = st.integers(0, (1 << 16) - 1)


def mutated(draw: st.DrawFn, data: bytes, *, is_text: bool) -> bytes:
    """Change one to three places of `data`."""
    for _ in range(draw(st.integers(1, 3))):
        ways = [_flip, _cut, _remove, _insert, _repeat, _extreme_number if is_text else _extreme_varint]
        data = draw(st.sampled_from(ways))(draw, data)
    return data


def _at(draw: st.DrawFn, data: bytes) -> int:
    """Draw a place in `data`."""
    return draw(_PLACE) % max(len(data), 1)


def _flip(draw: st.DrawFn, data: bytes) -> bytes:
    at, bit = _at(draw, data), draw(st.integers(0, 7))
    return data[:at] + bytes(octet ^ (1 << bit) for octet in data[at : at + 1]) + data[at + 1 :]


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: _at(draw, data)]


def _remove(draw: st.DrawFn, data: bytes) -> bytes:
    at = _at(draw, data)
    return data[:at] + data[at + draw(st.sampled_from((1, 2, 4, 16, 64))) :]


def _insert(draw: st.DrawFn, data: bytes) -> bytes:
    at = _at(draw, data)
    return data[:at] + draw(st.binary(min_size=1, max_size=16)) + data[at:]


def _repeat(draw: st.DrawFn, data: bytes) -> bytes:
    at, count = _at(draw, data), draw(st.sampled_from((1, 8, 64, 256)))
    return data[: at + count] + data[at:]


def _extreme_number(draw: st.DrawFn, data: bytes) -> bytes:
    """Put another number where the text has one: a dimension, an offset, a size, the id of a layer."""
    places = list(_NUMBER.finditer(data))
    if not places:
        return data
    place = places[draw(_PLACE) % len(places)]
    return data[: place.start()] + draw(st.sampled_from(_EXTREMES)) + data[place.end() :]


def _extreme_varint(draw: st.DrawFn, data: bytes) -> bytes:
    """Put another length or number of a protobuf where some byte is."""
    at = _at(draw, data)
    return data[:at] + draw(st.sampled_from(_VARINTS)) + data[at + 1 :]
