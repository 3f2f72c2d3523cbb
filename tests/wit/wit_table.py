"""What `wasi:nn` declares in each of its release candidates, written down from the specification.

Types are written as in WIT, with the names of their interface; `uses` are the names that it takes from others.
"""

from dataclasses import dataclass, field, replace

TAGS = ("2024-06-25", "2024-08-19", "2024-10-28")

Signature = tuple[tuple[tuple[str, str], ...], str | None]
"""Parameters as (name, type), without `self`, and the result."""


@dataclass(frozen=True)
class Interface:
    """The declarations of an interface. Functions carry the names that components give them."""

    uses: frozenset[tuple[str, str]] = frozenset()
    types: dict[str, str] = field(default_factory=dict)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    resources: frozenset[str] = frozenset()
    functions: dict[str, Signature] = field(default_factory=dict)


TENSOR = Interface(
    types={"tensor-dimensions": "list<u32>", "tensor-data": "list<u8>"},
    enums={"tensor-type": ("FP16", "FP32", "FP64", "BF16", "U8", "I32", "I64")},
    resources=frozenset({"tensor"}),
    functions={
        "[constructor]tensor": (
            (("dimensions", "tensor-dimensions"), ("ty", "tensor-type"), ("data", "tensor-data")),
            "tensor",
        ),
        "[method]tensor.dimensions": ((), "tensor-dimensions"),
        "[method]tensor.ty": ((), "tensor-type"),
        "[method]tensor.data": ((), "tensor-data"),
    },
)

GRAPH = Interface(
    uses=frozenset({("errors", "error"), ("tensor", "tensor"), ("inference", "graph-execution-context")}),
    types={"graph-builder": "list<u8>"},
    enums={
        "graph-encoding": ("openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "ggml", "autodetect"),
        "execution-target": ("cpu", "gpu", "tpu"),
    },
    resources=frozenset({"graph"}),
    functions={
        "[method]graph.init-execution-context": ((), "result<graph-execution-context,error>"),
        "load": (
            (("builder", "list<graph-builder>"), ("encoding", "graph-encoding"), ("target", "execution-target")),
            "result<graph,error>",
        ),
        "load-by-name": ((("name", "string"),), "result<graph,error>"),
    },
)

INFERENCE = Interface(
    uses=frozenset({("errors", "error"), ("tensor", "tensor")}),
    types={"named-tensor": "tuple<string,tensor>"},
    resources=frozenset({"graph-execution-context"}),
    functions={
        "[method]graph-execution-context.compute": (
            (("inputs", "list<named-tensor>"),),
            "result<list<named-tensor>,error>",
        )
    },
)

# The candidates before set inputs and get outputs one by one.
INFERENCE_ONE_BY_ONE = Interface(
    uses=frozenset({("errors", "error"), ("tensor", "tensor"), ("tensor", "tensor-data")}),
    resources=frozenset({"graph-execution-context"}),
    functions={
        "[method]graph-execution-context.set-input": ((("name", "string"), ("tensor", "tensor")), "result<_,error>"),
        "[method]graph-execution-context.compute": ((), "result<_,error>"),
        "[method]graph-execution-context.get-output": ((("name", "string"),), "result<tensor,error>"),
    },
)

ERRORS = Interface(
    enums={
        "error-code": (
            "invalid-argument",
            "invalid-encoding",
            "timeout",
            "runtime-error",
            "unsupported-operation",
            "too-large",
            "not-found",
            "security",
            "unknown",
        )
    },
    resources=frozenset({"error"}),
    functions={
        "[method]error.code": ((), "error-code"),
        "[method]error.data": ((), "string"),
    },
)

# Only in the oldest candidate.
ERROR_CONSTRUCTOR: dict[str, Signature] = {
    "[constructor]error": ((("code", "error-code"), ("data", "string")), "error"),
}


def declared(tag: str) -> dict[str, Interface]:
    """Give the interfaces of a release candidate, which its world `ml` imports, by name."""
    oldest, _, newest = TAGS
    return {
        "tensor": TENSOR,
        "graph": GRAPH,
        "inference": INFERENCE if tag == newest else INFERENCE_ONE_BY_ONE,
        "errors": replace(ERRORS, functions=ERRORS.functions | ERROR_CONSTRUCTOR) if tag == oldest else ERRORS,
    }
