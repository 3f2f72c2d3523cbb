"""Builders of good models with something changed: parts of the model that still can be read, or any of its bytes."""

from hypothesis import strategies as st

from wasi_nn_conformance.models import ENCODINGS, Model, builders_of
from wasi_nn_conformance.models.mutation import place

_VARINTS = (b"\x00", b"\x7f", b"\xff\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\x80\x80\x04")


def mutated(draw: st.DrawFn, model: Model, encoding: str) -> list[bytes]:
    """Return the builders of `model` with one to three changes: mostly in what the model says, else in any bytes.

    An engine's reader refuses most models with changed bytes at once. One with another operator, type or number goes
    on to where nobody expects it.
    """
    builders = builders_of(model, encoding)
    changes = draw(st.integers(1, 3))
    if draw(st.integers(0, 3)):
        builders[0] = ENCODINGS[encoding].mutated(draw, builders[0], changes)
        return builders
    changed = 1 if len(builders) > 1 and draw(st.integers(0, 3)) == 3 else 0
    for _ in range(changes):
        builders[changed] = draw(st.sampled_from(_WAYS))(draw, builders[changed])
    return builders


def _flip(draw: st.DrawFn, data: bytes) -> bytes:
    at, bit = place(draw, data), draw(st.integers(0, 7))
    return data[:at] + bytes(octet ^ (1 << bit) for octet in data[at : at + 1]) + data[at + 1 :]


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: place(draw, data)]


def _remove(draw: st.DrawFn, data: bytes) -> bytes:
    at = place(draw, data)
    return data[:at] + data[at + draw(st.sampled_from((1, 2, 4, 16, 64))) :]


def _insert(draw: st.DrawFn, data: bytes) -> bytes:
    at = place(draw, data)
    return data[:at] + draw(st.binary(min_size=1, max_size=16)) + data[at:]


def _repeat(draw: st.DrawFn, data: bytes) -> bytes:
    at, count = place(draw, data), draw(st.sampled_from((1, 8, 64, 256)))
    return data[: at + count] + data[at:]


def _varint(draw: st.DrawFn, data: bytes) -> bytes:
    """Put another length or number of a protobuf where some byte is."""
    at = place(draw, data)
    return data[:at] + draw(st.sampled_from(_VARINTS)) + data[at + 1 :]


_WAYS = (_flip, _cut, _remove, _insert, _repeat, _varint)
