"""The interfaces of `wasi:nn` in each version that is served: names, types, and which operation they are.

This is the one place that knows what differs between the versions. Numbers appear nowhere: enums
cross by name (WIT and witx number them differently).
"""

from __future__ import annotations

from dataclasses import dataclass

from wasi_nn_reference.abi.wit.resources import Kind
from wasi_nn_reference.abi.wit.values import (
    U32,
    Borrow,
    Bytes,
    Enumeration,
    Fallible,
    Own,
    Pair,
    Sequence,
    String,
    ValueType,
)
from wasi_nn_reference.errors import ErrorCode
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

PACKAGE = "wasi:nn"

TENSOR_TYPE = Enumeration(
    {
        "FP16": TensorType.F16,
        "FP32": TensorType.F32,
        "FP64": TensorType.F64,
        "BF16": TensorType.BF16,
        "U8": TensorType.U8,
        "I32": TensorType.I32,
        "I64": TensorType.I64,
    }
)
GRAPH_ENCODING = Enumeration({encoding.value: encoding for encoding in GraphEncoding})
EXECUTION_TARGET = Enumeration({target.value: target for target in ExecutionTarget})
ERROR_CODE = Enumeration(
    {
        "invalid-argument": ErrorCode.INVALID_ARGUMENT,
        "invalid-encoding": ErrorCode.INVALID_ENCODING,
        "timeout": ErrorCode.TIMEOUT,
        "runtime-error": ErrorCode.RUNTIME_ERROR,
        "unsupported-operation": ErrorCode.UNSUPPORTED_OPERATION,
        "too-large": ErrorCode.TOO_LARGE,
        "not-found": ErrorCode.NOT_FOUND,
        "security": ErrorCode.SECURITY,
        "unknown": ErrorCode.UNKNOWN,
    },
    # Codes of witx alone. A component has always memory of its own, so the second never comes.
    others={ErrorCode.BUSY: "timeout", ErrorCode.MISSING_MEMORY: "unknown"},
)

_ERROR = Own(Kind.ERROR)
_TENSOR = Own(Kind.TENSOR)
_GRAPH = Own(Kind.GRAPH)
_CONTEXT = Own(Kind.CONTEXT)
_NAMED_TENSORS = Sequence(Pair(String(), _TENSOR))
_DIMENSIONS = Sequence(U32())


@dataclass(frozen=True)
class Function:
    """A function as components import it. `operation` names the method of `Operations` that does it."""

    operation: str
    parameters: tuple[ValueType, ...]
    result: ValueType

    @property
    def text(self) -> str:
        """The signature as WIT would write it, with aliases resolved."""
        return f"func({', '.join(each.text for each in self.parameters)}) -> {self.result.text}"


@dataclass(frozen=True)
class Interface:
    """An interface: the resources that it defines, not those that it uses, and its functions."""

    resources: tuple[Kind, ...]
    functions: dict[str, Function]


_TENSOR_INTERFACE = Interface(
    (Kind.TENSOR,),
    {
        "[constructor]tensor": Function("tensor", (_DIMENSIONS, TENSOR_TYPE, Bytes()), _TENSOR),
        "[method]tensor.dimensions": Function("tensor_dimensions", (Borrow(Kind.TENSOR),), _DIMENSIONS),
        "[method]tensor.ty": Function("tensor_ty", (Borrow(Kind.TENSOR),), TENSOR_TYPE),
        "[method]tensor.data": Function("tensor_data", (Borrow(Kind.TENSOR),), Bytes()),
    },
)
_ERROR_METHODS = {
    "[method]error.code": Function("error_code", (Borrow(Kind.ERROR),), ERROR_CODE),
    "[method]error.data": Function("error_data", (Borrow(Kind.ERROR),), String()),
}
_GRAPH_INTERFACE = Interface(
    (Kind.GRAPH,),
    {
        "[method]graph.init-execution-context": Function(
            "init_execution_context", (Borrow(Kind.GRAPH),), Fallible(_CONTEXT, _ERROR)
        ),
        "load": Function("load", (Sequence(Bytes()), GRAPH_ENCODING, EXECUTION_TARGET), Fallible(_GRAPH, _ERROR)),
        "load-by-name": Function("load_by_name", (String(),), Fallible(_GRAPH, _ERROR)),
    },
)

# Since 10-28 a computation takes all inputs and gives all outputs.
_COMPUTE_NAMED = Function("compute_named", (Borrow(Kind.CONTEXT), _NAMED_TENSORS), Fallible(_NAMED_TENSORS, _ERROR))
_CONTEXT_10_28 = {"[method]graph-execution-context.compute": _COMPUTE_NAMED}
# Before, inputs were set and outputs got one by one, as in witx but by name.
_CONTEXT_08_19 = {
    "[method]graph-execution-context.set-input": Function(
        "set_input", (Borrow(Kind.CONTEXT), String(), _TENSOR), Fallible(None, _ERROR)
    ),
    "[method]graph-execution-context.compute": Function("compute", (Borrow(Kind.CONTEXT),), Fallible(None, _ERROR)),
    "[method]graph-execution-context.get-output": Function(
        "get_output", (Borrow(Kind.CONTEXT), String()), Fallible(_TENSOR, _ERROR)
    ),
}
# And before that, guests could make errors.
_ERROR_CONSTRUCTOR = {"[constructor]error": Function("error", (ERROR_CODE, String()), _ERROR)}


def _world(context: dict[str, Function], errors: dict[str, Function]) -> dict[str, Interface]:
    return {
        "tensor": _TENSOR_INTERFACE,
        "errors": Interface((Kind.ERROR,), errors),
        "inference": Interface((Kind.CONTEXT,), context),
        "graph": _GRAPH_INTERFACE,
    }


# By version, which is a part of every import's name: wasi:nn/INTERFACE@VERSION.
WORLDS = {
    "0.2.0-rc-2024-06-25": _world(_CONTEXT_08_19, _ERROR_METHODS | _ERROR_CONSTRUCTOR),
    "0.2.0-rc-2024-08-19": _world(_CONTEXT_08_19, _ERROR_METHODS),
    "0.2.0-rc-2024-10-28": _world(_CONTEXT_10_28, _ERROR_METHODS),
}
