"""Sequences: any order of calls on several graphs and contexts, against a model of what stands after each.

A rule of the machine adds steps to a vector and does to its own picture of the host what these calls must do to the
host. At the end the vector is carried out as a whole.
"""

from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from wasi_nn_conformance.abi import NEWEST, OLDEST, WITX

from .fault import REGISTERED
from .ground import CarryOut, Fields, Ground
from .state import Context, State
from .values import SIGNS

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = ("sub-f32", "neg-f32", "two-outputs", "two-types", "three-inputs", "neg-i32", "identity-u8")
_STEPS = 24
_PICK = st.integers(0, 7)
_NUMBERS = st.binary(min_size=4, max_size=4)
_SAYS: dict[str, Any] = {"fails": {}}


class Sequence(RuleBasedStateMachine):
    """One conversation under construction."""

    def __init__(self, ground: Ground, carry_out: CarryOut) -> None:
        super().__init__()
        self.ground, self.carry_out = ground, carry_out
        self.state = State(ground.models)
        self.steps: list[dict[str, Any]] = []

    def say(self, action: str, arguments: dict[str, Any], **expected: Any) -> None:
        """Add one step."""
        self.steps.append({action: arguments, **expected})

    def new(self, word: str) -> str:
        """Give a name that nothing else has."""
        return self.state.new(word)

    def is_on(self, *abis: str) -> bool:
        """Whether the conversation is in one of these ABIs."""
        return self.ground.abi in abis

    @rule(model=st.sampled_from(MODELS), again=st.booleans())
    def load(self, model: str, again: bool) -> None:
        """Load a model, and sometimes make a context of it at once."""
        graph = self.new("g")
        self.say("load", {"model": model, "as": graph})
        self.state.graphs[graph] = model
        if again or not self.state.contexts:
            self._context(graph)

    @precondition(lambda self: self.ground.registers)
    @rule(name=st.sampled_from(sorted(REGISTERED)))
    def load_by_name(self, name: str) -> None:
        """Load a registered graph."""
        graph = self.new("g")
        self.say("load_by_name", {"name": name, "as": graph})
        self.state.graphs[graph] = REGISTERED[name]

    @precondition(lambda self: self.state.graphs)
    @rule(pick=_PICK)
    def context(self, pick: int) -> None:
        """Make a context."""
        self._context(self.state.picked(self.state.graphs, pick))

    def _context(self, graph: str) -> None:
        name = self.new("c")
        self.say("context", {"graph": graph, "as": name})
        self.state.contexts[name] = Context(self.state.graphs[graph], graph)

    @precondition(lambda self: self.state.contexts)
    @rule(pick=_PICK, port=_PICK, numbers=_NUMBERS, keep=st.booleans())
    def set_input(self, pick: int, port: int, numbers: bytes, keep: bool) -> None:
        """Set one input of one context."""
        name = self.state.picked(self.state.contexts, pick)
        self._set(name, port, numbers, keep=keep and self.is_on(WITX))

    def _set(self, name: str, port: int, numbers: bytes, *, keep: bool = False) -> None:
        context = self.state.contexts[name]
        ports = self.state.model(context).inputs
        chosen = ports[port % len(ports)]
        arguments = {"context": name, "input": chosen.name, "tensor": self.state.tensor(chosen, numbers)}
        if keep:
            self.state.buffers.append(self.new("t"))
            arguments["as"] = self.state.buffers[-1]
        self.say("set_input", arguments)
        context.set(chosen.name)

    @precondition(lambda self: self.state.contexts)
    @rule(pick=_PICK, numbers=_NUMBERS, backwards=st.booleans(), times=st.integers(1, 6))
    def infer(self, pick: int, numbers: bytes, backwards: bool, times: int) -> None:
        """Set all inputs of a context in one order or the other, compute, and look at all outputs; then anew."""
        for turn in range(times):
            turned = numbers[turn % 4 :] + numbers[: turn % 4]
            self._infer(self.state.picked(self.state.contexts, pick + turn), turned, backwards=backwards)

    def _infer(self, name: str, numbers: bytes, *, backwards: bool = False) -> None:
        context = self.state.contexts[name]
        model = self.state.model(context)
        order = range(len(model.inputs))
        begin = len(self.steps)
        for index in reversed(order) if backwards else order:
            self._set(name, index, numbers[index:] + numbers[:index])
        self.say("compute", {"context": name})
        context.computed(keeps_inputs=self.is_on(NEWEST))
        for port in model.outputs:
            self.say("output", {"context": name, "output": port.name})
        if context.is_orphan:
            self.steps[begin:] = [{"may_fail": self.steps[begin:], "clause": "resource.graph-before-context"}]

    @precondition(lambda self: self.state.contexts)
    @rule(pick=_PICK)
    def compute(self, pick: int) -> None:
        """Compute with what is set: everything, something, or what an earlier compute may have left."""
        name = self.state.picked(self.state.contexts, pick)
        context = self.state.contexts[name]
        model = self.state.model(context)
        if context.is_orphan:
            return
        missing = [port.name for port in model.inputs if port.name not in context.inputs]
        if missing:
            self.say("compute", {"context": name}, **_SAYS, clause="compute.missing-input")
            context.failed()
            return
        if context.is_ready:
            self.say("compute", {"context": name})
            context.computed(keeps_inputs=self.is_on(NEWEST))
            return
        read = [{"output": {"context": name, "output": port.name}} for port in model.outputs]
        expected = {"accept": ["ok", "error"], "prefer": "ok", "clause": "compute.inputs-stay-set", "then": read}
        self.say("compute", {"context": name}, **expected)
        context.failed()

    @precondition(lambda self: self.state.contexts)
    @rule(pick=_PICK, port=_PICK, plus=st.sampled_from((0, 1, 16)))
    def output(self, pick: int, port: int, plus: int) -> None:
        """Read an output: that of the last compute, or none before one."""
        name = self.state.picked(self.state.contexts, pick)
        context = self.state.contexts[name]
        ports = self.state.model(context).outputs
        chosen = ports[port % len(ports)].name
        sized = {"size": {"plus": plus}, "tail": "untouched"} if self.is_on(WITX) else {}
        if context.is_orphan or context.outputs == "unknown":
            return
        if context.outputs == "none":
            self._nothing_to_read(name, chosen)
        elif context.outputs == "current" or self.is_on(NEWEST):
            self.say("output", {"context": name, "output": chosen, **sized})
        else:
            expected = {"accept": ["ok", "error"], "prefer": "ok", "clause": "output.until-next-compute"}
            self.say("output", {"context": name, "output": chosen, **sized}, **expected)

    def _nothing_to_read(self, name: str, output: str) -> None:
        expected = {**_SAYS, "clause": "output.before-compute"}
        if self.is_on(WITX):
            self.say("output", {"context": name, "output": output, "size": 64, "buffer": "untouched"}, **expected)
        elif not self.is_on(NEWEST):
            self.say("get_named", {"context": name, "name": output}, **expected)

    @rule(which=st.sampled_from(("no builder", "garbage", "name", "encoding")), numbers=_NUMBERS)
    def failing_call(self, which: str, numbers: bytes) -> None:
        """Make a call that fails, and on components keep its error."""
        garbage = {"builders": [{"text": "no model " + numbers.hex()}], "encoding": "tensorflow"}
        calls: dict[str, tuple[str, dict[str, Any], str]] = {
            "no builder": ("load", {"builders": [], "encoding": self.ground.encoding}, "load.builder-count"),
            "garbage": ("load", {**garbage, "encoding": "pytorch"}, "load.encoding-not-available"),
            "name": ("load_by_name", {"name": "no " + numbers.hex()}, "load-by-name.unknown"),
            "encoding": ("load", garbage, "load.encoding-not-available"),
        }
        action, arguments, clause = calls[which]
        if not self.is_on(WITX):
            arguments = {**arguments, "error": self.new("e")}
            self.state.errors.append(arguments["error"])
        self.say(action, arguments, **_SAYS, clause=clause)

    @precondition(lambda self: self.state.errors)
    @rule(pick=_PICK, gone=st.booleans())
    def read_error(self, pick: int, gone: bool) -> None:
        """Ask an error again, and sometimes drop it."""
        error = self.state.errors[pick % len(self.state.errors)]
        self.say("error_code", {"error": error}, clause="error.getters")
        self.say("error_data", {"error": error}, clause="error.getters")
        if gone:
            self.state.errors.remove(error)
            self.say("drop", {"kind": "error", "handle": error})

    @precondition(lambda self: self.is_on(OLDEST))
    @rule(code=st.sampled_from(("timeout", "security", "not_found", "unknown")), data=st.text(SIGNS, max_size=4))
    def new_error(self, code: str, data: str) -> None:
        """Make an error."""
        name = self.new("e")
        self.say("new_error", {"code": code, "data": data, "as": name})
        self.state.errors.append(name)

    @precondition(lambda self: self.state.buffers)
    @rule(pick=_PICK, part=st.sampled_from(("data", "dims", "tensor")), fill=st.sampled_from((0, 255, 63)))
    def overwrite(self, pick: int, part: str, fill: int) -> None:
        """Change what an earlier set_input was given."""
        buffer = self.state.buffers[pick % len(self.state.buffers)]
        self.say("overwrite", {"buffer": f"{buffer}.{part}", "fill": fill}, clause="input.copied")

    @precondition(lambda self: self.is_on(WITX))
    @rule(pages=st.sampled_from((1, 3)))
    def grow(self, pages: int) -> None:
        """Grow the memory."""
        self.say("grow", {"pages": pages})

    @precondition(lambda self: not self.is_on(WITX) and self.state.contexts)
    @rule(pick=_PICK, numbers=_NUMBERS, read=st.booleans())
    def tensors(self, pick: int, numbers: bytes, read: bool) -> None:
        """Infer with tensors made before and outputs kept."""
        name = self.state.picked(self.state.contexts, pick)
        context = self.state.contexts[name]
        if context.is_orphan:
            return
        made = self._made(context, numbers, read=read)
        if self.is_on(NEWEST):
            kept = self.new("o")
            self.say("compute_named", {"context": name, "inputs": made, "as": kept})
            self.state.kept += [f"{kept}.{port.name}" for port in self.state.model(context).outputs]
            context.failed()  # the neutral steps know nothing of these inputs
            return
        for input_name, tensor in made:
            self.say("set_named", {"context": name, "name": input_name, "tensor": tensor})
            context.set(input_name)
        self.say("compute", {"context": name})
        context.computed(keeps_inputs=False)
        for port in self.state.model(context).outputs:
            self.state.kept.append(self.new("o"))
            self.say("get_named", {"context": name, "name": port.name, "as": self.state.kept[-1]})

    def _made(self, context: Context, numbers: bytes, *, read: bool) -> list[list[str]]:
        """Make a tensor for each input."""
        made = []
        for index, port in enumerate(self.state.model(context).inputs):
            tensor = self.new("t")
            self.say("tensor", {"tensor": self.state.tensor(port, numbers[index:] + numbers[:index]), "as": tensor})
            for getter in ("dimensions", "ty", "data") if read else ():
                self.say(getter, {"tensor": tensor}, clause="tensor.getters")
            made.append([port.name, tensor])
        return made

    @precondition(lambda self: self.state.kept)
    @rule(pick=_PICK, gone=st.booleans())
    def read_kept(self, pick: int, gone: bool) -> None:
        """Look at an output that was kept, whatever happened since."""
        kept = self.state.kept[pick % len(self.state.kept)]
        for getter in ("dimensions", "ty", "data"):
            self.say(getter, {"tensor": kept}, clause="output.tensor-is-the-guests")
        if gone:
            self.state.kept.remove(kept)
            self.say("drop", {"kind": "tensor", "handle": kept})

    @precondition(lambda self: not self.is_on(WITX) and self.state.graphs)
    @rule(pick=_PICK)
    def drop_graph(self, pick: int) -> None:
        """Drop a graph; its contexts may work on or not."""
        graph = self.state.picked(self.state.graphs, pick)
        self.say("drop", {"kind": "graph", "handle": graph}, clause="resource.drop-order")
        self.state.drop_graph(graph)

    @precondition(lambda self: not self.is_on(WITX) and self.state.contexts)
    @rule(pick=_PICK)
    def drop_context(self, pick: int) -> None:
        """Drop a context."""
        name = self.state.picked(self.state.contexts, pick)
        self.say("drop", {"kind": "context", "handle": name}, clause="resource.drop-order")
        del self.state.contexts[name]

    def teardown(self) -> None:
        """Infer in every context that is left, and carry the conversation out."""
        if not self.steps:
            return
        for name in list(self.state.contexts):
            self._infer(name, b"\x01\x02\x03\x04")
        fields: Fields = {
            "id": "fuzz/sequences/calls",
            "clause": "context.independence",
            "why": "a host that shares or forgets state of graphs, contexts, tensors or calls answers for another",
            "steps": self.steps,
        }
        if self.ground.registers:
            fields["graphs"] = REGISTERED
        self.carry_out(fields)


def search(ground: Ground, carry_out: CarryOut, settings: hypothesis.settings, seed: int) -> None:
    """Draw sequences; see `Kind`."""
    machine: Callable[[], Sequence] = hypothesis.seed(seed)(lambda: Sequence(ground, carry_out))
    longer = hypothesis.settings(settings, stateful_step_count=_STEPS)
    run_state_machine_as_test(machine, settings=longer)  # type: ignore[arg-type] # a function does as well as a class
