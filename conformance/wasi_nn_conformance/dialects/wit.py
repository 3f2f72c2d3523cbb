"""WIT: the three release candidates of `wasi:nn` for components; tensors by name, results as `result` with an error.

The newest tag hands all inputs to `compute` and gets all outputs back; the older two set and get them one by one, as
witx does. A neutral `set_input` is therefore said with `compute` on the newest, and a neutral `output` read from its
answer.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from wasi_nn_conformance.abi.registry import AUTODETECT
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.session import wit_calls as calls
from wasi_nn_conformance.session.context import Context
from wasi_nn_conformance.session.expected_reply import ExpectedAnswer, ExpectedReply
from wasi_nn_conformance.session.outcome import UNREAD, Kind, Outcome
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import Answer, Call
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.tensor import tensor_literal

from . import resource
from .answer import expected_outputs

_LONGEST_NAME = 200  # bytes; the probe keeps names of 256, and the context's stands before this one


class WitDialect:
    """Says steps as calls of the functions and methods of one tag."""

    def __init__(self, tag: Tag) -> None:
        self.tag = tag

    def requests(self, step: Step, state: ExpectedState) -> list[Call]:
        """Return the requests for `step`. Raises `ValueError` where this tag cannot say it."""
        arguments, kept = step.arguments, resource.kept(step.arguments)
        match step.action:
            case "load":
                return [self._load(arguments, state)]
            case "load_by_name":
                name = state.graph_name(arguments["name"])
                if isinstance(name, bytes):
                    raise ValueError("a name in WIT is a string: bytes that are none cannot be said")
                return [calls.LoadByName(name, **kept)]
            case "context":
                return [calls.InitExecutionContext(resource.handle(arguments["graph"], state), **kept)]
            case "set_input":
                return self._set_input(arguments, state)
            case "compute":
                return self._compute(arguments, state)
            case "output":
                return self._output(arguments, state)
            case _:
                return [resource.request(step.action, arguments, state)]

    def expected(self, step: Step, state: ExpectedState) -> ExpectedReply:
        """Return what the reply must hold."""
        return ExpectedReply(ok=self._expected(step, state), error=ExpectedAnswer(hides=True))

    def _expected(self, step: Step, state: ExpectedState) -> ExpectedAnswer:
        context = state.context(step.arguments.get("context"))
        match step.action:
            case "compute" if context is not None and self.tag.outputs_at_compute:
                return ExpectedAnswer(outputs=expected_outputs(context, step.arguments, None))
            case "output" if context is not None:
                return resource.got(step, step.arguments["output"], state)
        return resource.expected(step, state)

    def outcome(self, reply: Answer) -> Outcome:
        """Return the kind of an answer, and the code of an error as witx spells it."""
        if isinstance(reply, calls.UnreadFailure):
            return Outcome(Kind.ERROR, UNREAD, reply=reply)
        if isinstance(reply, calls.Failure):
            return Outcome(Kind.ERROR, reply.code.replace("-", "_"), reply=reply)
        return Outcome(Kind.OK, reply=reply)

    def _load(self, arguments: Mapping[str, Any], state: ExpectedState) -> calls.Load:
        encoding = arguments.get("encoding", state.encoding or AUTODETECT)
        if "model" in arguments:
            builders = state.model_builders(arguments["model"], encoding)
        else:
            builders = [state.octets(written) for written in arguments["builders"]]
        encoding = _enumerated(encoding, self.tag.encodings, "encoding")
        target = _enumerated(arguments.get("target", "cpu"), self.tag.targets, "target")
        return calls.Load(builders, encoding, target, **resource.kept(arguments))

    def _set_input(self, arguments: Mapping[str, Any], state: ExpectedState) -> list[Call]:
        context = _known(arguments, state)
        literal, name = tensor_literal(arguments["tensor"]), context.input_name(arguments["input"])
        tensor = _tensor_name(arguments["context"], name)
        made = resource.tensor_request(literal, tensor)  # complains about what cannot be said, also where it waits
        if self.tag.inputs_at_compute:
            return []
        return [made, calls.SetInput(arguments["context"], name, tensor, **resource.failing(arguments))]

    def _compute(self, arguments: Mapping[str, Any], state: ExpectedState) -> list[Call]:
        if not self.tag.inputs_at_compute:
            return [calls.Compute(arguments["context"], **resource.failing(arguments))]
        given = _known(arguments, state).given
        tensors = {name: _tensor_name(arguments["context"], name) for name in given}
        made = [resource.tensor_request(given[name], tensor) for name, tensor in tensors.items()]
        return [*made, calls.ComputeAtOnce(arguments["context"], list(tensors.items()), **resource.kept(arguments))]

    def _output(self, arguments: Mapping[str, Any], state: ExpectedState) -> list[Call]:
        context = _known(arguments, state)
        if self.tag.outputs_at_compute:
            return []
        name = context.output_name(arguments["output"])
        return [calls.GetOutput(arguments["context"], name, **resource.failing(arguments))]


def _enumerated(written: Any, names: tuple[str, ...], what: str) -> str:
    if not isinstance(written, str) or written not in names:
        raise ValueError(f"WIT has no {what} {written!r}; it has {', '.join(names)}")
    return written


def _tensor_name(context: str, name: str) -> str:
    """Return under which name the probe keeps the tensor of an input: that of the input, unless it is too long."""
    if len(name.encode()) > _LONGEST_NAME:
        name = hashlib.sha256(name.encode()).hexdigest()
    return f"{context}/{name}"


def _known(arguments: Mapping[str, Any], state: ExpectedState) -> Context:
    context = state.context(arguments["context"])
    if context is None:
        raise ValueError(f"no context is called {arguments['context']!r} here")
    return context
