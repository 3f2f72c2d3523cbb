"""The names of the ABIs, where a dialect still goes by them."""

from wasi_nn_conformance.abi.registry import TAGS

ABIS = tuple(TAGS)
WITX, OLDEST, MIDDLE, NEWEST = ABIS
WIT = (OLDEST, MIDDLE, NEWEST)
