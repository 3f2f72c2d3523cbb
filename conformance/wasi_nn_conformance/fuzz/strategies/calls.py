"""Calls: a conversation under construction, and the state that it must leave in the host."""

from typing import Any

from wasi_nn_conformance.fuzz.target import FuzzTarget
from wasi_nn_conformance.models import Port

from .misuse import INVALID, REGISTERED
from .state import Context, State


class Calls:
    """Each method adds steps, and does to its own picture of the host what these calls must do to the host.

    `numbers` are four bytes that the values of tensors are made of.
    """

    def __init__(self, target: FuzzTarget) -> None:
        self.target = target
        self.state = State(target.models)
        self.steps: list[dict[str, Any]] = []

    def say(self, action: str, arguments: dict[str, Any], **expected: Any) -> None:
        """Add one step."""
        self.steps.append({action: arguments, **expected})

    def new(self, word: str) -> str:
        """Return a name that nothing else has."""
        return self.state.new(word)

    def load(self, model: str) -> str:
        """Load a model; gives the graph's name."""
        graph = self.new("g")
        self.say("load", {"model": model, "as": graph})
        self.state.graphs[graph] = model
        self.state.loaded.add(graph)
        return graph

    def load_by_name(self, name: str) -> str:
        """Load a registered graph; gives its name here."""
        graph = self.new("g")
        self.say("load_by_name", {"name": name, "as": graph})
        self.state.graphs[graph] = REGISTERED[name]
        return graph

    def context(self, graph: str) -> None:
        """Make a context."""
        name = self.new("c")
        self.say("context", {"graph": graph, "as": name})
        self.state.contexts[name] = Context(self.state.graphs[graph], graph)

    def set_input(self, name: str, port: int, numbers: bytes, *, keeps: bool = False) -> None:
        """Set one input of a context. In witx the guest `keeps` what it was set from, to change it later."""
        context = self.state.contexts[name]
        ports = self.state.model(context).inputs
        chosen = ports[port % len(ports)]
        arguments = {"context": name, "input": chosen.name, "tensor": self.state.tensor(chosen, numbers)}
        if keeps and self.target.tag.pointers:
            self.state.buffers.append(self.new("t"))
            arguments["as"] = self.state.buffers[-1]
        self.say("set_input", arguments)
        context.set(chosen.name)

    def infer(self, name: str, numbers: bytes, *, backwards: bool = False) -> None:
        """Set all inputs of a context in one order or the other, compute, and look at all outputs."""
        context = self.state.contexts[name]
        model = self.state.model(context)
        order = range(len(model.inputs))
        begin = len(self.steps)
        for index in reversed(order) if backwards else order:
            self.set_input(name, index, numbers[index:] + numbers[:index])
        self.say("compute", {"context": name})
        context.computed(keeps_inputs=self.target.tag.inputs_at_compute)
        for port in model.outputs[::-1] if backwards else model.outputs:
            self.say("output", {"context": name, "output": port.name})
        if context.is_orphan:
            self.steps[begin:] = [{"may_fail": self.steps[begin:], "clause": "resource.graph-before-context"}]

    def compute(self, name: str) -> None:
        """Compute with what is set: everything, something, or what an earlier compute may have left."""
        context = self.state.contexts[name]
        model = self.state.model(context)
        if context.is_orphan:
            return
        if any(port.name not in context.inputs for port in model.inputs):
            self.say("compute", {"context": name}, **INVALID, clause="compute.missing-input")
            context.failed()
            return
        if context.is_ready:
            self.say("compute", {"context": name})
            context.computed(keeps_inputs=self.target.tag.inputs_at_compute)
            return
        read = [{"output": {"context": name, "output": port.name}} for port in model.outputs]
        expected = {"accept": ["ok", "error"], "prefer": "ok", "clause": "compute.inputs-stay-set", "then": read}
        self.say("compute", {"context": name}, **expected)
        context.failed()

    def output(self, name: str, port: int, plus: int) -> None:
        """Read an output, in witx into a buffer that is larger: that of the last compute, or none before one."""
        context = self.state.contexts[name]
        ports = self.state.model(context).outputs
        chosen = ports[port % len(ports)].name
        sized = {"size": {"plus": plus}, "tail": "untouched"} if self.target.tag.pointers else {}
        if context.is_orphan or context.outputs == "unknown":
            return
        if context.outputs == "none":
            self._nothing_to_read(name, chosen)
        elif context.outputs == "current" or self.target.tag.outputs_at_compute:
            self.say("output", {"context": name, "output": chosen, **sized})
        else:
            expected = {"accept": ["ok", "error"], "prefer": "ok", "clause": "output.until-next-compute"}
            self.say("output", {"context": name, "output": chosen, **sized}, **expected)

    def _nothing_to_read(self, name: str, output: str) -> None:
        expected = {**INVALID, "clause": "output.before-compute"}
        if self.target.tag.pointers:
            self.say("output", {"context": name, "output": output, "size": 64, "buffer": "untouched"}, **expected)
        elif self.target.tag.get_output:
            self.say("get_named", {"context": name, "name": output}, **expected)

    def infer_with_tensors(self, name: str, numbers: bytes, *, reads: bool) -> None:
        """Infer with tensors made before and outputs kept; `reads` the tensors before they are given."""
        context = self.state.contexts[name]
        if context.is_orphan:
            return
        outputs = self.state.model(context).outputs
        made = [
            self._made(port, numbers[i:] + numbers[:i], reads)
            for i, port in enumerate(self.state.model(context).inputs)
        ]
        if self.target.tag.inputs_at_compute:
            kept = self.new("o")
            self.say("compute_named", {"context": name, "inputs": made, "as": kept})
            self.state.kept += [f"{kept}.{port.name}" for port in outputs]
            context.failed()  # the neutral steps know nothing of these inputs
            return
        for input_name, tensor in made:
            self.say("set_named", {"context": name, "name": input_name, "tensor": tensor})
            context.set(input_name)
        self.say("compute", {"context": name})
        context.computed(keeps_inputs=False)
        for port in outputs:
            self.state.kept.append(self.new("o"))
            self.say("get_named", {"context": name, "name": port.name, "as": self.state.kept[-1]})

    def _made(self, port: Port, numbers: bytes, reads: bool) -> list[str]:
        """Make a tensor for an input; gives both names."""
        tensor = self.new("t")
        self.say("tensor", {"tensor": self.state.tensor(port, numbers), "as": tensor})
        if reads:
            self.get_all(tensor, "tensor.getters")
        return [port.name, tensor]

    def get_all(self, tensor: str, clause: str) -> None:
        """Ask a tensor for all that it has."""
        for getter in ("dimensions", "ty", "data"):
            self.say(getter, {"tensor": tensor}, clause=clause)
