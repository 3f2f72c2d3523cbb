"""The options for generated conversations."""

import hashlib
import secrets
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest

from wasi_nn_conformance.fuzz.kinds import KINDS

_PROFILES: Mapping[str, int] = {"default": 128, "nightly": 20_000}
"""Conversations of each kind. The default takes half a minute of a quick host; `nightly` draws anew each night."""

_LIBRARIES = ("hypothesis", "onnx")
"""What generating needs besides; the extra `fuzz` installs them."""

_SEED = 0  # one for everybody: a run that changes nothing finds nothing new


def add_fuzz_options(add: Callable[..., Any]) -> None:
    """Add the options."""
    add(
        "--fuzz-examples",
        metavar="N",
        type=_natural,
        help="generate N conversations of each kind, divided among ABIs and encodings; 0: none",
    )
    add("--fuzz-seed", metavar="N|random", type=_seed, help="what generating begins with (0)")
    add("--fuzz-only", choices=tuple(KINDS), action="append", help="nothing but this kind; may be repeated")
    add(
        "--fuzz-profile",
        choices=tuple(_PROFILES),
        default="default",
        help="nightly: many conversations, and another seed each time",
    )


def _natural(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _seed(text: str) -> int:
    return secrets.randbelow(1 << 32) if text == "random" else _natural(text)


@dataclass(frozen=True)
class FuzzOptions:
    """How much is generated: conversations of each kind, the seed, and the kinds; `only` if nothing else is to run.

    `missing` says why nothing can be generated where something would be.
    """

    examples: int
    seed: int
    kinds: tuple[str, ...]
    only: bool
    missing: str = ""

    @classmethod
    def of(cls, config: pytest.Config, told: int | None) -> "FuzzOptions":
        """Read the options. A run of certain vectors generates nothing unless it is asked to.

        `told` is the seed of the process that the user started, if this is a worker of it. Raises `pytest.UsageError`.
        """
        examples, seed, only = (config.getoption(name) for name in ("--fuzz-examples", "--fuzz-seed", "--fuzz-only"))
        profile = config.getoption("--fuzz-profile")
        is_asked_for = examples or only or profile != "default"
        if examples is None:
            examples = 0 if config.getoption("--vectors") and not only else _PROFILES[profile]
        missing = _missing() if examples else ""
        if missing and is_asked_for:
            raise pytest.UsageError(missing)
        if told is not None:
            seed = told
        elif seed is None:
            seed = _SEED if profile == "default" else secrets.randbelow(1 << 32)
        return cls(0 if missing else examples, seed, tuple(only or KINDS), bool(only), missing)

    def seed_of(self, name: str) -> int:
        """Return the seed of one search, so that no two searches draw the same."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{name}".encode()).digest()[:8], "big")


def _missing() -> str:
    """Return what to install where conversations cannot be generated; empty where they can."""
    absent = [name for name in _LIBRARIES if find_spec(name) is None]
    if not absent:
        return ""
    verb = "are" if len(absent) > 1 else "is"
    return (
        f"nothing can be generated: {' and '.join(absent)} {verb} not installed;"
        " pip install 'wasi-nn-conformance[fuzz]'"
    )
