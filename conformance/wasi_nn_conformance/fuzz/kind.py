"""What a kind of generated conversations is."""

from collections.abc import Callable
from typing import Protocol

import hypothesis

from .target import CarryOut, Fields, FuzzTarget


class Kind(Protocol):
    """A kind of conversations: draws them, as Hypothesis is set, and hands each to `carry_out`."""

    def __call__(self, target: FuzzTarget, carry_out: CarryOut, settings: hypothesis.settings, seed: int) -> None:
        """Draw until the settings are met, or a failure is shrunk; it is raised then."""


def generated_by(examples: Callable[[FuzzTarget], hypothesis.strategies.SearchStrategy[Fields]]) -> Kind:
    """Make a kind of a strategy that gives whole conversations."""

    def draw(target: FuzzTarget, carry_out: CarryOut, settings: hypothesis.settings, seed: int) -> None:
        @hypothesis.seed(seed)
        @settings
        @hypothesis.given(examples(target))
        def conversation(fields: Fields) -> None:
            carry_out(fields)

        conversation()

    return draw
