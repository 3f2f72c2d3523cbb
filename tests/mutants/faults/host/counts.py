"""Faults that show only beyond a count or a length."""

from __future__ import annotations

from mutant import SHARED, WIT_08_19, WIT_10_28, WITX, mutant, rewrite, rewritten

from faults.host import COMPUTE, ONE_BY_ONE, SET_INPUT, fault

_EACH_WAY = (WITX, WIT_08_19)
_WITX = "abi.witx.operations:Operations."
_INSERT = "abi.witx.handles:HandleTable.insert"
_BOUND = "context.inputs[index] = self._fitted(ports[index], tensor)"
_MADE = "context.outputs = [_presented(tensor) for tensor in outputs]"

fault(
    "inputs-behind-the-fourth",
    "what is set for inputs behind the fourth is the fourth",
    COMPUTE,
    "[context.inputs[index] for index in range(len(ports))]",
    "[context.inputs[min(index, 3)] for index in range(len(ports))]",
    _EACH_WAY,
    clauses=("input.bound-by-index",),
)
fault(
    "inputs-behind-the-256th",
    "there is no input behind the 256th",
    SET_INPUT,
    "if index >= len(ports):",
    "if index >= min(len(ports), 256):",
    _EACH_WAY,
    clauses=("input.bound-by-index",),
)
fault(
    "inputs-behind-the-64th-unchecked",
    "an input behind the 64th that was not set counts as the first",
    COMPUTE,
    "    if missing:",
    "    for index in range(64, len(ports)):\n"
    "        context.inputs.setdefault(index, context.inputs.get(0))\n"
    "    missing = missing if len(ports) < 65 or not context.inputs.get(0) else []\n"
    "    if missing:",
    _EACH_WAY,
    clauses=("compute.missing-input",),
)
fault(
    "outputs-behind-the-fourth",
    "outputs behind the fourth are the fourth",
    COMPUTE,
    "[_presented(tensor) for tensor in outputs]",
    "[_presented(outputs[min(index, 3)]) for index in range(len(outputs))]",
    _EACH_WAY,
    clauses=("output.each-by-index",),
)
rewritten(
    "host/handles-of-8-bits",
    "there are 256 handles of a kind; what comes later takes the place of the first",
    WITX,
    _INSERT,
    "self._values[handle] = value",
    "handle &= 0xFFFF_00FF\n    self._values[handle] = value",
    clauses=("load.any-number", "context.any-number", "load.each-load-is-a-graph", "context.from-graph"),
)
fault(
    "contexts-behind-the-128th-share",
    "contexts behind the 128th have their inputs in common",
    "host:Host.init_execution_context",
    "context = ExecutionContext(graph)",
    "context = ExecutionContext(graph)\n"
    "    if len(self._contexts) > 128:\n"
    "        context.inputs = graph.__dict__.setdefault('late', {})",
    ONE_BY_ONE,
    clauses=("context.any-number", "context.independence"),
)
fault(
    "engine-of-256-contexts",
    "the engine is gone when the 257th context computes beside the others",
    COMPUTE,
    "    if missing:",
    "    computed = sum(each.request is not None for each in self._contexts)\n"
    "    if self.__dict__.get('gone') or computed > 256:\n"
    "        self.gone = True\n"
    "        raise unsupported('the engine is gone')\n"
    "    if missing:",
    _EACH_WAY,
    clauses=("context.any-number", "process.no-carry-over"),  # what a core module has made it cannot free
)
fault(
    "outputs-of-256-contexts",
    "there is room for the outputs of 256 contexts, the next one takes that of the first",
    COMPUTE,
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "context.outputs = [_presented(tensor) for tensor in outputs]\n"
    "    computed = self.__dict__.setdefault('computed', [])\n"
    "    if context not in computed:\n"
    "        computed.append(context)\n"
    "        if len(computed) > 256:\n"
    "            computed[-257].outputs = context.outputs",
    ONE_BY_ONE,
    clauses=("context.any-number", "context.independence"),
)
fault(
    "graphs-behind-the-200th",
    "a graph that is loaded while there are 200 is the first of them",
    "host:Host._counted",
    "graph = Graph(loaded, model_bytes)",
    "first = self.__dict__.setdefault('first', loaded)\n"
    "    graph = Graph(first if len(self._graphs) > 200 else loaded, model_bytes)",
    ONE_BY_ONE,
    clauses=("load.any-number",),
)
fault(
    "results-behind-the-200th",
    "a context that has computed 200 times gives the same results again",
    COMPUTE,
    _MADE,
    "context.count = getattr(context, 'count', 0) + 1\n"
    f"    {_MADE}\n"
    "    if context.count == 200:\n"
    "        context.last = context.outputs\n"
    "    context.outputs = getattr(context, 'last', context.outputs)",
    (WITX, WIT_10_28),
    clauses=("compute.new-inputs",),
)
fault(
    "refusals-behind-the-200th",
    "a context that has refused 200 tensors takes none any more",
    SET_INPUT,
    _BOUND,
    "try:\n"
    "        fitted = self._fitted(ports[index], tensor)\n"
    "    except Exception:\n"
    "        context.refused = getattr(context, 'refused', 0) + 1\n"
    "        raise\n"
    "    if getattr(context, 'refused', 0) > 200:\n"
    '        raise invalid_argument("too many tensors were refused")\n'
    "    context.inputs[index] = fitted",
    _EACH_WAY,
    clauses=("failure.no-lasting-harm",),
)
rewritten(
    "host/rank-of-8-bits",
    "the number of dimensions counts in 8 bits",
    WITX,
    f"{_WITX}set_input",
    "if rank > MAX_RANK:",
    "rank &= 0xFF\n    if rank > MAX_RANK:",
    clauses=("input.shape-and-type",),
)
rewritten(
    "host/rank-of-8-bits-by-name",
    "the number of a tensor's dimensions counts in 8 bits",
    WIT_10_28,
    "abi.wit.operations:Operations.tensor",
    "tuple(dimensions)",
    "tuple(dimensions[: len(dimensions) & 0xFF])",
    clauses=("input.shape-and-type", "tensor.rank"),
)


@mutant(
    "host/thirteenth-model-evicts",
    "of more than twelve different models the first cannot compute any more",
    SHARED,
    clauses=("load.any-number", "context.independence", "process.capacity"),
)
def _() -> None:
    rewrite(
        "host:Host.load",
        "return self._counted(loaded, sum(map(len, builders)))",
        "recent = self.__dict__.setdefault('recent', [])\n"
        "    if loaded in recent:\n        recent.remove(loaded)\n"
        "    recent.append(loaded)\n"
        "    loaded.is_evicted = False\n"
        "    if len(recent) > 12:\n        recent.pop(0).is_evicted = True\n"
        "    return self._counted(loaded, sum(map(len, builders)))",
    )
    rewrite(
        COMPUTE,
        "ports = context.graph.inputs",
        "if getattr(context.graph.backend, 'is_evicted', False):\n"
        "        raise invalid_argument('the graph is not there any more')\n"
        "    ports = context.graph.inputs",
    )


fault(
    "last-of-ten-inputs-exchanged",
    "of ten inputs and more the last two are exchanged",
    COMPUTE,
    "[context.inputs[index] for index in range(len(ports))]",
    "(lambda all: all if len(all) < 10 else [*all[:-2], all[-1], all[-2]])(\n"
    "        [context.inputs[index] for index in range(len(ports))])",
    SHARED,
    clauses=("input.bound-by-index",),
)
fault(
    "seventh-compute-skipped",
    "each seventh compute of a context gives the outputs of the one before",
    COMPUTE,
    _MADE,
    "context.count = context.__dict__.get('count', 0) + 1\n"
    "    if context.count % 7 == 0:\n        outputs = context.held\n"
    f"    context.held = outputs\n    {_MADE}",
    SHARED,
    clauses=("compute.new-inputs",),
)
