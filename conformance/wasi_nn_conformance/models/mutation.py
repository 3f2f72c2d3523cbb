"""What the mutations of all encodings draw from."""

from collections.abc import Sized

from hypothesis import strategies as st

EXTREMES = (0, -1, 1, 2, 3, 11, 255, 65536, (1 << 31) - 1, (1 << 32) - 1, (1 << 63) - 1, -(1 << 63))
"""Numbers that a careless reader cuts, adds up, multiplies or counts to."""

DIMENSIONS = (0, -1, 1, 2, 3, 255, 65536, 1 << 40, (1 << 63) - 1, -(1 << 63))
"""Dimensions of broken models. None is of gigabytes: a host without limits would fill the user's machine."""

_PLACE = st.integers(0, (1 << 16) - 1)


def place(draw: st.DrawFn, things: Sized) -> int:
    """Draw the index of one of `things`; 0 if there are none. The draw does not depend on how many they are."""
    return draw(_PLACE) % max(len(things), 1)
