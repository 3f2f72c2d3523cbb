"""Names of inputs and outputs that a host with rules of its own for names does not keep, alone and side by side."""

import unicodedata
from collections.abc import Collection, Iterator
from urllib.parse import quote

from hypothesis import strategies as st

_LONG = "layer/" * 12
INPUTS = (
    *("x", "b", "input:0", "0", "X", "a/b.c", "\u00e9t\u00e9", f"{_LONG}in"),
    *("e\u0301te\u0301", "x.xml", "x%20y", "the first input"),
)
OUTPUTS = (
    *("out", "sum", "output:0", "1", "OUT", "y/z.w", "\u8f93\u51fa", f"{_LONG}out"),
    *("u\u0308ber", "out.bin", "a&amp;b", "%25"),
)
"""What they are made of: order, colons, digits, capitals, slashes, length, letters in parts, endings, escapes."""
_MOST = 3
_BEYOND = (63, 128, 255, 300)  # characters that a table, a byte or a file name has no room for
_SEPARATORS = ("/", "_"), (".", "_"), ("/", "."), (":", "_"), ("/", "\\")


def port_names(draw: st.DrawFn, bases: Collection[str], taken: Collection[str] = (), *, plain: bool) -> list[str]:
    """Draw one to three different names, none of those that are `taken`: bases, and what is nearly one of the others.

    What is `plain` is letters and digits, for hosts that have rules of their own.
    """
    names = [draw(st.sampled_from(sorted(filter(str.isalnum, bases) if plain else bases)))]
    for _ in range(draw(st.integers(0, _MOST - 1))):
        alike = {f"{name}{len(names)}" for name in names} if plain else {*_alike(draw(st.sampled_from(names)))}
        name = draw(st.sampled_from(sorted(alike if plain or draw(st.booleans()) else bases)))
        if name not in (*names, *taken):
            names.append(name)
    return names


def _alike(name: str) -> Iterator[str]:
    """Return names that a host takes for this one if it folds, escapes, cuts, completes or searches names."""
    yield from (unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC"))
    yield from (name.upper(), name.lower(), name.title(), quote(name), f"{name}%20", f"{name}&amp;")
    yield from (f"{name}.xml", f"{name}:0", f"{name}:1", f"/{name}", f"0{name}", f"{name}x", f"a{name}", name[::-1])
    yield from (
        f"{name} ",
        f" {name}",
        f'"{name}"',
        f"{name}[0]",
        f"{name}\u200b",
        f"\ufeff{name}",
        f"{name}\U0001f600",
    )
    yield from (name.replace(one, other) for one, other in _SEPARATORS)
    yield from (name.ljust(length, "-") + last for length in _BEYOND for last in "ab")
    yield from ("x" * length + name for length in _BEYOND)
