"""Faults in outputs: which is which, and when there is one."""

from __future__ import annotations

from mutant import SHARED, WITX, mutant, rewrite, rewritten

from faults.host import COMPUTE, GET_OUTPUT, ONE_BY_ONE, fault

fault(
    "outputs-swapped",
    "outputs come in the opposite order",
    COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(tensor) for tensor in reversed(outputs)]",
    SHARED,
    clauses=("output.each-by-index", "compute.output-names"),
)
fault(
    "outputs-sorted-by-name",
    "outputs come in the order of their names, under their old ones",
    COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(outputs[each]) for each in sorted(\n"
    "        range(len(outputs)), key=lambda each: context.graph.outputs[each].name)]",
    clauses=("input.any-name", "output.each-by-index"),
)
fault(
    "first-output-for-all",
    "every output is the first one",
    COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(outputs[0]) for tensor in outputs]",
    clauses=("output.each-by-index",),
)
fault(
    "first-output-only",
    "there is only one output",
    COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(outputs[0])]",
    SHARED,
    clauses=("output.each-by-index", "compute.each-output-once"),
)
fault(
    "output-before-compute-is-empty",
    "before a compute each output is empty, and no error",
    GET_OUTPUT,
    'raise invalid_argument("there is no output before a compute has succeeded")',
    "return Tensor(TensorType.U8, (0,), b'')",
    ONE_BY_ONE,
    clauses=("output.before-compute",),
)
fault(
    "output-before-compute-is-zeros",
    "before a compute each output is zeros",
    GET_OUTPUT,
    'raise invalid_argument("there is no output before a compute has succeeded")',
    "return Tensor(TensorType.F32, (1, 4), bytes(16))",
    ONE_BY_ONE,
    clauses=("output.before-compute",),
)
fault(
    "output-before-compute-dies",
    "reading an output before a compute ends the host",
    GET_OUTPUT,
    'raise invalid_argument("there is no output before a compute has succeeded")',
    "__import__('os').abort()",
    ONE_BY_ONE,
    clauses=("output.before-compute",),
)
fault(
    "output-index-wraps",
    "an output's index counts modulo the number of outputs",
    GET_OUTPUT,
    "if index >= len(context.outputs):",
    "index %= len(context.outputs)\n    if index >= len(context.outputs):",
    WITX,
    clauses=("output.unknown-index",),
)
fault(
    "output-index-off-by-one",
    "the first output that a model does not have is its last",
    GET_OUTPUT,
    "if index >= len(context.outputs):",
    "index -= index == len(context.outputs)\n    if index >= len(context.outputs):",
    WITX,
    clauses=("output.unknown-index",),
)
fault(
    "output-read-once",
    "an output can be read only once",
    GET_OUTPUT,
    "return context.outputs[index]",
    "tensor = context.outputs[index]\n    context.outputs = None\n    return tensor",
    ONE_BY_ONE,
    clauses=("output.each-by-index",),
)
rewritten(
    "host/outputs-in-order-of-text",
    "outputs above ten stand in the order of their numbers as text",
    SHARED,
    "host:Host.compute",
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "context.outputs = [_presented(outputs[i]) for i in sorted(range(len(outputs)), key=str)]",
    clauses=("output.each-by-index", "compute.output-names", "compute.each-output-once"),
)
fault(
    "output-keeps-its-largest-width",
    "an output whose rows become shorter is as large as before, with the old elements behind the new ones",
    COMPUTE,
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "largest = context.__dict__.setdefault('largest', {})\n"
    "    for index, new in enumerate(outputs):\n"
    "        old = largest.get(index, new)\n"
    "        if len(new.data) < len(old.data) and new.dimensions[:1] == old.dimensions[:1]:\n"
    "            outputs[index] = Tensor(old.type, old.dimensions, new.data + old.data[len(new.data) :])\n"
    "        largest[index] = outputs[index]\n"
    "    context.outputs = [_presented(tensor) for tensor in outputs]",
    clauses=("input.free-dimension", "output.size"),
)


@mutant(
    "host/busy-while-unread",
    "compute is busy as long as no output of the one before was read",
    WITX,
    clauses=("compute.succeeds",),
)
def _() -> None:
    rewrite(
        COMPUTE,
        "context.outputs = None",
        "if context.__dict__.get('unread'):\n"
        "        from wasi_nn_reference.errors import ErrorCode, WasiNnError\n"
        "        raise WasiNnError(ErrorCode.BUSY, 'the outputs are not read')\n"
        "    context.outputs = None",
    )
    rewrite(
        COMPUTE,
        "context.outputs = [_presented(tensor) for tensor in outputs]",
        "context.outputs = [_presented(tensor) for tensor in outputs]\n    context.unread = True",
    )
    rewrite(GET_OUTPUT, "return context.outputs[index]", "context.unread = False\n    return context.outputs[index]")


fault(
    "last-bit-flickers",
    "each second compute of a context gives the first f32 with another last bit",
    COMPUTE,
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "context.count = context.__dict__.get('count', 0) + 1\n"
    "    if context.count % 2 == 0:\n"
    "        outputs = [\n"
    "            Tensor(t.type, t.dimensions, bytes([t.data[0] ^ 1]) + bytes(t.data[1:]))\n"
    "            if t.type is TensorType.F32 and len(t.data) > 8 else t for t in outputs]\n"
    "    context.outputs = [_presented(tensor) for tensor in outputs]",
    SHARED,
    clauses=("compute.repeatable", "compute.new-inputs"),
)
