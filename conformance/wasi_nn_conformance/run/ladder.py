"""What a case leans on, from the simplest inference upwards: on each rung one more thing, and the vector that tries it.

A case that fails where a lower rung fails in the same way says nothing of its own clause: that rung's is broken.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from wasi_nn_conformance.vectors.step import Step, steps_of

from .leaning import Leaning, elements
from .special_numbers import special_numbers

_MIB = 1 << 20  # bytes
_LARGE, _64_KIB = 4096, 16384  # elements: more than the small models have together, and of f32
_EXACT = (65, 127, 253, 1021)  # elements of outputs that a buffer of their size has to be enough for
_VECTOR = 16  # elements: more than engines compute at a time, where they compute the rest in another way


@dataclass(frozen=True)
class Rung:
    """One thing to lean on: the vector that tries it, and what a host that refuses it does not serve, if it may.

    Where a host goes on with old inputs after the call `stale_after`, whatever comes later is an answer to these. With
    `clause` only that it is accused of that clause counts: the vector leans on more than it tries. Where it
    `tells_refusals_alone`, what else is wrong with it is what later rungs try.
    """

    vector: str
    optional: str = ""
    stale_after: str = ""
    clause: str = ""
    tells_refusals_alone: bool = False

    @property
    def is_basic(self) -> bool:
        """Return whether each inference leans on it."""
        return self.vector in (*_OF_COMPONENTS, *_PLAIN, *_OF_BITS)


_PLAIN = ("load/plain", "context/plain", "input/plain", "compute/plain", "output/plain")
_OF_BITS = ("values/f32/numbers", "values/f32-of-one/operation=neg")
_OF_COMPONENTS = ("tensor/type/type=f32", "tensor/rank/2")  # that is how they learn what an output is
_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "f16": ("values/f16/numbers", "values/negative/type=f16"),
    "f64": ("values/f64/more-digits-than-f32", "values/negative/type=f64"),
    "bf16": ("inference/bf16/digits",),
    "u8": ("values/integers/u8", "values/small-numbers/type=u8"),
    "i32": ("values/integers/i32", "values/negative/type=i32"),
    "i64": ("values/integers/i64", "values/negative/type=i64"),
}
_OF_RANK = {1: "values/ranks/rank-1", 3: "values/ranks/rank-3", 4: "values/ranks/rank-4"}
_HIGH_RANK, _ONE_DIGIT = 5, 10
_OF_MODEL: Mapping[str, str] = {
    "dense": "load/network",
    "pass-through": "compute/pass-through-beside-result",
    "constant-output": "compute/constant-beside-result",
    "unsorted": "input/order-of-declaration",
    "two-types": "input/different-types",
    "unused-input": "input/unused",
    "identity-renamed": "values/renamed",
    "outputs-of-two-types": "output/two-types",
    "matmul-f32": "values/rows-times-columns",
    "concat": "values/joined",
    **{name: f"values/order-of-elements/{name}" for name in ("transpose-2d", "transpose-4d", "reshape", "reduce-sum")},
    "split": "values/order-of-elements/split",
    "three-outputs": "output/any-order/as-declared",
    "rows-added-up": "values/order-of-elements/reduce-sum",
    "name-of-all-kinds": "names/of-all-kinds",
}
"""The vector that is about what is special in a model, where only one model has it."""

_NAMED = {"names-": "input/names/", "alike-": "names/alike/"}
"""What begins the ids of models with unusual names, and of the vectors that try these names."""


def rungs(leaning: Leaning) -> Iterator[Rung]:
    """Return what a case leans on, the simplest first."""
    yield from map(Rung, (*_OF_COMPONENTS, *_PLAIN))
    if leaning.passes_on:
        yield Rung("values/passed-on", "outputs that are inputs", tells_refusals_alone=True)
    yield from map(Rung, _OF_BITS)
    if leaning.case.vector.graphs:
        yield Rung("load-by-name/registered/graph=classifier")
    if leaning.graphs > 1:
        yield Rung("load/same-structure-other-weights")
    if len(leaning.case.vector.graphs) > 1:
        yield Rung("load-by-name/two-names")
    for element in sorted(leaning.types):
        yield Rung(f"tensor/type/type={element}")
        yield Rung(f"tensor/extremes/{element}")
        yield from (Rung(vector, f"the element type {element}") for vector in _OF_TYPE.get(str(element), ()))
    for type_, kind in sorted(special_numbers(leaning.case.vector.steps)):
        yield Rung(f"{'inference' if type_ == 'bf16' else 'values'}/{type_}/{kind}", f"the element type {type_}")
    yield from _of_shape(leaning)
    yield from _of_ports(leaning)
    if leaning.is_done_again("output"):
        yield Rung("output/often")
    yield from _of_resources(leaning)
    yield from _of_use(leaning)
    yield from _of_refusals(leaning)


def _of_shape(leaning: Leaning) -> Iterator[Rung]:
    if leaning.has_weights:
        yield Rung("load/weights")
        yield Rung("values/f32-of-one/operation=scale")
    ranks = {len(shape) for shape in leaning.shapes}
    if any(sum(length != 1 for length in shape) > 1 for shape in leaning.shapes):
        yield Rung("values/ranks/rank-2")
    yield from (Rung(vector) for rank, vector in _OF_RANK.items() if rank in ranks)
    yield from _of_rank(max(ranks, default=0))
    odd = {len(shape) for shape in leaning.shapes if shape and (shape[-1] or 0) % 2 and shape[-1] != 1}
    yield from (Rung(f"values/odd-rows/rank-{rank}") for rank in sorted(odd & {2, 3, 4}))
    if any(elements(shape) > _VECTOR and elements(shape) % 4 for shape in leaning.shapes):
        yield Rung("values/odd-rows/nineteen")
    yield from _of_size(max(map(elements, leaning.shapes), default=0))
    if any(len(port.type.shape) == 0 for model in leaning.models for port in model.inputs):
        yield Rung("input/scalar/as-one-element", "inputs of rank 0")
    if any(len(port.type.shape) == 0 for model in leaning.models for port in model.outputs):
        yield Rung("output/scalar")
    if any(0 in shape for shape in leaning.shapes):
        yield Rung("input/no-rows/model=identity-empty", "dimensions of 0")
    if any(None in shape for shape in leaning.shapes):
        yield Rung("input/free-dimensions-of-same-size", "free dimensions")


def _of_size(largest: int) -> Iterator[Rung]:
    for exact in (each for each in _EXACT if each <= largest):
        yield Rung(f"output/exact-after-larger-of-small-ones/elements={exact}", clause="output.size")
    if largest > _LARGE:
        yield Rung("input/image")
    if largest > _64_KIB:
        yield Rung("large/computed/64-kib", "tensors above 64 KiB")


def _of_rank(rank: int) -> Iterator[Rung]:
    if rank > max(_OF_RANK):
        yield Rung("values/rank-5", "more than four dimensions")
    if rank > _HIGH_RANK:
        yield Rung("values/rank-8", "more than five dimensions")


def _of_ports(leaning: Leaning) -> Iterator[Rung]:
    if any(not model.inputs for model in leaning.models):
        yield Rung("compute/no-input-needed", "models without inputs")
    if leaning.inputs > 1:
        yield Rung("input/two-inputs-first-last")
        yield Rung("input/two-inputs-last-first")
    if leaning.inputs > 1 and not leaning.has_inputs_alike():
        yield Rung("input/different-shapes")
    if leaning.inputs > 2:
        yield Rung("input/order-of-calls/a-b-c")
    if leaning.inputs > 3:
        yield Rung("counts/six-inputs", "more than five inputs")
    if leaning.inputs > _ONE_DIGIT:
        yield Rung("counts/twenty-inputs", "more than ten inputs")
    if leaning.outputs > 3:
        yield Rung("counts/six-outputs", "more than five outputs")
    if leaning.outputs > _ONE_DIGIT:
        yield Rung("counts/twenty-outputs", "more than ten outputs")
    yield from _of_names(leaning)
    if leaning.outputs > 1:
        yield Rung("output/swapped" if leaning.inputs > 1 else "output/any-order/as-declared")
        yield Rung("inference/each-of-several-outputs-once/three")
    yield from (Rung(_OF_MODEL[model.id]) for model in leaning.models if model.id in _OF_MODEL)


def _of_names(leaning: Leaning) -> Iterator[Rung]:
    if leaning.has_names_that_begin_alike:
        yield Rung("input/names/prefix")
    for model in leaning.models:
        for begin, tries in _NAMED.items():
            if model.id.startswith(begin):
                yield Rung(tries + model.id.removeprefix(begin))


def _of_resources(leaning: Leaning) -> Iterator[Rung]:
    steps = list(steps_of(leaning.case.vector.steps))
    errors = {str(step.arguments["error"]) for step in steps if step.action in ("error_code", "error_data")}
    if errors:
        yield Rung("error/same-each-time/of-load-by-name")
    if len(errors) > 1:
        yield Rung("error/two-at-once")
    ranks = [len(step.arguments["tensor"].get("shape", ())) for step in steps if step.action == "tensor"]
    yield from (Rung(f"tensor/rank/{rank}") for rank in (2, 4, 6, 8) if max(ranks, default=0) >= rank)
    made = [kind for step in steps for kind in _kinds_made(step)]
    yield from (Rung(vector, clause="resource.drop-order") for vector, of in _DROPPED.items() if of <= set(made))
    if leaning.number("drop") and leaning.number("context"):
        yield Rung("resource/graph-before-its-context", clause="resource.graph-before-context")
    if max(leaning.tensor_bytes, leaning.weights) > _MIB:
        yield Rung("large/tensor/1-mib")
    if leaning.has_tensors_of_same_data:
        yield Rung("tensor/same-data-in-other-dimensions")
    if max(len(made), leaning.inputs, leaning.outputs) > _MANY or any(step.action == "rounds" for step in steps):
        yield Rung("tensor/thousand")


_DROPPED: Mapping[str, AbstractSet[str]] = {
    "tensor/one-dropped": {"tensor"},
    "resource/context-before-its-graph": {"context"},
    "resource/another-graph-dropped": {"graph"},
    "resource/tensors-and-errors-at-any-time": {"tensor", "error"},
    "resource/errors-dropped-beside-a-result": {"context", "error"},
}
"""What is dropped leaves the rest; the probe drops what it does not keep, whatever is asked of it. By the kinds that a
vector drops, which a case has to make to lean on it."""
_KINDS: Mapping[str, str] = {
    "load": "graph",
    "load_by_name": "graph",
    "context": "context",
    "new_error": "error",
    **dict.fromkeys(("tensor", "set_input", "output", "outputs", "get_named", "compute_named"), "tensor"),
}
"""What makes which resource of a component: a setter takes a tensor, a getter gives one."""


def _kinds_made(step: Step) -> Iterator[str]:
    if step.action in _KINDS:
        yield _KINDS[step.action]
    if "error" in step.arguments or "ok" not in step.expectation.accept:
        yield "error"


_MANY = 32  # half of the smallest table that hosts have been seen with


def _of_use(leaning: Leaning) -> Iterator[Rung]:
    if leaning.uses_the_last_byte:
        yield from (Rung(f"memory/{what}-at-the-end", clause="memory.last-byte") for what in _AT_THE_END)
    if leaning.chooses_buffers:
        yield Rung("output/larger-buffer", clause="output.size")
    if leaning.has_inputs_of_one and (leaning.inputs > 1 or leaning.number("compute") > 1):
        yield Rung("values/one-beside-a-row")
    if leaning.number("compute") > 1 or leaning.is_done_again("set_input"):
        yield Rung("input/set-again", stale_after="set_input")
    if leaning.changes_shapes:
        yield Rung("input/set-again-in-another-shape", stale_after="set_input")
    if leaning.number("compute") > 1:
        yield Rung("compute/often", clause="compute.repeatable")
        yield Rung("compute/twice", stale_after="compute")
        yield Rung("compute/back-to-earlier-values", stale_after="compute")
        yield Rung("compute/unread")
        yield Rung("compute/other-values-each-time", stale_after="compute")
    if leaning.number("context") > 1:
        yield from map(Rung, ("context/two", "context/side-by-side", "context/outputs-are-its-own"))
        yield from (Rung(vector, clause="context.independence") for vector in _OF_CONTEXTS)


_OF_CONTEXTS = ("independence/inputs/context", "context/computed-again-after-another")
"""What a context of a graph does to the others."""
_AT_THE_END = ("dimensions", "tensor", "data", "one-element", "output", "return-pointer")


def _of_refusals(leaning: Leaning) -> Iterator[Rung]:
    """Return the plainer misuses: who takes these takes one of the case's own clause for the same reason."""
    clause, steps = leaning.case.clause.id, steps_of(leaning.case.vector.steps)
    if clause == "input.dimension-overflow":
        yield Rung("input/data-length/one-byte-short")
        yield Rung("inference/data-length/one-byte-short")
    if clause == "memory.out-of-bounds" and any(step.arguments.get("function") == "set_input" for step in steps):
        yield from (Rung(f"input/{what}-of-few-bits/{bits}") for what in ("dimensions", "data") for bits in (8, 16))


OPERATIONS: Mapping[str, str] = {
    "Relu": "relu-f32",
    "MatMul": "matmul-f32",
    "Cast": "cast-f32-i32",
    "Reshape": "reshape",
    "Transpose": "transpose-2d",
    "Concat": "concat",
    "Split": "split",
    "ReduceSum": "reduce-sum",
}
"""The simplest model of each operation that a host may lack."""
