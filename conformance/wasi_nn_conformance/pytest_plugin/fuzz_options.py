"""The options for generated conversations."""

import hashlib
import secrets
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from wasi_nn_conformance.fuzz.kinds import KINDS

_PROFILES: Mapping[str, int] = {"default": 128, "nightly": 20_000}
"""Conversations of each kind. The default takes half a minute of a quick host; `nightly` draws anew each night."""

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
    """How much is generated: conversations of each kind, the seed, and the kinds; `only` if nothing else is to run."""

    examples: int
    seed: int
    kinds: tuple[str, ...]
    only: bool

    @classmethod
    def of(cls, config: pytest.Config, told: int | None) -> "FuzzOptions":
        """Read the options. A run of certain vectors generates nothing unless it is asked to.

        `told` is the seed of the process that the user started, if this is a worker of it.
        """
        examples, seed, only = (config.getoption(name) for name in ("--fuzz-examples", "--fuzz-seed", "--fuzz-only"))
        profile = config.getoption("--fuzz-profile")
        if examples is None:
            examples = 0 if config.getoption("--vectors") and not only else _PROFILES[profile]
        if told is not None:
            seed = told
        elif seed is None:
            seed = _SEED if profile == "default" else secrets.randbelow(1 << 32)
        return cls(examples, seed, tuple(only or KINDS), bool(only))

    def seed_of(self, name: str) -> int:
        """Return the seed of one search, so that no two searches draw the same."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{name}".encode()).digest()[:8], "big")
