"""How the steps of a vector become requests to a probe, and its replies outcomes: one module for each ABI."""

from collections.abc import Mapping
from typing import Any, Protocol

from wasi_nn_conformance.outcome import Outcome
from wasi_nn_conformance.scene import Scene
from wasi_nn_conformance.vector import Step

from .witx import WitxDialect


class Dialect(Protocol):
    """One ABI's way to say a step and to read the answer."""

    def request(self, step: Step, scene: Scene) -> dict[str, Any]:
        """Give the request for `step`. Raises `ValueError` where this ABI cannot say it."""

    def outcome(self, step: Step, reply: Mapping[str, Any], scene: Scene) -> Outcome:
        """Read the reply to that request."""


DIALECTS: Mapping[str, Dialect] = {"witx": WitxDialect()}
