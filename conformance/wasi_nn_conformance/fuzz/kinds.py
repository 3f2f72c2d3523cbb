"""The kinds of generated conversations, by name.

Each is one module, which is imported when it is drawn from: whoever runs written vectors does not load Hypothesis.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .kind import Kind

KINDS: Mapping[str, str] = {
    "shapes": "shapes",
    "errors": "errors",
    "sequences": "sequences",
    "counts": "counts",
    "interleaved": "interleaved",
    "bytes": "octets",
}
"""By the name of a kind: its module among the strategies."""


def kind_of(name: str) -> Kind:
    """Return the kind of that name."""
    kind: Kind = importlib.import_module(f".strategies.{KINDS[name]}", __package__).search
    return kind
