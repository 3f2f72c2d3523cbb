"""Faults in the host's operations: graphs, contexts, inputs and outputs, whatever the ABI."""

from __future__ import annotations

from mutant import SHARED, WIT_08_19, WIT_10_28, WITX, rewritten

_SET_INPUT, _FITTED, _COMPUTE = "host:Host.set_input", "host:Host._fitted", "host:Host.compute"
_GET_OUTPUT, _CONTEXT, _LOAD = "host:Host.get_output", "host:Host.init_execution_context", "host:Host.load"
_ONE_BY_ONE = WIT_08_19  # sets inputs and gets outputs one by one
_ONNX = ("openvino", "onnx")


def _fault(  # noqa: PLR0917 - one line for each mutant
    name: str, breaks: str, target: str, old: str, new: str, abis: tuple[str, ...] | str = WITX
) -> None:
    rewritten(f"host/{name}", breaks, abis, target, old, new)


_fault(
    "missing-input-is-zeros",
    "an input that was not set counts as zeros",
    _COMPUTE,
    "raise invalid_argument(f\"no tensor was set for the input(s) {', '.join(map(repr, missing))}\")",
    "from wasi_nn_reference.tensor import byte_length\n"
    "        for index, port in enumerate(ports):\n"
    "            shape = tuple(each or 1 for each in port.shape)\n"
    "            zeros = Tensor(port.type, shape, bytes(byte_length(port.type, shape)))\n"
    "            context.inputs.setdefault(index, zeros)",
)
_fault(
    "missing-input-is-runtime-error",
    "a missing input is found by accident: another code",
    _COMPUTE,
    "    if missing:",
    "    if False:",
)
_fault(
    "missing-input-hangs",
    "compute waits for ever for an input that is not set",
    _COMPUTE,
    "    if missing:",
    "    while missing:\n        __import__('time').sleep(1)\n    if missing:",
    WITX,
)
_fault(
    "missing-last-input-accepted",
    "only the first input must be set; the others count as the first",
    _COMPUTE,
    "    if missing:",
    "    if missing and 0 in context.inputs:\n"
    "        for index in range(len(ports)):\n"
    "            context.inputs.setdefault(index, context.inputs[0])\n"
    "    elif missing:",
    SHARED,
)
_fault(
    "inputs-swapped",
    "compute gives the inputs to the engine in the opposite order",
    _COMPUTE,
    "for index in range(len(ports))]",
    "for index in reversed(range(len(ports)))]",
    SHARED,
)
_fault(
    "inputs-sorted-by-name",
    "compute gives the inputs to the engine in the order of their names",
    _COMPUTE,
    "for index in range(len(ports))]",
    "for index in sorted(range(len(ports)), key=lambda each: ports[each].name)]",
)
_fault(
    "first-input-for-all",
    "every input is the first one",
    _COMPUTE,
    "[context.inputs[index] for index in range(len(ports))]",
    "[context.inputs[0] for index in range(len(ports))]",
)
_fault(
    "second-compute-does-nothing",
    "a context computes once; what follows gives the outputs of that",
    _COMPUTE,
    "context.outputs = None",
    "if context.outputs is not None:\n        return",
    _ONE_BY_ONE,
)
_fault(
    "outputs-swapped",
    "outputs come in the opposite order",
    _COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(tensor) for tensor in reversed(outputs)]",
    SHARED,
)
_fault(
    "outputs-sorted-by-name",
    "outputs come in the order of their names, under their old ones",
    _COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(outputs[each]) for each in sorted(\n"
    "        range(len(outputs)), key=lambda each: context.graph.outputs[each].name)]",
)
_fault(
    "first-output-for-all",
    "every output is the first one",
    _COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(outputs[0]) for tensor in outputs]",
)
_fault(
    "first-output-only",
    "there is only one output",
    _COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(outputs[0])]",
    SHARED,
)
_fault(
    "output-before-compute-is-empty",
    "before a compute each output is empty, and no error",
    _GET_OUTPUT,
    'raise invalid_argument("there is no output before a compute has succeeded")',
    "return Tensor(TensorType.U8, (0,), b'')",
    _ONE_BY_ONE,
)
_fault(
    "output-before-compute-is-zeros",
    "before a compute each output is zeros",
    _GET_OUTPUT,
    'raise invalid_argument("there is no output before a compute has succeeded")',
    "return Tensor(TensorType.F32, (1, 4), bytes(16))",
    _ONE_BY_ONE,
)
_fault(
    "output-before-compute-dies",
    "reading an output before a compute ends the host",
    _GET_OUTPUT,
    'raise invalid_argument("there is no output before a compute has succeeded")',
    "__import__('os').kill(__import__('os').getpid(), 11)",
    _ONE_BY_ONE,
)
_fault(
    "output-index-wraps",
    "an output's index counts modulo the number of outputs",
    _GET_OUTPUT,
    "if index >= len(context.outputs):",
    "index %= len(context.outputs)\n    if index >= len(context.outputs):",
    WITX,
)
_fault(
    "output-index-off-by-one",
    "the first output that a model does not have is its last",
    _GET_OUTPUT,
    "if index >= len(context.outputs):",
    "index -= index == len(context.outputs)\n    if index >= len(context.outputs):",
    WITX,
)
_fault(
    "output-read-once",
    "an output can be read only once",
    _GET_OUTPUT,
    "return context.outputs[index]",
    "tensor = context.outputs[index]\n    context.outputs = None\n    return tensor",
    _ONE_BY_ONE,
)
_fault(
    "input-forgets-the-others",
    "set_input begins a new set of inputs",
    _SET_INPUT,
    "context.inputs[index] = self._fitted(ports[index], tensor)",
    "context.inputs = {index: self._fitted(ports[index], tensor)}",
)
_fault(
    "first-input-stays",
    "an input that is set again keeps its first tensor",
    _SET_INPUT,
    "context.inputs[index] = self._fitted(ports[index], tensor)",
    "context.inputs.setdefault(index, self._fitted(ports[index], tensor))",
    _ONE_BY_ONE,
)
_fault(
    "unknown-input-ignored",
    "an input that the model does not have is set, and forgotten",
    _SET_INPUT,
    'raise invalid_argument(f"there is no input {index}; the graph has {len(ports)}")',
    "return",
    WITX,
)
_fault(
    "input-index-wraps",
    "an input's index counts modulo the number of inputs",
    _SET_INPUT,
    "if index >= len(ports):",
    "index %= len(ports)\n    if index >= len(ports):",
    WITX,
)
_fault(
    "type-unchecked",
    "a tensor of another type is taken for the input's type if its bytes fit",
    _FITTED,
    'raise invalid_argument(f"input {port.name!r} is {port.type.value}, the tensor is {tensor.type.value}")',
    "tensor = Tensor(port.type, tensor.dimensions, tensor.data)",
    SHARED,
)
_fault(
    "shape-unchecked",
    "a tensor of another shape is taken for the input's if its bytes fit",
    _FITTED,
    "if not _fits(port.shape, tensor.dimensions):",
    "if port.shape and None not in port.shape:\n"
    "        tensor = Tensor(tensor.type, port.shape, tensor.data)\n"
    "    if not _fits(port.shape, tensor.dimensions):",
    SHARED,
)
_fault(
    "rank-unchecked",
    "ones in front of a shape do not count",
    _FITTED,
    "if not _fits(port.shape, tensor.dimensions):",
    "if port.shape and tensor.dimensions[:1] == (1,) and len(tensor.dimensions) == len(port.shape) + 1:\n"
    "        tensor = Tensor(tensor.type, tensor.dimensions[1:], tensor.data)\n"
    "    if not _fits(port.shape, tensor.dimensions):",
)
_fault(
    "free-dimension-is-one",
    "a dimension that the model leaves open must be 1",
    "host:_fits",
    "wanted is None or wanted == given",
    "given == (wanted or 1)",
)
_fault(
    "contexts-share-inputs",
    "all contexts of a graph have the same inputs",
    _CONTEXT,
    "ExecutionContext(graph)",
    "ExecutionContext(graph, graph.__dict__.setdefault('shared', {}))",
    _ONE_BY_ONE,
)
_fault(
    "one-context",
    "a graph has one context, which each init_execution_context gives again",
    _CONTEXT,
    "context = ExecutionContext(graph)",
    "context = graph.__dict__.setdefault('context', None) or ExecutionContext(graph)\n    graph.context = context",
    _ONE_BY_ONE,
)
_fault(
    "one-output-buffer",
    "outputs belong to the host and not to a context: each compute replaces them for all",
    _COMPUTE,
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "made = [_presented(tensor) for tensor in outputs]\n"
    "    for each in self._contexts:\n"
    "        if each is context or each.outputs:\n"
    "            each.outputs = made",
    _ONE_BY_ONE,
)
_fault(
    "contexts-limited-to-two",
    "no more than two contexts can exist",
    _CONTEXT,
    "if len(self._contexts) >= self.limits.contexts:",
    "if len([each for each in self._contexts if each.graph is graph]) >= 2:",
)
_fault(
    "graphs-limited",
    "no more than eight different models can be loaded in the life of a guest",
    "host:Host.check_model_size",
    "if len(self._graphs) >= self.limits.graphs:",
    "if len(self._shared._graphs) >= 8:",
)
_fault(
    "shared-by-first-builder",
    "graphs whose first builders are equal are one: the weights of the first count",
    "sharing:SharedGraphs.load",
    "for builder in builders))",
    "for builder in builders[:1]))",
    SHARED,
)
_fault(
    "shared-by-length",
    "graphs whose builders are as long are one",
    "sharing:SharedGraphs.load",
    "hashlib.sha256(builder).digest() for",
    "len(builder) for",
)
_fault(
    "target-out-of-reach-dies",
    "a target that is not there ends the host",
    _LOAD,
    "if target is not ExecutionTarget.CPU:",
    "if target is not ExecutionTarget.CPU:\n        __import__('os').abort()",
)
_fault(
    "encoding-not-served-falls-back",
    "an encoding that is not served is taken for the one that the bytes have",
    _LOAD,
    "if backend is None:",
    "if backend is None:\n"
    "        encoding = detection.detect(builders)\n"
    "        backend = self._backends.get(encoding)\n"
    "    if backend is None:",
)
_fault(
    "load-hangs-without-builders",
    "load of no builder never returns",
    _LOAD,
    "if not builders:",
    "while not builders:\n        __import__('time').sleep(1)\n    if not builders:",
    WIT_10_28,
)
rewritten(
    "detection/bytes-unchecked",
    "bytes of another encoding than the one named are loaded all the same",
    WITX,
    "backends.detection:check",
    "if not matches(encoding, builders[0]):",
    "if False:",
    _ONNX,
)
rewritten(
    "detection/builders-uncounted",
    "the number of builders is not checked: more than the model has are dropped",
    WITX,
    _LOAD,
    "    if not builders:",
    "    builders = builders[: 2 if encoding is GraphEncoding.OPENVINO else 1]\n    if not builders:",
    _ONNX,
)
rewritten(
    "detection/missing-builder-is-empty",
    "weights that are missing count as empty",
    WITX,
    _LOAD,
    "    if not builders:",
    "    if len(builders) == 1 and encoding is GraphEncoding.OPENVINO:\n"
    "        builders = (*builders, b'')\n"
    "    if not builders:",
)
