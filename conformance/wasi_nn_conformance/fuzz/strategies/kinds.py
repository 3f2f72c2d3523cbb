"""The kinds of drawn conversations, by name."""

from collections.abc import Mapping

from wasi_nn_conformance.fuzz.search import Kind, generated_by

from . import errors, octets, sequences, shapes

KINDS: Mapping[str, Kind] = {
    "shapes": generated_by(shapes.examples),
    "errors": generated_by(errors.examples),
    "sequences": sequences.search,
    "bytes": generated_by(octets.examples),
}
