"""Faults in inputs: how they are set, and what compute gives to the engine."""

from __future__ import annotations

from mutant import SHARED, WITX, mutant, rewrite, rewritten

from faults.host import COMPUTE, FITTED, ONE_BY_ONE, SET_INPUT, fault

fault(
    "missing-input-is-zeros",
    "an input that was not set counts as zeros",
    COMPUTE,
    "raise invalid_argument(f\"no tensor was set for the input(s) {', '.join(map(repr, missing))}\")",
    "from wasi_nn_reference.tensor import byte_length\n"
    "        for index, port in enumerate(ports):\n"
    "            shape = tuple(each or 1 for each in port.shape)\n"
    "            zeros = Tensor(port.type, shape, bytes(byte_length(port.type, shape)))\n"
    "            context.inputs.setdefault(index, zeros)",
    clauses=("compute.missing-input", "compute.only-its-inputs"),
)
fault(
    "missing-input-is-runtime-error",
    "a missing input is found by accident: another code",
    COMPUTE,
    "    if missing:",
    "    if False:",
    clauses=("compute.missing-input", "compute.only-its-inputs", "input.unused"),
)
fault(
    "missing-input-hangs",
    "compute waits for ever for an input that is not set",
    COMPUTE,
    "    if missing:",
    "    while missing:\n        __import__('time').sleep(1)\n    if missing:",
    WITX,
    clauses=("compute.missing-input", "input.unused"),
)
fault(
    "missing-last-input-accepted",
    "only the first input must be set; the others count as the first",
    COMPUTE,
    "    if missing:",
    "    if missing and 0 in context.inputs:\n"
    "        for index in range(len(ports)):\n"
    "            context.inputs.setdefault(index, context.inputs[0])\n"
    "    elif missing:",
    SHARED,
    clauses=("compute.missing-input", "compute.only-its-inputs"),
)
fault(
    "inputs-swapped",
    "compute gives the inputs to the engine in the opposite order",
    COMPUTE,
    "for index in range(len(ports))]",
    "for index in reversed(range(len(ports)))]",
    SHARED,
    clauses=("compute.all-inputs-are-used", "input.bound-by-index", "compute.named-inputs", "compute.succeeds"),
)
fault(
    "inputs-sorted-by-name",
    "compute gives the inputs to the engine in the order of their names",
    COMPUTE,
    "for index in range(len(ports))]",
    "for index in sorted(range(len(ports)), key=lambda each: ports[each].name)]",
    clauses=("input.any-name", "input.bound-by-index", "compute.all-inputs-are-used", "compute.succeeds"),
)
fault(
    "first-input-for-all",
    "every input is the first one",
    COMPUTE,
    "[context.inputs[index] for index in range(len(ports))]",
    "[context.inputs[0] for index in range(len(ports))]",
    clauses=("compute.all-inputs-are-used", "input.bound-by-index", "compute.succeeds"),
)
fault(
    "second-compute-does-nothing",
    "a context computes once; what follows gives the outputs of that",
    COMPUTE,
    "context.outputs = None",
    "if context.outputs is not None:\n        return",
    ONE_BY_ONE,
    clauses=("compute.new-inputs",),
)
fault(
    "input-forgets-the-others",
    "set_input begins a new set of inputs",
    SET_INPUT,
    "context.inputs[index] = self._fitted(ports[index], tensor)",
    "context.inputs = {index: self._fitted(ports[index], tensor)}",
    clauses=("compute.all-inputs-are-used", "input.bound-by-index", "compute.succeeds"),
)
fault(
    "first-input-stays",
    "an input that is set again keeps its first tensor",
    SET_INPUT,
    "context.inputs[index] = self._fitted(ports[index], tensor)",
    "context.inputs.setdefault(index, self._fitted(ports[index], tensor))",
    ONE_BY_ONE,
    clauses=("input.last-binding-wins", "compute.new-inputs"),
)
fault(
    "unknown-input-ignored",
    "an input that the model does not have is set, and forgotten",
    SET_INPUT,
    'raise invalid_argument(f"there is no input {index}; the graph has {len(ports)}")',
    "return",
    WITX,
    clauses=("input.unknown-index",),
)
fault(
    "input-index-wraps",
    "an input's index counts modulo the number of inputs",
    SET_INPUT,
    "if index >= len(ports):",
    "index %= len(ports)\n    if index >= len(ports):",
    WITX,
    clauses=("input.unknown-index",),
)
fault(
    "type-unchecked",
    "a tensor of another type is taken for the input's type if its bytes fit",
    FITTED,
    'raise invalid_argument(f"input {port.name!r} is {port.type.value}, the tensor is {tensor.type.value}")',
    "tensor = Tensor(port.type, tensor.dimensions, tensor.data)",
    SHARED,
    clauses=("input.shape-and-type", "values.type-support"),
)
fault(
    "shape-unchecked",
    "a tensor of another shape is taken for the input's if its bytes fit",
    FITTED,
    "if not port.takes(tensor.dimensions):",
    "if port.shape and None not in port.shape:\n"
    "        tensor = Tensor(tensor.type, port.shape, tensor.data)\n"
    "    if not port.takes(tensor.dimensions):",
    SHARED,
    clauses=("input.shape-and-type",),
)
fault(
    "rank-unchecked",
    "ones in front of a shape do not count",
    FITTED,
    "if not port.takes(tensor.dimensions):",
    "if port.shape and tensor.dimensions[:1] == (1,) and len(tensor.dimensions) == len(port.shape) + 1:\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions[1:], tensor.data)\n"
    "    if not port.takes(tensor.dimensions):",
    clauses=("input.shape-and-type",),
)
fault(
    "free-dimension-is-one",
    "a dimension that the model leaves open must be 1",
    "backends.backend:Port.takes",
    "wanted is None or wanted == given",
    "given == (wanted or 1)",
    clauses=("input.free-dimension",),
)
rewritten(
    "host/rank-one-input-as-column",
    "an input of rank 1 also takes [n, 1]",
    SHARED,
    "host:Host._fitted",
    "if not port.takes(tensor.dimensions):",
    "if tensor.dimensions[1:] == (1,) and port.shape is not None and len(port.shape) == 1:\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions[:1], tensor.data)\n"
    "    if not port.takes(tensor.dimensions):",
    clauses=("input.shape-and-type",),
)


@mutant(
    "host/rebinding-of-other-shape-ignored",
    "before a compute an input of a free shape cannot be replaced by one of another shape",
    (WITX,),
    clauses=("input.last-binding-wins", "input.free-dimension"),
)
def _() -> None:
    rewrite(
        "host:Host.set_input",
        "context.inputs[index] = self._fitted(ports[index], tensor)",
        "old = context.inputs.get(index)\n"
        "    context.inputs[index] = self._fitted(ports[index], tensor)\n"
        "    is_new = old is not None and not context.__dict__.get('done')\n"
        "    if is_new and old.dimensions != context.inputs[index].dimensions:\n"
        "        context.inputs[index] = old\n"
        "    context.done = False",
    )
    rewrite(
        "host:Host.compute",
        "context.outputs = [_presented(tensor) for tensor in outputs]",
        "context.outputs = [_presented(tensor) for tensor in outputs]\n    context.done = True",
    )


for _name, _breaks, _condition in (
    (
        "permuted-shape-accepted",
        "from rank 3 on a shape of the same dimensions in another order is taken for the input's",
        "len(port.shape or ()) > 2 and None not in port.shape and sorted(port.shape) == sorted(tensor.dimensions)",
    ),
    ("one-for-one-by-one", "[1] is taken for [1, 1]", "port.shape == (1, 1) and tensor.dimensions == (1,)"),
):
    fault(
        _name,
        _breaks,
        FITTED,
        "if not port.takes(tensor.dimensions):",
        f"if {_condition}:\n"
        "        tensor = Tensor(tensor.type, port.shape, tensor.data)\n"
        "    if not port.takes(tensor.dimensions):",
        SHARED,
        clauses=("input.shape-and-type",),
    )
fault(
    "inputs-in-the-order-of-calls",
    "inputs go to the engine in the order in which they were first set",
    COMPUTE,
    "[context.inputs[index] for index in range(len(ports))]",
    "list(context.inputs.values())",
    SHARED,
    clauses=("input.bound-by-index",),
)
rewritten(
    "host/free-dimensions-are-equal",
    "where a shape has several free dimensions they must be equal",
    SHARED,
    "backends.backend:Port.takes",
    "return len(self.shape) == len(dimensions) and all(",
    "free = {given for wanted, given in zip(self.shape, dimensions) if wanted is None}\n"
    "    return len(free) < 2 and len(self.shape) == len(dimensions) and all(",
    clauses=("input.free-dimension",),
)
rewritten(
    "host/shape-of-high-rank-by-product",
    "above rank 4 a shape is told from another by its rank and its product alone",
    SHARED,
    "backends.backend:Port.takes",
    "return len(self.shape) == len(dimensions) and all(",
    "import math\n"
    "    if len(dimensions) > 4 and None not in self.shape and len(self.shape) == len(dimensions):\n"
    "        return math.prod(self.shape) == math.prod(dimensions)\n"
    "    return len(self.shape) == len(dimensions) and all(",
    clauses=("input.shape-and-type",),
)
