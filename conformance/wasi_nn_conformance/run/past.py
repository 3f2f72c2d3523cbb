"""What a process of the host has served: a case is judged by what it asks, not by what was asked before."""

import sys
from dataclasses import dataclass, replace

from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.step import Step, steps_of


@dataclass(frozen=True)
class Past:
    """The cases that a process has served, in their order, and how many graphs and contexts it was asked for."""

    cases: tuple[Case, ...] = ()
    graphs: int = 0
    contexts: int = 0
    has_failed: bool = False
    """Whether one of the cases failed, and so was broken off."""

    def with_case(self, case: Case) -> "Past":
        """Return the past once a case was served, too."""
        graphs, contexts = demand(case)
        return replace(self, cases=(*self.cases, case), graphs=self.graphs + graphs, contexts=self.contexts + contexts)


@dataclass(frozen=True)
class Capacity:
    """How many graphs and contexts one process bears, as far as that is known."""

    graphs: int = sys.maxsize
    contexts: int = sys.maxsize

    def has_room(self, past: Past, case: Case) -> bool:
        """Return whether a process with this past bears the case, too."""
        graphs, contexts = demand(case)
        return past.graphs + graphs <= self.graphs and past.contexts + contexts <= self.contexts


def demand(case: Case) -> tuple[int, int]:
    """Return how many graphs and how many contexts a case asks for, if each of its steps is reached."""
    calls = [_function(step) for step in steps_of(case.vector.steps)]
    return calls.count("load") + calls.count("load_by_name"), calls.count("context")


def _function(step: Step) -> str:
    if step.action != "raw":
        return step.action
    called = str(step.arguments["function"])
    return "context" if called == "init_execution_context" else called
