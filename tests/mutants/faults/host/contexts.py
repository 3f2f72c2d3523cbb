"""Faults in what contexts of a graph share, and in how many there may be."""

from __future__ import annotations

from mutant import WITX, mutant, rewrite, rewritten

from faults.host import COMPUTE, CONTEXT, ONE_BY_ONE, fault

fault(
    "contexts-share-inputs",
    "all contexts of a graph have the same inputs",
    CONTEXT,
    "context = ExecutionContext(graph)",
    "context = ExecutionContext(graph)\n    context.inputs = graph.__dict__.setdefault('shared', context.inputs)",
    ONE_BY_ONE,
    clauses=("context.independence",),
)
fault(
    "one-context",
    "a graph has one context, which each init_execution_context gives again",
    CONTEXT,
    "context = ExecutionContext(graph)",
    "context = graph.__dict__.setdefault('context', None) or ExecutionContext(graph)\n    graph.context = context",
    ONE_BY_ONE,
    clauses=("context.from-graph", "context.independence"),
)
fault(
    "one-output-buffer",
    "outputs belong to the host and not to a context: each compute replaces them for all",
    COMPUTE,
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "made = [_presented(tensor) for tensor in outputs]\n"
    "    for each in self._contexts:\n"
    "        if each is context or each.outputs:\n"
    "            each.outputs = made",
    ONE_BY_ONE,
    clauses=("context.independence",),
)
fault(
    "contexts-limited-to-two",
    "no more than two contexts can exist",
    CONTEXT,
    "if len(self._contexts) >= self.limits.contexts:",
    "if len([each for each in self._contexts if each.graph is graph]) >= 2:",
    clauses=("context.from-graph", "context.independence", "process.capacity"),
)
fault(
    "new-context-has-results",
    "a new context has the results of one that has computed the same graph",
    CONTEXT,
    "self._contexts.add(context)",
    "context.outputs = next((each.outputs for each in self._contexts if each.graph is graph and each.outputs), None)\n"
    "    self._contexts.add(context)",
    ONE_BY_ONE,
    clauses=("output.before-compute",),
)
fault(
    "new-context-has-inputs",
    "a new context has the inputs of one of the same graph",
    CONTEXT,
    "self._contexts.add(context)",
    "context.inputs |= next((each.inputs for each in self._contexts if each.graph is graph), {})\n"
    "    self._contexts.add(context)",
    ONE_BY_ONE,
    clauses=("compute.missing-input",),
)
fault(
    "load-drops-results",
    "a load drops the results of all contexts",
    "host:Host._counted",
    "self._graphs.add(graph)",
    "self._graphs.add(graph)\n    for each in self._contexts:\n        each.outputs = None",
    ONE_BY_ONE,
    clauses=("context.independence",),
)


@mutant(
    "host/siblings-share-second-output",
    "outputs but the first are read where the last compute of the graph wrote them",
    WITX,
    clauses=("context.independence", "context.any-number"),
)
def _() -> None:
    rewrite(
        "host:Host.compute",
        "context.outputs = [_presented(tensor) for tensor in outputs]",
        "context.outputs = [_presented(tensor) for tensor in outputs]\n    context.graph.last = context.outputs",
    )
    rewrite(
        "host:Host.get_output",
        "return context.outputs[index]",
        "return context.graph.last[index] if index else context.outputs[index]",
    )


rewritten(
    "host/onnx-load-drops-outputs",
    "loading ONNX drops the outputs of graphs of another encoding",
    WITX,
    "host:Host.load",
    "return self._counted(loaded, sum(map(len, builders)))",
    "graph = self._counted(loaded, sum(map(len, builders)))\n"
    "    graph.encoding = encoding\n"
    "    for c in self._contexts:\n"
    "        if c.graph.encoding is not encoding:\n"
    "            c.outputs = None\n"
    "    return graph",
    ("openvino", "onnx"),
    clauses=("context.independence", "load.encodings-side-by-side"),
)
rewritten(
    "host/name-loaded-again-unsets-inputs",
    "a name that is loaded again unsets the inputs of contexts of its graph",
    WITX,
    "host:Host.load_by_name",
    "return self.load(named.builders, named.encoding, ExecutionTarget.CPU, registered=True)",
    "graph = self.load(named.builders, named.encoding, ExecutionTarget.CPU, registered=True)\n"
    "        graph.name = name\n"
    "        for c in self._contexts:\n"
    "            if getattr(c.graph, 'name', None) == name:\n"
    "                c.inputs.clear()\n"
    "        return graph",
    clauses=("context.independence",),
)
