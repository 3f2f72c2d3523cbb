"""What the reply to one step must hold, as data for whoever compares it; docs/export.md names each key."""

from collections.abc import Mapping
from typing import Any

from wasi_nn_conformance.dialects.answer import TENSOR_TYPES, oracle, other_names
from wasi_nn_conformance.dialects.witx import SENTINEL
from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.session.state import Context, ExpectedState
from wasi_nn_conformance.session.wire import encode
from wasi_nn_conformance.vectors.abi import NEWEST, WITX
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.tensor import TensorLiteral, byte_string, tensor_literal

SAID_IN = "line "
"""Begins what a scene keeps for an error's code that is not known: the number of the line that the host says it in."""

_HANDLES = ("load", "load_by_name", "context")


def spelled(word: str, abi: str) -> str:
    """Return an error's code as the ABI spells it."""
    return word if abi == WITX else word.replace("_", "-")


def failure(step: Step, abi: str) -> dict[str, Any]:
    """Return what the reply to an error must hold."""
    wanted: dict[str, Any] = {}
    if step.expectation.only:
        wanted["only"] = spelled(step.expectation.only, abi)
    equal = _memory(step, wanted) if abi == WITX else {}
    if step.slot_untouched:
        equal["value"] = SENTINEL
    if step.arguments.get("buffer") == "untouched":
        equal["buffer"] = "untouched"
    return wanted | ({"equal": equal} if equal else {})


def success(step: Step, state: ExpectedState, abi: str) -> dict[str, Any]:
    """Return what the reply to a success must hold; `scene` is as it is after it."""
    if abi == WITX:
        return _witx_success(step, state)
    arguments, context = step.arguments, state.context(step.arguments.get("context"))
    match step.action:
        case "compute" | "compute_named" if abi == NEWEST and context is not None and arguments.get("is") != "any":
            return _computed(context, own=arguments.get("names") == "own")
        case "output" | "get_named":
            name = arguments.get("output", arguments.get("name"))
            literal = _literal(arguments, state, name)
            return {"tensor": _tensor(literal, context, name)} if literal is not None else {}
        case "dimensions" | "ty" | "data":
            return {"equal": _getter(step, state)}
        case "error_code" | "error_data":
            return _error_getter(step, state)
    return {}


def _literal(arguments: Mapping[str, Any], state: ExpectedState, name: Any) -> TensorLiteral | None:
    written = arguments.get("is", "oracle")
    if written != "oracle":
        return None if written == "any" else tensor_literal(written)
    context = state.context(arguments["context"])
    return oracle(context, name) if context else None


def _tensor(literal: TensorLiteral, context: Context | None, output: Any) -> dict[str, Any]:
    """Return a tensor: its accepted dimensions, and whether NaNs count bit by bit."""
    assert isinstance(literal.type, ElementType)
    port = context.output(output) if context else None
    shapes = [[], [1]] if port is not None and port.type.shape == () else [list(literal.shape)]
    nan = "exact" if literal.exact_bits else "any"
    return {"type": TENSOR_TYPES[literal.type], "dims": shapes, "data": encode(literal.data), "nan": nan}


def _computed(context: Context, *, own: bool) -> dict[str, Any]:
    other = other_names(context.model)
    outputs = []
    for port in context.model.outputs:
        literal = oracle(context, port.name)
        names = [port.name, *(name for name, passed in other.items() if passed == port.name)]
        outputs.append({"names": names} | ({"tensor": _tensor(literal, context, port.name)} if literal else {}))
    return {"outputs": outputs, "own_names": own}


def _getter(step: Step, state: ExpectedState) -> dict[str, Any]:
    written, tensor = step.arguments.get("is"), state.tensor(step.arguments["tensor"])
    match step.action:
        case "dimensions":
            return {"dims": written if written is not None or tensor is None else list(tensor.shape)}
        case "ty":
            kind = ElementType(written) if written is not None else tensor and tensor.type
            assert isinstance(kind, ElementType)
            return {"type": TENSOR_TYPES[kind]}
        case _:
            if written is not None:
                return {"data": encode(byte_string(written, state.builder))}
            assert tensor is not None
            return {"data": encode(tensor.data)}


def _error_getter(step: Step, state: ExpectedState) -> dict[str, Any]:
    key = {"error_code": "code", "error_data": "data"}[step.action]
    wanted: dict[str, Any] = {"hides": step.arguments["hides"]} if "hides" in step.arguments else {}
    code, data = state.error(step.arguments["error"]) or ("", "")
    if "is" in step.arguments:
        code = data = step.arguments["is"]
    if code.startswith(SAID_IN):
        return wanted | {"same_as": {key: int(code.removeprefix(SAID_IN))}}
    return wanted | {"equal": {key: code.replace("_", "-") if key == "code" else data}}


def _memory(step: Step, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what a call may do to memory, and add to `wanted` what is not said by equality."""
    if step.action == "raw":
        wanted["changed_only"] = sorted(step.arguments.get("changes", ()))
        wanted |= {"slots": step.arguments["slots"]} if "slots" in step.arguments else {}
    return {"guards": "untouched"} if step.action in (*_HANDLES, "output", "raw") else {}


def _witx_success(step: Step, state: ExpectedState) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    equal = _memory(step, wanted)
    if step.action in (*_HANDLES, "output"):
        wanted["differ"] = {"value": SENTINEL}
    if step.action == "read":
        equal["data"] = encode(byte_string(step.arguments["is"], state.builder))
    if step.action == "output":
        literal = _literal(step.arguments, state, step.arguments["output"])
        if literal is not None and isinstance(literal.type, ElementType):
            equal["value"] = len(literal.data)
            context = state.context(step.arguments["context"])
            wanted["tensor"] = _tensor(literal, context, step.arguments["output"])
        if "tail" in step.arguments:
            equal["tail"] = step.arguments["tail"]
    return wanted | ({"equal": equal} if equal else {})
