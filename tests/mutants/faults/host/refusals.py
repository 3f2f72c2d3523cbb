"""Faults in what a failing call leaves behind, in its own context and in others."""

from __future__ import annotations

from mutant import WIT_08_19, WIT_10_28, WITX, rewritten

from faults.host import COMPUTE, GET_OUTPUT, LOAD, SET_INPUT, fault

_BOUND = "context.inputs[index] = self._fitted(ports[index], tensor)"
_EACH_WAY = (WITX, WIT_08_19)


def _refused(first: str) -> str:
    """Return the lines that bind an input, and do `first` where the tensor is refused."""
    return f"try:\n        {_BOUND}\n    except Exception:\n{first}        raise"


fault(
    "refused-input-is-unset",
    "a tensor that does not fit takes away the one that was set before it",
    SET_INPUT,
    _BOUND,
    f"context.inputs.pop(index, None)\n    {_BOUND}",
    _EACH_WAY,
    clauses=("failure.changes-nothing",),
)
fault(
    "refused-input-unsets-all",
    "a tensor that does not fit takes away the inputs of the context",
    SET_INPUT,
    _BOUND,
    _refused("        context.inputs.clear()\n"),
    _EACH_WAY,
    clauses=("failure.changes-nothing",),
)
fault(
    "refused-data-count",
    "the data of a tensor of another shape are taken over before it is refused",
    SET_INPUT,
    _BOUND,
    _refused(
        "        before = context.inputs.get(index)\n"
        "        if before and before.type is tensor.type and len(before.data) == len(tensor.data):\n"
        "            context.inputs[index] = Tensor(before.type, before.dimensions, tensor.data)\n"
    ),
    _EACH_WAY,
    clauses=("failure.changes-nothing",),
)
fault(
    "refused-input-drops-results",
    "a tensor that does not fit takes away the results of the context",
    SET_INPUT,
    _BOUND,
    _refused("        context.outputs = None\n"),
    clauses=("failure.changes-nothing",),
)
fault(
    "refused-index-drops-results",
    "an input that the model does not have takes away the results of the context",
    SET_INPUT,
    "if index >= len(ports):",
    "if index >= len(ports):\n        context.outputs = None",
    clauses=("failure.changes-nothing",),
)
rewritten(
    "host/refused-name-drops-results",
    "a name that no output has takes away the results of the context",
    WIT_08_19,
    "abi.wit.operations:Operations.get_output",
    "return self._outputs(",
    "if name not in [port.name for port in context.graph.outputs]:\n        context.outputs = None\n"
    "    return self._outputs(",
    clauses=("failure.changes-nothing", "output.unknown-name"),
)
fault(
    "refused-input-unsets-those-of-siblings",
    "a tensor that does not fit takes away the inputs of all contexts of the graph",
    SET_INPUT,
    _BOUND,
    _refused(
        "        for each in self._contexts:\n"
        "            if each.graph is context.graph and each is not context:\n"
        "                each.inputs.clear()\n"
    ),
    _EACH_WAY,
    clauses=("context.independence",),
)
fault(
    "refused-input-drops-results-of-other-graphs",
    "a tensor that does not fit takes away the results of every context of another graph",
    SET_INPUT,
    _BOUND,
    _refused(
        "        for each in self._contexts:\n"
        "            if each.graph is not context.graph:\n"
        "                each.outputs = None\n"
    ),
    clauses=("context.independence",),
)
fault(
    "refused-compute-drops-results-of-siblings",
    "a compute without its inputs takes away the results of all contexts of the graph",
    COMPUTE,
    "    if missing:",
    "    if missing:\n"
    "        for each in self._contexts:\n"
    "            each.outputs = None if each.graph is context.graph else each.outputs",
    clauses=("context.independence",),
)
fault(
    "failed-compute-unsets-inputs-of-siblings",
    "an error of the engine takes away the inputs of the other contexts of the graph",
    COMPUTE,
    "outputs = request.infer([context.inputs[index] for index in range(len(ports))], self.call_seconds)",
    "try:\n"
    "        outputs = request.infer([context.inputs[index] for index in range(len(ports))], 30.0)\n"
    "    except Exception:\n"
    "        for each in self._contexts:\n"
    "            if each.graph is context.graph and each is not context:\n"
    "                each.inputs.clear()\n"
    "        raise",
    _EACH_WAY,
    clauses=("context.independence",),
)
fault(
    "refused-output-unsets-inputs",
    "asking for an output before compute takes away what was set for it",
    GET_OUTPUT,
    'raise invalid_argument("there is no output before a compute has succeeded")',
    'context.inputs.clear()\n        raise invalid_argument("there is no output before a compute has succeeded")',
    _EACH_WAY,
    clauses=("failure.changes-nothing",),
)
fault(
    "refused-load-unsets-inputs",
    "a load of no builder takes away the inputs of every context",
    LOAD,
    "if not builders:",
    "if not builders:\n        for each in self._contexts:\n            each.inputs.clear()",
    WIT_08_19,
    clauses=("failure.changes-nothing", "context.independence"),
)
fault(
    "refused-bytes-drop-results",
    "bytes that are no model take away the results of every context",
    LOAD,
    "detection.check(encoding, builders)",
    "try:\n"
    "        detection.check(encoding, builders)\n"
    "    except Exception:\n"
    "        for each in self._contexts:\n"
    "            each.outputs = None\n"
    "        raise",
    _EACH_WAY,
    clauses=("failure.changes-nothing", "context.independence"),
)
fault(
    "unknown-name-drops-results",
    "a name that is not registered takes away the results of every context",
    "host:Host.load_by_name",
    "named = self._named_graphs.get(name)",
    "try:\n"
    "        named = self._named_graphs.get(name)\n"
    "    except Exception:\n"
    "        for each in self._contexts:\n"
    "            each.outputs = None\n"
    "        raise",
    _EACH_WAY,
    clauses=("failure.changes-nothing", "context.independence"),
)
fault(
    "name-after-an-unknown-one",
    "after a name that is not registered the next one stands for the first graph",
    "host:Host.load_by_name",
    "named = self._named_graphs.get(name)",
    "try:\n"
    "        named = self._named_graphs.get(name)\n"
    "    except Exception:\n"
    "        self.__dict__['unknown'] = True\n"
    "        raise\n"
    "    if self.__dict__.pop('unknown', False):\n"
    "        named = next(iter(self._named_graphs._graphs.values()))",
    clauses=("failure.changes-nothing", "load-by-name.registered"),
)
fault(
    "unknown-context-unsets-inputs",
    "a handle that no context has takes away the inputs of every context",
    "abi.witx.operations:Operations.compute",
    "self._host.compute(self._contexts.get(context))",
    "try:\n"
    "        known = self._contexts.get(context)\n"
    "    except Exception:\n"
    "        for each in self._host._contexts:\n"
    "            each.inputs.clear()\n"
    "        raise\n"
    "    self._host.compute(known)",
    clauses=("context.independence",),
)
rewritten(
    "host/refused-compute-keeps-its-inputs",
    "a compute that refused the shape, type or length of a tensor keeps those that it was given before it",
    WIT_10_28,
    "abi.wit.operations:Operations.compute_named",
    "    context.inputs.clear()\n"
    "    try:\n"
    "        for name, tensor in inputs:\n"
    "            self.set_input(context, name, tensor)\n"
    "        self._host.compute(context)\n"
    "        tensors = self._outputs(context.outputs or [])\n"
    "    finally:\n"
    "        context.inputs.clear()\n",
    "    kept = {}\n"
    "    try:\n"
    "        for name, tensor in inputs:\n"
    "            if len(inputs) == len(context.graph.inputs):\n"
    "                kept = dict(context.inputs)\n"
    "            self.set_input(context, name, tensor)\n"
    "        kept = {}\n"
    "        self._host.compute(context)\n"
    "        tensors = self._outputs(context.outputs or [])\n"
    "    finally:\n"
    "        context.inputs.clear()\n"
    "        if set(names) <= {port.name for port in context.graph.inputs}:\n"
    "            context.inputs.update(kept)\n",
    clauses=("compute.only-its-inputs",),
)
