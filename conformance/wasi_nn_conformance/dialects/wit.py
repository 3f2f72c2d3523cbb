"""WIT: the three release candidates of `wasi:nn` for components; tensors by name, results as `result` with an error.

The newest tag hands all inputs to `compute` and gets all outputs back; the older two set and get them one by one, as
witx does. A neutral `set_input` is therefore said with `compute` on the newest, and a neutral `output` read from its
answer.
"""

from collections.abc import Mapping
from typing import Any

from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.state import Context, ExpectedState
from wasi_nn_conformance.session.wire import encode
from wasi_nn_conformance.vectors.abi import NEWEST
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.tensor import byte_string, tensor_literal

from . import resource
from .answer import keep_answers, oracle, output_faults

ENCODINGS = ("openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "ggml", "autodetect")
TARGETS = ("cpu", "gpu", "tpu")


class WitDialect:
    """Says steps as calls of the functions and methods of one ABI, `wit-TAG`.

    `computes_at_once` tells whether `compute` takes all inputs and gives all outputs.
    """

    def __init__(self, abi: str) -> None:
        self.computes_at_once = abi == NEWEST

    def requests(self, step: Step, state: ExpectedState) -> list[dict[str, Any]]:
        """Return the requests for `step`. Raises `ValueError` where this tag cannot say it."""
        arguments = step.arguments
        match step.action:
            case "load":
                return [resource.kept(arguments, _load(arguments, state))]
            case "load_by_name":
                if isinstance(arguments["name"], dict):
                    raise ValueError("a name in WIT is a string: bytes that are none cannot be said")
                return [resource.kept(arguments, {"call": "load_by_name", "name": arguments["name"]})]
            case "context":
                graph = resource.handle(arguments["graph"], state)
                return [resource.kept(arguments, {"call": "init_execution_context", "graph": graph})]
            case "set_input":
                return self._set_input(arguments, state)
            case "compute":
                return self._compute(arguments, state)
            case "output":
                return self._output(arguments, state)
            case _:
                return [resource.request(step.action, arguments, state)]

    def outcome(self, step: Step, reply: Mapping[str, Any], state: ExpectedState) -> Outcome:
        """Read the reply: the error's code by its name, and what is wrong with what came back."""
        if "error" in reply:
            return Outcome(Kind.BROKEN, detail=f"the probe refused the request: {reply['error']}")
        context = state.context(step.arguments.get("context"))
        if reply.get("result") == "err":
            if context is not None and step.action in ("compute", "compute_named"):
                context.answered = None
            return self._error(step, reply, state)
        match step.action:
            case "set_input" if context is not None:
                context.given[_input_name(step.arguments, context)] = tensor_literal(step.arguments["tensor"])
            case "compute" if context is not None and self.computes_at_once:
                own = step.arguments.get("names") == "own"
                return Outcome(Kind.OK, reply=reply, faults=tuple(keep_answers(context, reply["outputs"], own=own)))
            case "output" if context is not None:
                return self._got(step, reply, context)
            case "load" | "load_by_name" | "context" | "set_input" | "compute" | "output":
                pass
            case _:
                return resource.outcome(step, reply, state)
        return Outcome(Kind.OK, reply=reply)

    def _error(self, step: Step, reply: Mapping[str, Any], state: ExpectedState) -> Outcome:
        code = reply["code"].replace("-", "_")
        if "error" in step.arguments:
            state.errors[step.arguments["error"]] = (code, reply["data"])
        return Outcome(Kind.ERROR, code, reply["data"], reply)

    def _set_input(self, arguments: Mapping[str, Any], state: ExpectedState) -> list[dict[str, Any]]:
        context = _known(arguments, state)
        literal, name = tensor_literal(arguments["tensor"]), _input_name(arguments, context)
        if self.computes_at_once:
            resource.tensor_request(literal, "")  # complains now about what cannot be said
            return []
        tensor = f"{arguments['context']}/{name}"
        call = {"call": "set_input", "context": arguments["context"], "name": name, "tensor": tensor}
        return [resource.tensor_request(literal, tensor), call]

    def _compute(self, arguments: Mapping[str, Any], state: ExpectedState) -> list[dict[str, Any]]:
        call = resource.kept(arguments, {"call": "compute", "context": arguments["context"]})
        if not self.computes_at_once:
            return [call]
        given = _known(arguments, state).given
        tensors = {name: f"{arguments['context']}/{name}" for name in given}
        inputs = [[name, tensor] for name, tensor in tensors.items()]
        return [
            *(resource.tensor_request(given[name], tensor) for name, tensor in tensors.items()),
            call | {"inputs": inputs},
        ]

    def _output(self, arguments: Mapping[str, Any], state: ExpectedState) -> list[dict[str, Any]]:
        context = _known(arguments, state)
        if self.computes_at_once:
            return []
        name = _name(arguments["output"], [port.name for port in context.model.outputs], "output")
        return [{"call": "get_output", "context": arguments["context"], "name": name}]

    def _got(self, step: Step, reply: Mapping[str, Any], context: Context) -> Outcome:
        """Check one output's type, dimensions and values."""
        name, written = step.arguments["output"], step.arguments.get("is", "oracle")
        answer = (context.answered or {}).get(name) if self.computes_at_once else reply
        if answer is None:
            return Outcome(Kind.BROKEN, detail="this tag gives outputs with compute: none is known here")
        if written == "any":
            return Outcome(Kind.OK, reply=reply)
        literal = oracle(context, name) if written == "oracle" else tensor_literal(written)
        if literal is None:
            return Outcome(Kind.OK, reply=reply, unchecked=f"numpy knows no output {name} here: say it with `is`")
        return Outcome(Kind.OK, reply=reply, faults=tuple(output_faults(context, name, answer, literal)))


def _load(arguments: Mapping[str, Any], state: ExpectedState) -> dict[str, Any]:
    encoding = arguments.get("encoding", state.encoding or "autodetect")
    if "model" in arguments:
        builders = state.model_builders(arguments["model"], encoding)
    else:
        builders = [byte_string(written, state.builder) for written in arguments["builders"]]
    return {
        "call": "load",
        "builders": [encode(builder) for builder in builders],
        "encoding": _enumerated(encoding, ENCODINGS, "encoding"),
        "target": _enumerated(arguments.get("target", "cpu"), TARGETS, "target"),
    }


def _enumerated(written: Any, names: tuple[str, ...], what: str) -> str:
    if not isinstance(written, str) or written not in names:
        raise ValueError(f"WIT has no {what} {written!r}; it has {', '.join(names)}")
    return written


def _known(arguments: Mapping[str, Any], state: ExpectedState) -> Context:
    context = state.context(arguments["context"])
    if context is None:
        raise ValueError(f"no context is called {arguments['context']!r} here")
    return context


def _input_name(arguments: Mapping[str, Any], context: Context) -> str:
    return _name(arguments["input"], [port.name for port in context.model.inputs], "input")


def _name(written: Any, names: list[str], what: str) -> str:
    if isinstance(written, dict):
        if "beyond" not in written:
            raise ValueError(f"WIT names an {what}: an index cannot be said")
        return f"no-{what}-{written['beyond']}"
    if written not in names:
        raise ValueError(f"the model has no {what} {written!r}; it has {', '.join(names)}")
    return str(written)
