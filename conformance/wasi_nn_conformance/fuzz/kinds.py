"""The kinds of drawn conversations, by name."""

from collections.abc import Mapping

from . import shapes
from .search import Kind, drawn_from

KINDS: Mapping[str, Kind] = {
    "shapes": drawn_from(shapes.examples),
}
