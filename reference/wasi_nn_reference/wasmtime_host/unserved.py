"""Imports that are not served, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasi_nn_reference.abi.witx.module import EXTENSIONS, MODULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What guests import that were built for other hosts or for drafts, by the start of the import's name.
_KNOWN = {
    "wasi_nn.": f"wasi_nn is WAMR's own form of the interface; build the guest for {MODULE}",
    "wasi_unstable.": "wasi_unstable is WASI preview 0; build the guest for wasi_snapshot_preview1",
    "wasi:nn/": "wasi:nn without a version is a draft from before June 2024; build the guest for one of those versions",
    **{
        f"{MODULE}.{name}": f"--extensions {extension} serves {', '.join(names)}"
        for extension, names in EXTENSIONS.items()
        for name in names
    },
}


def refusal(kind: str, names: Sequence[str], served: str) -> str:
    """Return why a guest of that kind is refused, which imports `names`; all of them, and what helps."""
    verb = "is" if len(names) == 1 else "are"
    listed = ", ".join(names)
    hints = "".join(f"; {hint}" for hint in hints_of(names))
    return f"the {kind} imports {listed}, which {verb} not served here; served: {served}{hints}"


def hints_of(names: Iterable[str]) -> list[str]:
    """Return what is known of these imports, each once."""
    # The name of a version that is not served begins in the same way, but has nothing behind the package.
    return list(
        dict.fromkeys(
            hint for name in names for start, hint in _KNOWN.items() if name.startswith(start) and "@" not in name
        )
    )
