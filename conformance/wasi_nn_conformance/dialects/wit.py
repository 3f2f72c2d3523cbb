"""WIT: the three release candidates of `wasi:nn` for components; tensors by name, results as `result` with an error.

The newest tag hands all inputs to `compute` and gets all outputs back; the older two set and get them one by one, as
witx does. A neutral `set_input` is therefore said with `compute` on the newest, and a neutral `output` read from its
answer.
"""

from collections.abc import Mapping
from math import prod
from typing import Any

from wasi_nn_conformance.abi import NEWEST
from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.models.model import Port
from wasi_nn_conformance.outcome import Kind, Outcome
from wasi_nn_conformance.probe import decode, encode
from wasi_nn_conformance.scene import Context, Scene
from wasi_nn_conformance.tensor import TensorLiteral, byte_string, difference, tensor_literal
from wasi_nn_conformance.vector import Step

ENCODINGS = ("openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "ggml", "autodetect")
TARGETS = ("cpu", "gpu", "tpu")
TENSOR_TYPES = {
    ElementType.F16: "FP16",
    ElementType.F32: "FP32",
    ElementType.F64: "FP64",
    ElementType.BF16: "BF16",
    ElementType.U8: "U8",
    ElementType.I32: "I32",
    ElementType.I64: "I64",
}
_RESOURCE_READS = {"dimensions": "tensor_dimensions", "ty": "tensor_ty", "data": "tensor_data"}


class WitDialect:
    """Says steps as calls of the functions and methods of one ABI, `wit-TAG`.

    `computes_at_once` tells whether `compute` takes all inputs and gives all outputs.
    """

    def __init__(self, abi: str) -> None:
        self.computes_at_once = abi == NEWEST

    def requests(self, step: Step, scene: Scene) -> list[dict[str, Any]]:
        """Give the requests for `step`. Raises `ValueError` where this tag cannot say it."""
        arguments = step.arguments
        match step.action:
            case "load":
                return [_kept(arguments, _load(arguments, scene))]
            case "load_by_name":
                if isinstance(arguments["name"], dict):
                    raise ValueError("a name in WIT is a string: bytes that are none cannot be said")
                return [_kept(arguments, {"call": "load_by_name", "name": arguments["name"]})]
            case "context":
                return [_kept(arguments, {"call": "init_execution_context", "graph": arguments["graph"]})]
            case "set_input":
                return self._set_input(arguments, scene)
            case "compute":
                return self._compute(arguments, scene)
            case "output":
                return self._output(arguments, scene)
            case _:
                return [_resource(step.action, arguments)]

    def outcome(self, step: Step, reply: Mapping[str, Any], scene: Scene) -> Outcome:
        """Read the reply: the error's code by its name, and what is wrong with what came back."""
        if "error" in reply:
            return Outcome(Kind.BROKEN, detail=f"the probe refused the request: {reply['error']}")
        if step.action in _RESOURCE_READS or step.action in ("error_code", "error_data"):
            return Outcome(Kind.OK, reply=reply, faults=tuple(_read_faults(step, reply, scene)))
        context = scene.context(step.arguments.get("context"))
        if reply.get("result") == "err":
            if step.action == "compute" and context is not None:
                context.answered = None
            return Outcome(Kind.ERROR, reply["code"].replace("-", "_"), reply["data"], reply)
        faults: tuple[str, ...] = ()
        if step.action == "set_input" and context is not None:
            context.given[_input_name(step.arguments, context)] = tensor_literal(step.arguments["tensor"])
        elif step.action == "compute" and context is not None and self.computes_at_once:
            faults = tuple(_answer_faults(step, context, reply["outputs"]))
        elif step.action == "output" and context is not None:
            answer = self._answer(step, reply, context)
            if answer is None:
                return Outcome(Kind.BROKEN, detail="this tag gives outputs with compute: none is known here")
            faults = tuple(_output_faults(step, answer, context))
        return Outcome(Kind.OK, reply=reply, faults=faults)

    def _set_input(self, arguments: Mapping[str, Any], scene: Scene) -> list[dict[str, Any]]:
        context = _known(arguments, scene)
        literal, name = tensor_literal(arguments["tensor"]), _input_name(arguments, context)
        if self.computes_at_once:
            _tensor(literal, "")  # complains now about what cannot be said
            return []
        tensor = f"{arguments['context']}/{name}"
        call = {"call": "set_input", "context": arguments["context"], "name": name, "tensor": tensor}
        return [_tensor(literal, tensor), call]

    def _compute(self, arguments: Mapping[str, Any], scene: Scene) -> list[dict[str, Any]]:
        call = {"call": "compute", "context": arguments["context"]}
        if not self.computes_at_once:
            return [call]
        given = _known(arguments, scene).given
        tensors = {name: f"{arguments['context']}/{name}" for name in given}
        inputs = [[name, tensor] for name, tensor in tensors.items()]
        return [*(_tensor(given[name], tensor) for name, tensor in tensors.items()), call | {"inputs": inputs}]

    def _output(self, arguments: Mapping[str, Any], scene: Scene) -> list[dict[str, Any]]:
        context = _known(arguments, scene)
        if self.computes_at_once:
            return []
        name = _name(arguments["output"], [port.name for port in context.model.outputs], "output")
        return [{"call": "get_output", "context": arguments["context"], "name": name}]

    def _answer(self, step: Step, reply: Mapping[str, Any], context: Context) -> Mapping[str, Any] | None:
        if not self.computes_at_once:
            return reply
        return (context.answered or {}).get(step.arguments["output"])


def _kept(arguments: Mapping[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    return request | {key: arguments[key] for key in ("as", "error") if key in arguments}


def _load(arguments: Mapping[str, Any], scene: Scene) -> dict[str, Any]:
    encoding = arguments.get("encoding", scene.encoding or "autodetect")
    if "model" in arguments:
        builders = scene.model_builders(arguments["model"], encoding)
    else:
        builders = [byte_string(written, scene.builder) for written in arguments["builders"]]
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


def _known(arguments: Mapping[str, Any], scene: Scene) -> Context:
    context = scene.context(arguments["context"])
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


def _tensor(literal: TensorLiteral, name: str) -> dict[str, Any]:
    if not isinstance(literal.type, ElementType):
        raise ValueError("a number for the tensor type cannot be said in WIT")
    request = {"call": "tensor", "dims": list(literal.shape), "type": TENSOR_TYPES[literal.type]}
    return request | {"data": encode(literal.data), "as": name}


def _resource(action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Say the steps that only components have."""
    match action:
        case "tensor":
            return _tensor(tensor_literal(arguments["tensor"]), arguments["as"])
        case "dimensions" | "ty" | "data":
            return {"call": _RESOURCE_READS[action], "tensor": _handle(arguments["tensor"])}
        case "error_code" | "error_data":
            return {"call": action, "error": _handle(arguments["error"])}
        case "new_error":
            code = arguments["code"].replace("_", "-")
            return {"call": "error", "code": code, "data": arguments["data"], "as": arguments["as"]}
        case "drop":
            return {"call": "drop", "kind": arguments["kind"], "handle": _handle(arguments["handle"])}
        case "set_named":
            return _kept(arguments, {"call": "set_input", **_with(arguments, "context", "name", "tensor")})
        case "compute_named":
            inputs = [[name, _handle(tensor)] for name, tensor in arguments["inputs"]]
            return _kept(arguments, {"call": "compute", **_with(arguments, "context"), "inputs": inputs})
        case "get_named":
            return _kept(arguments, {"call": "get_output", **_with(arguments, "context", "name")})
        case _:
            raise ValueError(f"WIT has no step {action!r}")


def _with(arguments: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: _handle(arguments[key]) for key in keys}


def _handle(written: Any) -> Any:
    return written["raw"] if isinstance(written, dict) else written


def _read_faults(step: Step, reply: Mapping[str, Any], scene: Scene) -> list[str]:
    wanted: Any = step.arguments.get("is")
    match step.action:
        case "dimensions":
            got: Any = reply["dims"]
        case "ty":
            got, wanted = reply["type"], TENSOR_TYPES[ElementType(wanted)]
        case "data":
            got, wanted = decode(reply["data"]).hex(), byte_string(wanted, scene.builder).hex()
        case "error_code":
            got = reply["code"].replace("-", "_")
        case _:
            got = reply["data"]
    return [] if wanted is None or got == wanted else [f"{step.action} is {got!r} where {wanted!r} was wanted"]


def _answer_faults(step: Step, context: Context, outputs: list[Mapping[str, Any]]) -> list[str]:
    """Keep what `compute` gave, each output once, and check the names if the step asks for that.

    A host with names of its own is at fault where the names are looked at, and not wherever there are outputs:
    elsewhere its outputs are taken in the model's order.
    """
    got = [output["name"] for output in outputs]
    wanted = [port.name for port in context.model.outputs]
    if len(got) != len(wanted):
        return [f"compute gave {len(got)} outputs ({', '.join(got)}) where the model has {len(wanted)}"]
    own = sorted(got) == sorted(wanted)
    context.answered = dict(zip(got if own else wanted, outputs, strict=True))
    if own or step.arguments.get("names") != "own":
        return []
    return [f"compute called the outputs {', '.join(got)} where the model calls them {', '.join(wanted)}"]


def _output_faults(step: Step, answer: Mapping[str, Any], context: Context) -> list[str]:
    """Check one output's type, dimensions and values."""
    name, written = step.arguments["output"], step.arguments.get("is", "oracle")
    port = context.output(name)
    if port is None:
        return [f"an output {name} was given, which the model does not have"]
    literal = _oracle(context, port) if written == "oracle" else tensor_literal(written)
    if literal is None or not isinstance(literal.type, ElementType):
        return [f"output {name}: an answer where numpy knows none"]
    if answer["type"] != TENSOR_TYPES[literal.type]:
        return [f"output {name} has the type {answer['type']} where {TENSOR_TYPES[literal.type]} was wanted"]
    dimensions = tuple(answer["dims"])
    # A single value of rank 0 may be written with the dimensions [] or [1]: the text fixes only [1] for scalars.
    if dimensions != literal.shape and (literal.shape, dimensions) != ((), (1,)):
        return [f"output {name} has the dimensions {list(dimensions)} where {list(literal.shape)} were wanted"]
    data = decode(answer["data"])
    if len(data) != prod(literal.shape) * literal.type.size:
        return [f"output {name} has {len(data)} bytes of data, which its dimensions do not"]
    wrong = difference(data, literal.array, literal.type, exact_bits=literal.exact_bits)
    return [f"output {name}: {wrong}"] if wrong else []


def _oracle(context: Context, port: Port) -> TensorLiteral | None:
    if context.outputs is None:
        return None
    value = context.outputs[port.name]
    return TensorLiteral(port.type.element, value.shape, value.tobytes(), context.passes_through(port.name))
