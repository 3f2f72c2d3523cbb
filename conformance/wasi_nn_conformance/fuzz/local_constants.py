"""Hypothesis' local constants, which drawing does without.

Hypothesis mixes numbers and text into what it draws that stand in the source of every loaded module outside
site-packages. So one seed would draw otherwise from a checkout than from a wheel, and after each edit of a module or
of somebody's conftest. There is no setting for it (6.130 to 6.170).
"""

import contextlib
from collections.abc import Iterator
from unittest import mock

from hypothesis.internal.conjecture import providers

_FUNCTION, _NONE, _CACHE = "_get_local_constants", "_local_constants", "CONSTANTS_CACHE"


@contextlib.contextmanager
def none() -> Iterator[None]:
    """Let nothing that is drawn in the body come from modules. A version without local constants stays as it is."""
    if not all(hasattr(providers, name) for name in (_FUNCTION, _NONE, _CACHE)):
        yield
        return
    cache = getattr(providers, _CACHE).cache
    cache.clear()
    with mock.patch.object(providers, _FUNCTION, type(getattr(providers, _NONE))):
        yield
    cache.clear()
