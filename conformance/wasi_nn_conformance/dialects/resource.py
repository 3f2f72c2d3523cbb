"""The steps that components alone have: tensors and errors as resources of their own, inputs and outputs by name."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET

from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.session import wit_calls as calls
from wasi_nn_conformance.session.expected_reply import ExpectedAnswer, ExpectedContent
from wasi_nn_conformance.session.said import LineReply
from wasi_nn_conformance.session.state import ExpectedState, KeptError
from wasi_nn_conformance.session.wire import Call
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.tensor import TensorLiteral, tensor_literal

from .answer import expected_outputs, expected_tensor

TENSOR_TYPES = {
    ElementType.F16: "FP16",
    ElementType.F32: "FP32",
    ElementType.F64: "FP64",
    ElementType.BF16: "BF16",
    ElementType.U8: "U8",
    ElementType.I32: "I32",
    ElementType.I64: "I64",
}

_CONTENT: Mapping[str, Literal["dims", "type", "data", "code"]] = {
    "dimensions": "dims",
    "ty": "type",
    "data": "data",
    "error_code": "code",
    "error_data": "data",
}


def request(action: str, arguments: Mapping[str, Any], state: ExpectedState) -> Call:
    """Return the request of one of these steps. Raises `ValueError` for any other."""
    match action:
        case "tensor":
            return tensor_request(tensor_literal(arguments["tensor"]), arguments["as"])
        case "dimensions":
            return calls.TensorDimensions(handle(arguments["tensor"], state))
        case "ty":
            return calls.TensorTy(handle(arguments["tensor"], state))
        case "data":
            return calls.TensorData(handle(arguments["tensor"], state))
        case "error_code":
            return calls.ErrorCode(handle(arguments["error"], state))
        case "error_data":
            return calls.ErrorData(handle(arguments["error"], state))
        case "new_error":
            return calls.NewError(arguments["code"].replace("_", "-"), arguments["data"], arguments["as"])
        case "drop":
            return calls.Drop(arguments["kind"], handle(arguments["handle"], state))
        case "reuse" | "forget":
            return calls.Reuse() if action == "reuse" else calls.Forget()
    return _named_request(action, arguments, state)


def _named_request(action: str, arguments: Mapping[str, Any], state: ExpectedState) -> Call:
    """Return the request of a step that names inputs or outputs of a context."""
    match action:
        case "set_named":
            context, tensor = handle(arguments["context"], state), handle(arguments["tensor"], state)
            return calls.SetInput(context, arguments["name"], tensor, **failing(arguments))
        case "compute_named":
            inputs = [(name, handle(tensor, state)) for name, tensor in arguments["inputs"]]
            return calls.ComputeAtOnce(handle(arguments["context"], state), inputs, **kept(arguments))
        case "get_named":
            return calls.GetOutput(handle(arguments["context"], state), arguments["name"], **kept(arguments))
    raise ValueError(f"WIT has no step {action!r}")


def tensor_request(literal: TensorLiteral, name: str) -> calls.Tensor:
    """Return the constructor of a tensor. Raises `ValueError` for a type that WIT does not have."""
    if not isinstance(literal.type, ElementType):
        raise ValueError("a number for the tensor type cannot be said in WIT")
    return calls.Tensor(literal.shape, TENSOR_TYPES[literal.type], literal.data, name)


def handle(written: Any, state: ExpectedState) -> Any:
    """Return a handle as the probe takes it: a name, a number, or the number kept under a name."""
    if isinstance(written, dict):
        return written.get("raw", written)
    return state.handles.get(written, written)


def kept(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return under which name the result of a call is kept, and what becomes of its error."""
    return {"as_": arguments.get("as", UNSET), **failing(arguments)}


def failing(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return under which name the error of a call is kept, and whether it is left unread."""
    return {key: arguments.get(key, UNSET) for key in ("error", "unread")}


def expected(step: Step, state: ExpectedState) -> ExpectedAnswer:
    """Return what success of one of these steps must hold."""
    match step.action:
        case "dimensions" | "ty" | "data" | "error_code" | "error_data":
            return _read(step, state)
        case "compute_named":
            return _computed(step, state)
        case "get_named":
            return got(step, step.arguments["name"], state)
    return ExpectedAnswer()


def got(step: Step, name: Any, state: ExpectedState) -> ExpectedAnswer:
    """Return what one output must hold."""
    context = state.context(step.arguments["context"])
    if step.arguments.get("is") == "any":
        return ExpectedAnswer()
    if context is None:
        return ExpectedAnswer(undecided="no context of this name is known here")
    literal = context.literal(name, step.arguments)
    if literal is None:
        return ExpectedAnswer(undecided=f"numpy knows no output {name!r} here: say it with `is`")
    return ExpectedAnswer(subject=str(name), tensor=expected_tensor(literal, context, name))


def _computed(step: Step, state: ExpectedState) -> ExpectedAnswer:
    context = state.context(step.arguments["context"])
    if step.arguments.get("is") == "any":
        return ExpectedAnswer()
    if context is None:
        return ExpectedAnswer(undecided="no context of this name is known here")
    outputs = context.computed_with(state.named_inputs(step))
    undecided = "numpy knows no answer to these inputs" if outputs is None else ""
    return ExpectedAnswer(outputs=expected_outputs(context, step.arguments, outputs), undecided=undecided)


def _read(step: Step, state: ExpectedState) -> ExpectedAnswer:
    """Return what a getter must give: what `is` says, else what the resource was made of."""
    content, hides = _content(step, state), "hides" in step.arguments
    unknown = "" if content or hides else "what this resource holds is not known: say it with `is`"
    return ExpectedAnswer(content=content, hides=hides, undecided=unknown)


def _content(step: Step, state: ExpectedState) -> ExpectedContent | None:
    key, written = _CONTENT[step.action], step.arguments.get("is")
    if step.action in {"error_code", "error_data"}:
        error = state.error(step.arguments["error"])
        if written is None and isinstance(error, LineReply):
            return ExpectedContent(key, of_line=error.number)
        if isinstance(error, KeptError) and written is None:
            written = error.code if key == "code" else error.text
        return None if written is None else ExpectedContent(key, written)
    tensor = state.tensor(step.arguments["tensor"])
    match key:
        case "dims":
            value = written if tensor is None or written is not None else list(tensor.shape)
        case "type":
            element = ElementType(written) if written is not None else tensor and tensor.type
            value = TENSOR_TYPES[element] if isinstance(element, ElementType) else None
        case _:
            value = state.octets(written) if written is not None else tensor and tensor.data
    return None if value is None else ExpectedContent(key, value)
