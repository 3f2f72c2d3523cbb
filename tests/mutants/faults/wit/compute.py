"""Faults in compute and its inputs and outputs."""

from __future__ import annotations

from mutant import WIT_06_25, WIT_08_19

from faults.wit import COMPUTE, OPERATIONS, fault

_OLDER = (WIT_06_25, WIT_08_19)
_GIVEN_TWICE = 'raise invalid_argument(f"the input {_short(name)} is given twice")'
_ANSWER = "return [(port.name, tensor) for port, tensor in zip(context.graph.outputs, tensors, strict=True)]"

fault(
    "first-of-duplicates",
    "of two inputs of one name the first counts",
    COMPUTE,
    _GIVEN_TWICE,
    "inputs = list({name: tensor for name, tensor in reversed(inputs)}.items())\n            break",
    clauses=("compute.duplicate-input",),
)
fault(
    "duplicates-shift",
    "the second of two inputs of one name goes to the next input",
    COMPUTE,
    _GIVEN_TWICE,
    "inputs = [(port.name, tensor) for port, (_, tensor) in zip(context.graph.inputs, inputs)]",
    clauses=("compute.duplicate-input",),
)
fault(
    "unknown-input-ignored",
    "an input that the model does not have is dropped",
    COMPUTE,
    "for name, tensor in inputs:",
    "for name, tensor in ((n, t) for n, t in inputs if n in {port.name for port in context.graph.inputs}):",
    clauses=("input.unknown-name",),
)
fault(
    "inputs-in-order-given",
    "inputs are taken in the order in which they are given, whatever their names",
    COMPUTE,
    "for name, tensor in inputs:",
    "for name, tensor in ((context.graph.inputs[i].name, t) for i, (_, t) in enumerate(inputs)):",
    clauses=(
        "compute.named-inputs",
        "input.bound-by-index",
        "input.unknown-name",
        "compute.duplicate-input",
        "compute.all-inputs-are-used",
    ),
)
fault(
    "inputs-kept",
    "inputs of an earlier compute take the place of those that are missing",
    COMPUTE,
    "    finally:\n        context.inputs.clear()\n",
    "    finally:\n        context.inputs = type('Kept', (dict,), {'clear': lambda _: None})(context.inputs)\n",
    clauses=("compute.only-its-inputs",),
)
fault(
    "first-output-only",
    "compute gives one output",
    COMPUTE,
    _ANSWER,
    _ANSWER.removesuffix("]") + "][:1]",
    clauses=("compute.each-output-once", "output.each-by-index"),
)
fault(
    "outputs-by-index",
    "outputs are called by their index",
    COMPUTE,
    _ANSWER,
    "return [(str(index), tensor) for index, tensor in enumerate(tensors)]",
    clauses=("compute.output-names",),
)
fault(
    "output-names-swapped",
    "outputs have each other's names",
    COMPUTE,
    "zip(context.graph.outputs, tensors, strict=True)",
    "zip(context.graph.outputs[::-1], tensors, strict=True)",
    clauses=("compute.output-names", "output.each-by-index"),
)
fault(
    "outputs-twice",
    "each output comes twice",
    COMPUTE,
    _ANSWER,
    _ANSWER + " * 2",
    clauses=("compute.each-output-once",),
)
fault(
    "outputs-with-inputs",
    "the inputs are given back among the outputs",
    COMPUTE,
    _ANSWER,
    _ANSWER + " + inputs",
    clauses=("compute.each-output-once",),
)
fault(
    "no-outputs",
    "compute gives no output",
    COMPUTE,
    _ANSWER,
    "return []",
    clauses=("compute.each-output-once", "output.each-by-index"),
)
fault(
    "output-without-shape",
    "outputs have one dimension: their number of elements",
    f"{OPERATIONS}._outputs",
    "GivenTensor(tensor.dimensions, ",
    "GivenTensor((len(tensor.data) // tensor.type.size,), ",
    WIT_06_25,
    clauses=("output.type-and-dimensions",),
)
fault(
    "output-of-bytes",
    "outputs are said to be U8",
    f"{OPERATIONS}._outputs",
    "tensor.dimensions, tensor.type,",
    "tensor.dimensions, next(t for t in type(tensor.type) if t.value == 'u8'),",
    WIT_08_19,
    clauses=("output.type-and-dimensions",),
)
fault(
    "get-output-first",
    "get-output gives the first output, whatever the name",
    f"{OPERATIONS}.get_output",
    '_index(context.graph.outputs, name, "output")',
    "0",
    _OLDER,
    clauses=("output.each-by-index", "output.unknown-name"),
)
fault(
    "outputs-by-size",
    "the larger outputs come first, under the names of the model's order",
    COMPUTE,
    "tensors = self._outputs(context.outputs or [])",
    "tensors = self._outputs(sorted(context.outputs or [], key=lambda tensor: -len(tensor.data)))",
    clauses=("output.each-by-index", "compute.output-names", "output.type-and-dimensions"),
)
