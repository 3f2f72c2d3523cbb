"""Replies held against what they must hold, and states moved, as a case runner does."""

import json
from dataclasses import dataclass
from typing import Any

from abis import NEWEST
from msgspec import structs

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.run.compare import compare
from wasi_nn_conformance.session.outcome import Kind
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import Answer, Done, encode_request, read_reply
from wasi_nn_conformance.vectors.expectation import Expectation
from wasi_nn_conformance.vectors.step import Step

ONE = {"type": "f32", "shape": [1, 4], "data": [1, 2, 3, 4]}
TEN = {"type": "f32", "shape": [1, 4], "data": [10, 20, 30, 40]}


@dataclass(frozen=True)
class Judged:
    """What a reply came to: `faults` are the sentences of what is wrong with it, `undecided` why nobody knows."""

    kind: Kind
    code: str | None
    faults: tuple[str, ...]
    undecided: str


def step_of(action: str, arguments: dict[str, Any], *, slot: bool = False) -> Step:
    """A step that must succeed."""
    return Step(action, arguments, Expectation(), slot)


def plain_requests(state: ExpectedState, abi: str, action: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the requests of a step as the probe reads them."""
    requests = DIALECTS[abi].requests(step_of(action, arguments), state)
    return [json.loads(encode_request(request)) for request in requests]


def answer(
    state: ExpectedState, abi: str, action: str, arguments: dict[str, Any], reply: dict[str, Any], *, slot: bool = False
) -> Judged:
    """Judge the reply to a step, and move the state."""
    state.at_once = abi == NEWEST
    step, dialect = step_of(action, arguments, slot=slot), DIALECTS[abi]
    requests, expected = dialect.requests(step, state), dialect.expected(step, state)
    said = read_reply(requests[-1], json.dumps(reply).encode()) if requests else state.held(step)
    assert isinstance(said, Answer)
    outcome = dialect.outcome(said)
    succeeded = outcome.kind is Kind.OK
    wanted = expected.ok if succeeded else expected.error
    wrong = compare(wanted, outcome, state.folders)
    state.advance(step, said, succeeded=succeeded, outputs=expected.ok.outputs)
    faults = tuple(structs.replace(violation, call=action).sentence for violation in wrong)
    return Judged(outcome.kind, outcome.code, faults, wanted.undecided)


def advance(state: ExpectedState, action: str, arguments: dict[str, Any]) -> None:
    """Move to the state after a step that succeeded, and whose reply nobody looks at."""
    state.advance(step_of(action, arguments), Done(), succeeded=True)


def set_input(state: ExpectedState, name: Any, tensor: dict[str, Any], context: str = "c") -> None:
    """Move to the state after an input was set."""
    advance(state, "set_input", {"context": context, "input": name, "tensor": tensor})
