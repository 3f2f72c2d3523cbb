"""witx: the six functions of the core module `wasi_ephemeral_nn`, tensors by index, results as an errno."""

from collections.abc import Mapping
from math import prod
from typing import Any

from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import decode, encode
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.tensor import TensorLiteral, byte_string, difference, tensor_literal

# The numbers of the witx types nn_errno, graph_encoding, execution_target and tensor_type.
ERRNO = (
    *("success", "invalid_argument", "invalid_encoding", "missing_memory", "busy"),
    *("runtime_error", "unsupported_operation", "too_large", "not_found"),
)
ENCODING = ("openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "autodetect")
TARGET = ("cpu", "gpu", "tpu")
TENSOR_TYPE = (
    *(ElementType.F16, ElementType.F32, ElementType.F64),
    *(ElementType.U8, ElementType.I32, ElementType.I64),
)
SENTINEL = 0xDEADBEEF


class WitxDialect:
    """Says steps as calls of the witx functions."""

    def requests(self, step: Step, state: ExpectedState) -> list[dict[str, Any]]:
        """Return the one request for `step`. Raises `ValueError` where witx cannot say it."""
        return [self.request(step, state)]

    def request(self, step: Step, state: ExpectedState) -> dict[str, Any]:
        """Return the request for `step`. Raises `ValueError` where witx cannot say it."""
        arguments = step.arguments
        match step.action:
            case "load":
                return _with_name(arguments, _load(arguments, state))
            case "load_by_name":
                name = arguments["name"]
                value = {"bytes": encode(bytes.fromhex(name["hex"]))} if isinstance(name, dict) else name
                return _with_name(arguments, {"call": "load_by_name", "name": value})
            case "context":
                graph = _handle(arguments["graph"])
                return _with_name(arguments, {"call": "init_execution_context", "graph": graph})
            case "set_input":
                request = {"call": "set_input", "context": _handle(arguments["context"])}
                request |= {
                    "index": _input(arguments, state),
                    "tensor": _tensor(tensor_literal(arguments["tensor"])),
                }
                return _with_name(arguments, request)
            case "compute":
                return {"call": "compute", "context": _handle(arguments["context"])}
            case "output":
                request = {"call": "get_output", "context": _handle(arguments["context"])}
                return request | {"index": _output(arguments, state), "size": _size(arguments, state)}
            case "raw":
                operands = [_handle(operand) for operand in arguments["arguments"]]
                return {"call": "raw", "function": arguments["function"], "arguments": operands}
            case _:
                return {"call": step.action, **_memory(arguments, state)}

    def outcome(self, step: Step, reply: Mapping[str, Any], state: ExpectedState) -> Outcome:
        """Read the reply: the errno by its name, and what the host wrote where it must not."""
        if "error" in reply:
            return Outcome(Kind.BROKEN, detail=f"the probe refused the request: {reply['error']}")
        if step.action in ("place", "overwrite", "grow", "forget"):
            return Outcome(Kind.OK, reply=reply)
        if step.action == "read":
            return _comparison(decode(reply["data"]), byte_string(step.arguments["is"], state.builder), reply)
        errno = reply["errno"]
        if not 0 <= errno < len(ERRNO):
            fault = f"the result {errno} is none of nn_errno, which has 0 to {len(ERRNO) - 1}"
            return Outcome(Kind.ERROR, f"number {errno}", reply=reply, faults=(fault,))
        faults = tuple(_memory_faults(step, reply))
        if errno != 0:
            return Outcome(Kind.ERROR, ERRNO[errno], reply=reply, faults=faults + tuple(_failure_faults(step, reply)))
        unchecked = ""
        if step.action == "output" and not _is_checkable(step.arguments, state):
            unchecked = "numpy does not know this output: say with `is` what it must be"
        faults += tuple(_success_faults(step, reply, state))
        return Outcome(Kind.OK, reply=reply, faults=faults, unchecked=unchecked)


def _with_name(arguments: Mapping[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    return request | {"as": arguments["as"]} if "as" in arguments else request


def _load(arguments: Mapping[str, Any], state: ExpectedState) -> dict[str, Any]:
    if "model" in arguments:
        builders = state.model_builders(arguments["model"], arguments.get("encoding"))
    else:
        builders = [byte_string(written, state.builder) for written in arguments["builders"]]
    return {
        "call": "load",
        "builders": [encode(builder) for builder in builders],
        "encoding": _number(arguments.get("encoding", state.encoding or "autodetect"), ENCODING, "encoding"),
        "target": _number(arguments.get("target", "cpu"), TARGET, "target"),
    }


def _number(written: Any, names: tuple[str, ...], what: str) -> int:
    if isinstance(written, dict):
        return int(written["raw"])
    if written not in names:
        raise ValueError(f"witx has no {what} {written!r}; it has {', '.join(names)}")
    return names.index(written)


def _handle(written: Any) -> Any:
    return written["raw"] if isinstance(written, dict) and "raw" in written else written


def _index(written: Any, names: list[str] | None, what: str) -> int:
    if isinstance(written, dict) and "raw" in written:
        return int(written["raw"])
    if names is None:
        raise ValueError(f"the model is not known here: give the {what} as {{raw: N}}")
    if isinstance(written, dict):
        return len(names) + int(written["beyond"])
    if written not in names:
        raise ValueError(f"the model has no {what} {written!r}; it has {', '.join(names)}")
    return names.index(written)


def _input(arguments: Mapping[str, Any], state: ExpectedState) -> int:
    context = state.context(arguments["context"])
    return _index(arguments["input"], [port.name for port in context.model.inputs] if context else None, "input")


def _output(arguments: Mapping[str, Any], state: ExpectedState) -> int:
    context = state.context(arguments["context"])
    return _index(arguments["output"], [port.name for port in context.model.outputs] if context else None, "output")


def _tensor(literal: TensorLiteral) -> dict[str, Any]:
    if isinstance(literal.type, ElementType):
        if literal.type not in TENSOR_TYPE:
            raise ValueError(f"witx has no tensor type {literal.type}")
        number = TENSOR_TYPE.index(literal.type)
    else:
        number = literal.type
    return {"dims": list(literal.shape), "type": number, "data": encode(literal.data)}


def _size(arguments: Mapping[str, Any], state: ExpectedState) -> int:
    written = arguments.get("size", {"plus": 0})
    if isinstance(written, int):
        return written
    return max(len(_wanted(arguments, state)[0].data) + int(written["plus"]), 0)


def _wanted(arguments: Mapping[str, Any], state: ExpectedState) -> tuple[TensorLiteral, str]:
    """Return the tensor that an output must be, and its name for people; zeros where numpy cannot know it yet."""
    written, name = arguments.get("is", "oracle"), arguments["output"]
    if written == "any":
        raise ValueError("nobody knows how large this output is: say its `size`")
    if written != "oracle":
        return tensor_literal(written), str(name)
    context = state.context(arguments["context"])
    port = context.output(name) if context else None
    if context is None or port is None:
        raise ValueError("numpy knows no such output: say what it must be with `is`, or its `size`")
    element = port.type.element
    if context.outputs is None:
        shape = tuple(dim or 1 for dim in port.type.shape)
        return TensorLiteral(element, shape, bytes(prod(shape) * element.size), exact_bits=False), port.name
    value = context.outputs[port.name]
    return TensorLiteral(element, value.shape, value.tobytes(), context.passes_through(port.name)), port.name


def _memory(arguments: Mapping[str, Any], state: ExpectedState) -> dict[str, Any]:
    request = {key: value for key, value in arguments.items() if key != "is"}
    if "bytes" in arguments:
        request["bytes"] = encode(byte_string(arguments["bytes"], state.builder))
    if "as" in arguments:
        request.setdefault("at", None)
    return request


def _comparison(got: bytes, wanted: bytes, reply: Mapping[str, Any]) -> Outcome:
    if got == wanted:
        return Outcome(Kind.OK, reply=reply)
    return Outcome(Kind.OK, reply=reply, faults=(f"the memory holds {got.hex()} where {wanted.hex()} was wanted",))


def _memory_faults(step: Step, reply: Mapping[str, Any]) -> list[str]:
    faults = []
    if step.action not in ("set_input", "compute") and reply["guards"] != "untouched":
        faults.append("the host wrote outside the return slot or the output buffer")
    changed = reply["changed"] if step.action == "raw" else ()
    if changed := sorted(set(changed) - set(step.arguments.get("changes", ()))):
        faults.append(f"the host changed {', '.join(changed)}, which the call does not give it to write")
    for name, state in step.arguments.get("slots", {}).items():
        value = reply["slots"][name]
        if (value == SENTINEL) != (state == "untouched"):
            faults.append(f"the return pointer {name} holds 0x{value:08x}; it must be {state}")
    return faults


def _failure_faults(step: Step, reply: Mapping[str, Any]) -> list[str]:
    faults = []
    if step.slot_untouched and reply["value"] != SENTINEL:
        faults.append(f"the failing call wrote {reply['value']} to its return pointer")
    if step.arguments.get("buffer") == "untouched" and reply["buffer"] != "untouched":
        faults.append("the failing call wrote to the output buffer")
    return faults


def _success_faults(step: Step, reply: Mapping[str, Any], state: ExpectedState) -> list[str]:
    if step.action in ("load", "load_by_name", "context", "output") and not isinstance(reply["value"], int):
        raise TypeError("`value` is no number")
    if step.action in ("load", "load_by_name", "context") and reply["value"] == SENTINEL:
        return ["success, but no handle was written to the return pointer"]
    if step.action != "output":
        return []
    if reply["value"] == SENTINEL:
        return ["success, but no size was written to the return pointer"]
    if step.arguments.get("tail") == "untouched" and reply["tail"] != "untouched":
        return ["the host wrote to the buffer behind the bytes that it reports"]
    if step.arguments.get("is") == "any" or not _is_checkable(step.arguments, state):
        return []
    literal, name = _wanted(step.arguments, state)
    if not isinstance(literal.type, ElementType):
        return []
    if reply["value"] != len(literal.data):
        return [f"output {name}: the size reported is {reply['value']} bytes where {len(literal.data)} were wanted"]
    wrong = difference(decode(reply["data"]), literal.array, literal.type, exact_bits=literal.exact_bits)
    return [f"output {name}: {wrong}"] if wrong else []


def _is_checkable(arguments: Mapping[str, Any], state: ExpectedState) -> bool:
    if "is" in arguments and arguments["is"] != "oracle":
        return True
    context = state.context(arguments["context"])
    return context is not None and context.outputs is not None and context.output(arguments["output"]) is not None
