"""How the steps of a vector become requests to a probe, and its replies outcomes: a module for each family of ABIs."""

from collections.abc import Callable, Mapping
from typing import Protocol

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.session.expected_reply import ExpectedReply
from wasi_nn_conformance.session.outcome import Outcome
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import Answer, Call
from wasi_nn_conformance.vectors.step import Step

from .wit import WitDialect
from .witx import WitxDialect


class Dialect(Protocol):
    """One ABI's way to say a step and to read the answer."""

    def requests(self, step: Step, state: ExpectedState) -> list[Call]:
        """Return the requests for `step`, none if this ABI says it with a later one.

        Raises `ValueError` where this ABI cannot say it.
        """

    def expected(self, step: Step, state: ExpectedState) -> ExpectedReply:
        """Return what the reply to the last of those requests must hold. Changes nothing."""

    def outcome(self, reply: Answer) -> Outcome:
        """Return the kind of an answer, and the code of an error."""


_FAMILIES: Mapping[str, Callable[[Tag], Dialect]] = {"witx": WitxDialect, "wit": WitDialect}

DIALECTS: Mapping[str, Dialect] = {name: _FAMILIES[tag.family](tag) for name, tag in TAGS.items()}
