"""Contexts beside the one that is misused: with results, with inputs, half set, of the same graph and of another.

A call that fails owes each of them that nothing happens.
"""

from dataclasses import dataclass

from hypothesis import strategies as st

from wasi_nn_conformance.fuzz.target import FuzzTarget

from .misuse import Setting, Step

STATES = ("computed", "set", "half set")
_CLAUSE = "context.independence"


@dataclass
class Bystander:
    """A context, of the model of `setting`, in one of the states in which a misuse meets it.

    `rest` are the steps that set the inputs which are not set yet.
    """

    context: str
    setting: Setting
    state: str
    rest: tuple[Step, ...] = ()

    def prepared(self, draw: st.DrawFn) -> list[Step]:
        """Return the steps that bring it into its state."""
        if self.state == "computed":
            return self.setting.infer(draw, self.context)
        steps = self.setting.set_all(draw, self.context)
        given = len(steps) // 2 if self.state == "half set" else len(steps)
        self.rest = tuple(steps[given:])
        return steps[:given]

    def looked_at(self, draw: st.DrawFn) -> list[Step]:
        """Return the steps that show whether it is as it was, and bring it into its state again."""
        outputs = self.setting.outputs(self.context)
        if self.state == "computed":
            return [{**step, "clause": _CLAUSE} for step in outputs]
        shown = [*self.rest, {"compute": {"context": self.context}}, *outputs]
        return [*({**step, "clause": _CLAUSE} for step in shown), *self.prepared(draw)]


def bystanders(draw: st.DrawFn, target: FuzzTarget, setting: Setting) -> tuple[list[Bystander], list[Step]]:
    """Draw contexts that stand beside `c`, and the steps that make them and bring them into their states."""
    others, steps = draw(st.lists(st.sampled_from(STATES), max_size=min(3, target.contexts - 1))), []
    standing: list[Bystander] = []
    for number, state in enumerate(others):
        own, graph = setting, "g"
        if number and target.graphs > number + 1 and draw(st.booleans()):
            model = draw(st.sampled_from(target.sayable(("neg-f32", "scale-f32", setting.model.id))))
            graph = f"h{number}"
            own = Setting(setting.abi, setting.encoding, target.models[model], 0)
            steps.append({"load": {"model": model, "as": graph}})
        one = Bystander(f"b{number}", own, state)
        steps += [{"context": {"graph": graph, "as": one.context}}, *one.prepared(draw)]
        standing.append(one)
    return standing, steps
