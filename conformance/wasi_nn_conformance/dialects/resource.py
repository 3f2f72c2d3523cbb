"""The steps that components alone have: tensors and errors as resources of their own, inputs and outputs by name."""

from collections.abc import Mapping
from typing import Any

from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import decode, encode
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.tensor import TensorLiteral, byte_string, tensor_literal

from .answer import TENSOR_TYPES, keep_answers, oracle, output_faults

_GETTERS = {
    "dimensions": "tensor_dimensions",
    "ty": "tensor_ty",
    "data": "tensor_data",
    "error_code": "error_code",
    "error_data": "error_data",
}


def request(action: str, arguments: Mapping[str, Any], state: ExpectedState) -> dict[str, Any]:
    """Say one of these steps. Raises `ValueError` for any other."""
    match action:
        case "tensor":
            return tensor_request(tensor_literal(arguments["tensor"]), arguments["as"])
        case "dimensions" | "ty" | "data":
            return {"call": _GETTERS[action], "tensor": handle(arguments["tensor"], state)}
        case "error_code" | "error_data":
            return {"call": _GETTERS[action], "error": handle(arguments["error"], state)}
        case "new_error":
            code = arguments["code"].replace("_", "-")
            return {"call": "error", "code": code, "data": arguments["data"], "as": arguments["as"]}
        case "drop":
            return {"call": "drop", "kind": arguments["kind"], "handle": handle(arguments["handle"], state)}
    call: dict[str, Any] = {"context": handle(arguments["context"], state)}
    match action:
        case "set_named":
            call |= {"call": "set_input", "name": arguments["name"], "tensor": handle(arguments["tensor"], state)}
        case "compute_named":
            inputs = [[name, handle(tensor, state)] for name, tensor in arguments["inputs"]]
            call |= {"call": "compute", "inputs": inputs}
        case "get_named":
            call |= {"call": "get_output", "name": arguments["name"]}
        case _:
            raise ValueError(f"WIT has no step {action!r}")
    return kept(arguments, call)


def tensor_request(literal: TensorLiteral, name: str) -> dict[str, Any]:
    """Return the constructor of a tensor. Raises `ValueError` for a type that WIT does not have."""
    if not isinstance(literal.type, ElementType):
        raise ValueError("a number for the tensor type cannot be said in WIT")
    made = {"call": "tensor", "dims": list(literal.shape), "type": TENSOR_TYPES[literal.type]}
    return made | {"data": encode(literal.data), "as": name}


def handle(written: Any, state: ExpectedState) -> Any:
    """Return a handle as the probe takes it: a name, a number, or the number kept under a name."""
    if isinstance(written, dict):
        return written.get("raw", written)
    return state.handles.get(written, written)


def kept(arguments: Mapping[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    """Add under which names the results of a call are kept."""
    return call | {key: arguments[key] for key in ("as", "error") if key in arguments}


def outcome(step: Step, reply: Mapping[str, Any], state: ExpectedState) -> Outcome:
    """Read the reply to one of these steps, unless it is an error of the host."""
    arguments = step.arguments
    match step.action:
        case "tensor":
            state.tensors[arguments["as"]] = tensor_literal(arguments["tensor"])
        case "new_error":
            state.errors[arguments["as"]] = (arguments["code"], arguments["data"])
        case "dimensions" | "ty" | "data" | "error_code" | "error_data":
            return _read(step, reply, state)
        case "set_named":
            tensor = state.tensor(arguments["tensor"])
            if tensor is not None and tensor.is_consistent:
                state.remember_input(arguments["context"], arguments["name"], tensor.array)
        case "compute_named":
            return _computed(step, reply, state)
        case "get_named":
            return _got(step, reply, state)
    return Outcome(Kind.OK, reply=reply)


def _read(step: Step, reply: Mapping[str, Any], state: ExpectedState) -> Outcome:
    """Compare what a getter gave with what `is` says, else with what the resource was made of."""
    got, wanted = _got_and_wanted(step, reply, state)
    if wanted is None and "hides" not in step.arguments:
        return Outcome(Kind.OK, reply=reply, unchecked="nobody knows what this resource holds: say it with `is`")
    faults = []
    if wanted is not None and got != wanted:
        faults.append(f"{step.action} is {_shown(got)} where {_shown(wanted)} was wanted")
    if "hides" in step.arguments:
        faults += [f"{step.action} names {what}" for what, folder in state.folders.items() if folder in got]
    return Outcome(Kind.OK, reply=reply, faults=tuple(faults))


def _got_and_wanted(step: Step, reply: Mapping[str, Any], state: ExpectedState) -> tuple[Any, Any]:
    written, tensor = step.arguments.get("is"), state.tensor(step.arguments.get("tensor"))
    error = state.error(step.arguments.get("error"))
    match step.action:
        case "dimensions":
            return reply["dims"], written if tensor is None or written is not None else list(tensor.shape)
        case "ty":
            if written is None and tensor is not None and isinstance(tensor.type, ElementType):
                return reply["type"], TENSOR_TYPES[tensor.type]
            return reply["type"], None if written is None else TENSOR_TYPES[ElementType(written)]
        case "data":
            if written is not None:
                return decode(reply["data"]), byte_string(written, state.builder)
            return decode(reply["data"]), None if tensor is None else tensor.data
        case "error_code":
            return reply["code"].replace("-", "_"), written or (error and error[0])
        case _:
            return str(reply["data"]), written if error is None or written is not None else error[1]


_BYTES_SHOWN = 64


def _shown(value: Any) -> str:
    if not isinstance(value, bytes):
        return repr(value)
    return value.hex() if len(value) <= _BYTES_SHOWN else f"{value[:_BYTES_SHOWN].hex()}... ({len(value)} bytes)"


def _computed(step: Step, reply: Mapping[str, Any], state: ExpectedState) -> Outcome:
    context = state.context(step.arguments["context"])
    if step.arguments.get("is") == "any":
        return Outcome(Kind.OK, reply=reply)
    if context is None:
        return Outcome(Kind.OK, reply=reply, unchecked="no context of this name is known here")
    context.compute_with([(name, state.tensor(tensor)) for name, tensor in step.arguments["inputs"]])
    faults = keep_answers(context, reply["outputs"], own=step.arguments.get("names") == "own")
    if context.outputs is None:
        return Outcome(Kind.OK, reply=reply, faults=tuple(faults), unchecked="numpy knows no answer to these inputs")
    for name, answer in (context.answered or {}).items():
        literal = oracle(context, name)
        assert literal is not None  # the answers have the names of the model's outputs
        faults += output_faults(context, name, answer, literal)
        if "as" in step.arguments:
            number = next(number for number, output in enumerate(reply["outputs"]) if output is answer)
            state.keep_output(f"{step.arguments['as']}.{name}", f"{step.arguments['as']}.{number}", literal)
    return Outcome(Kind.OK, reply=reply, faults=tuple(faults))


def _got(step: Step, reply: Mapping[str, Any], state: ExpectedState) -> Outcome:
    context, name = state.context(step.arguments["context"]), step.arguments["name"]
    written = step.arguments.get("is", "oracle")
    if written == "any":
        return Outcome(Kind.OK, reply=reply)
    if context is None:
        return Outcome(Kind.OK, reply=reply, unchecked="no context of this name is known here")
    literal = oracle(context, name) if written == "oracle" else tensor_literal(written)
    if literal is None:
        return Outcome(Kind.OK, reply=reply, unchecked=f"numpy knows no output {name!r} here: say it with `is`")
    if "as" in step.arguments:
        state.tensors[step.arguments["as"]] = literal
    return Outcome(Kind.OK, reply=reply, faults=tuple(output_faults(context, name, reply, literal)))
