"""Sequences: any order of calls on several graphs and contexts, against a model of what stands after each.

A rule of the machine adds steps to a vector. At the end the vector is carried out as a whole.
"""

from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from wasi_nn_conformance.fuzz.target import CarryOut, Fields, FuzzTarget

from .calls import Calls
from .misuse import REGISTERED, foreign
from .state import State
from .values import SIGNS

if TYPE_CHECKING:
    from collections.abc import Callable

MODELS = ("sub-f32", "neg-f32", "two-outputs", "two-types", "three-inputs", "neg-i32", "identity-u8")
_STEPS = 14
_MANY = 140  # more than a small table holds, or than a number of seven bits tells apart
_PICK = st.integers(0, 7)
_LOOKS = st.sampled_from((0, 0, 1, 3))
_NUMBERS = st.binary(min_size=4, max_size=4)
_ANY_NUMBERS = b"\x01\x02\x03\x04"


class Sequence(RuleBasedStateMachine):
    """One conversation under construction.

    `looks` is the number of inferences that follow a call, in one context after the other: they show at once what it
    did to those that it had nothing to do with.
    """

    def __init__(self, target: FuzzTarget, carry_out: CarryOut) -> None:
        super().__init__()
        self.target, self.carry_out = target, carry_out
        self.calls = Calls(target)

    @property
    def state(self) -> State:
        """What stands in the host."""
        return self.calls.state

    def has_room(self, what: str, *actions: str) -> bool:
        """Return whether a process bears one more of what these actions make."""
        most: int = getattr(self.target, what)
        return sum("as" in step.get(action, ()) for step in self.calls.steps for action in actions) < most

    def look(self, looks: int) -> None:
        """Infer in that many contexts, the newest first."""
        for pick in range(min(looks, len(self.state.contexts))):
            name = self.state.picked(self.state.contexts, pick)
            self.calls.infer(name, _ANY_NUMBERS[pick:] + _ANY_NUMBERS[:pick], backwards=looks == 2)

    @rule(model=st.sampled_from(MODELS), more=st.booleans(), looks=_LOOKS)
    def load(self, model: str, more: bool, looks: int) -> None:
        """Load a model, and sometimes make a context of it at once."""
        if model not in self.target.sayable(MODELS) or not self.has_room("graphs", "load", "load_by_name"):
            return
        graph = self.calls.load(model)
        if (more or not self.state.contexts) and self.has_room("contexts", "context"):
            self.calls.context(graph)
        self.look(looks)

    @precondition(lambda self: self.target.registers and self.has_room("graphs", "load", "load_by_name"))
    @precondition(lambda self: self.has_room("contexts", "context"))
    @rule(name=st.sampled_from(sorted(REGISTERED)), looks=_LOOKS)
    def load_by_name(self, name: str, looks: int) -> None:
        """Load a registered graph, and make a context of it."""
        self.calls.context(self.calls.load_by_name(name))
        self.look(looks)

    @precondition(lambda self: self.state.graphs and self.has_room("contexts", "context"))
    @rule(pick=_PICK, looks=_LOOKS)
    def context(self, pick: int, looks: int) -> None:
        """Make a context."""
        self.calls.context(self.state.picked(self.state.graphs, pick))
        self.look(looks)

    @precondition(lambda self: self.state.contexts)
    @rule(pick=_PICK, port=_PICK, numbers=_NUMBERS, keeps=st.booleans())
    def set_input(self, pick: int, port: int, numbers: bytes, keeps: bool) -> None:
        """Set one input of one context."""
        self.calls.set_input(self.state.picked(self.state.contexts, pick), port, numbers, keeps=keeps)

    @precondition(lambda self: self.state.contexts)
    @rule(pick=_PICK, numbers=_NUMBERS, backwards=st.booleans(), times=st.integers(1, 6))
    def infer(self, pick: int, numbers: bytes, backwards: bool, times: int) -> None:
        """Infer several times, in one context after the other."""
        for turn in range(times):
            turned = numbers[turn % 4 :] + numbers[: turn % 4]
            self.calls.infer(self.state.picked(self.state.contexts, pick + turn), turned, backwards=backwards)

    @precondition(lambda self: self.state.contexts)
    @rule(pick=_PICK)
    def compute(self, pick: int) -> None:
        """Compute with what is set."""
        self.calls.compute(self.state.picked(self.state.contexts, pick))

    @precondition(lambda self: self.state.contexts)
    @rule(pick=_PICK, port=_PICK, plus=st.sampled_from((0, 1, 16)))
    def output(self, pick: int, port: int, plus: int) -> None:
        """Read an output."""
        self.calls.output(self.state.picked(self.state.contexts, pick), port, plus)

    @rule(which=st.sampled_from(("no builder", "garbage", "name", "encoding")), numbers=_NUMBERS, looks=_LOOKS)
    def failing_call(self, which: str, numbers: bytes, looks: int) -> None:
        """Make a call that fails, and on components keep its error."""
        one, other, *_ = foreign(self.target.tag)
        garbage = {"builders": [{"text": "no model " + numbers.hex()}], "encoding": one}
        empty = {"builders": [], "encoding": self.target.encoding}
        calls: dict[str, tuple[str, dict[str, Any], str, str]] = {
            "no builder": ("load", empty, "invalid_argument", "load.builder-count"),
            "garbage": ("load", {**garbage, "encoding": other}, "invalid_encoding", "load.encoding-not-available"),
            "name": ("load_by_name", {"name": "no " + numbers.hex()}, "not_found", "load-by-name.unknown"),
            "encoding": ("load", garbage, "invalid_encoding", "load.encoding-not-available"),
        }
        action, arguments, code, clause = calls[which]
        if self.target.tag.resources:
            arguments = {**arguments, "error": self.calls.new("e")}
            self.state.errors.append(arguments["error"])
        self.calls.say(action, arguments, fails={"prefer": code}, clause=clause)
        self.look(looks)

    @precondition(lambda self: self.state.errors)
    @rule(pick=_PICK, gone=st.booleans())
    def read_error(self, pick: int, gone: bool) -> None:
        """Ask an error again, and sometimes drop it."""
        error = self.state.errors[pick % len(self.state.errors)]
        self.calls.say("error_code", {"error": error}, clause="error.getters")
        self.calls.say("error_data", {"error": error}, clause="error.getters")
        if gone:
            self.state.errors.remove(error)
            self.calls.say("drop", {"kind": "error", "handle": error})

    @precondition(lambda self: self.target.tag.error_constructor)
    @rule(code=st.sampled_from(("timeout", "security", "not_found", "unknown")), data=st.text(SIGNS, max_size=4))
    def new_error(self, code: str, data: str) -> None:
        """Make an error."""
        name = self.calls.new("e")
        self.calls.say("new_error", {"code": code, "data": data, "as": name})
        self.state.errors.append(name)

    @precondition(lambda self: self.state.buffers)
    @rule(pick=_PICK, part=st.sampled_from(("data", "dims", "tensor")), fill=st.sampled_from((0, 255, 63)))
    def overwrite(self, pick: int, part: str, fill: int) -> None:
        """Change what an earlier set_input was given."""
        buffer = self.state.buffers[pick % len(self.state.buffers)]
        self.calls.say("overwrite", {"buffer": f"{buffer}.{part}", "fill": fill}, clause="input.copied")

    @precondition(lambda self: self.target.tag.pointers and self.state.graphs)
    @rule(pick=_PICK, part=st.sampled_from(("0", "builders")), fill=st.sampled_from((0, 255)), looks=_LOOKS)
    def overwrite_builders(self, pick: int, part: str, fill: int, looks: int) -> None:
        """Change what an earlier load was given, and make a context of the graph after that."""
        graph = self.state.picked(self.state.graphs, pick)
        if graph in self.state.loaded:
            self.calls.say("overwrite", {"buffer": f"{graph}.{part}", "fill": fill}, clause="load.copies-the-builders")
        if self.has_room("contexts", "context"):
            self.calls.context(graph)
        self.look(looks)

    @precondition(lambda self: self.target.tag.pointers)
    @rule(pages=st.sampled_from((1, 3)), looks=_LOOKS)
    def grow(self, pages: int, looks: int) -> None:
        """Grow the memory."""
        self.calls.say("grow", {"pages": pages})
        self.look(looks)

    @precondition(lambda self: self.target.tag.resources and self.state.contexts)
    @rule(pick=_PICK, numbers=_NUMBERS, reads=st.booleans())
    def tensors(self, pick: int, numbers: bytes, reads: bool) -> None:
        """Infer with tensors made before and outputs kept."""
        self.calls.infer_with_tensors(self.state.picked(self.state.contexts, pick), numbers, reads=reads)

    @precondition(lambda self: self.target.tag.resources)
    @rule(count=st.integers(1, 64), stay=st.booleans(), numbers=_NUMBERS)
    def many(self, count: int, stay: bool, numbers: bytes) -> None:
        """Make tensors that stay, and look at the first when there are more, or tensors that are dropped at once."""
        names = [self.calls.new("t") for _ in range(_MANY if count == 64 else 1 + count % 8)]
        for index, name in enumerate(names):
            data = [octet ^ (index & 255) for octet in numbers]
            self.calls.say("tensor", {"tensor": {"type": "u8", "shape": [4], "data": data}, "as": name})
            if not stay:
                self.calls.say("drop", {"kind": "tensor", "handle": name})
        for name in names[:2] if stay else ():
            self.calls.get_all(name, "tensor.getters")

    @precondition(lambda self: self.state.kept)
    @rule(pick=_PICK, gone=st.booleans())
    def read_kept(self, pick: int, gone: bool) -> None:
        """Look at an output that was kept, whatever happened since."""
        kept = self.state.kept[pick % len(self.state.kept)]
        self.calls.get_all(kept, "output.tensor-is-the-guests")
        if gone:
            self.state.kept.remove(kept)
            self.calls.say("drop", {"kind": "tensor", "handle": kept})

    @precondition(lambda self: self.target.tag.resources and self.state.graphs)
    @rule(pick=_PICK, looks=_LOOKS)
    def drop_graph(self, pick: int, looks: int) -> None:
        """Drop a graph; its contexts may work on or not."""
        graph = self.state.picked(self.state.graphs, pick)
        self.calls.say("drop", {"kind": "graph", "handle": graph}, clause="resource.drop-order")
        self.state.drop_graph(graph)
        self.look(looks)

    @precondition(lambda self: self.target.tag.resources and self.state.contexts)
    @rule(pick=_PICK, looks=_LOOKS)
    def drop_context(self, pick: int, looks: int) -> None:
        """Drop a context."""
        name = self.state.picked(self.state.contexts, pick)
        self.calls.say("drop", {"kind": "context", "handle": name}, clause="resource.drop-order")
        del self.state.contexts[name]
        self.look(looks)

    def teardown(self) -> None:
        """Infer in every context that is left, and carry the conversation out."""
        if not self.calls.steps:
            return
        self.look(len(self.state.contexts))
        fields: Fields = {
            "id": "fuzz/sequences/calls",
            "clause": "context.independence",
            "why": "a host that shares or forgets state of graphs, contexts, tensors or calls answers for another",
            **({"graphs": REGISTERED} if self.target.registers else {}),
            "steps": self.calls.steps,
        }
        self.carry_out(fields)


def search(target: FuzzTarget, carry_out: CarryOut, settings: hypothesis.settings, seed: int) -> None:
    """Draw sequences; see `Kind`."""
    machine: Callable[[], Sequence] = hypothesis.seed(seed)(lambda: Sequence(target, carry_out))
    longer = hypothesis.settings(settings, stateful_step_count=_STEPS)
    run_state_machine_as_test(machine, settings=longer)  # type: ignore[arg-type] # a function does as well as a class
