"""The kinds of drawn conversations, by name."""

from collections.abc import Mapping

from wasi_nn_conformance.fuzz.search import Kind, drawn_from

from . import errors, octets, sequences, shapes

KINDS: Mapping[str, Kind] = {
    "shapes": drawn_from(shapes.examples),
    "errors": drawn_from(errors.examples),
    "sequences": sequences.search,
    "bytes": drawn_from(octets.examples),
}
