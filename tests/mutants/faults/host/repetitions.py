"""Faults that show only when the same thing is done once more."""

from __future__ import annotations

from mutant import WITX, mutant, rewrite, rewritten

from faults.host import COMPUTE, SET_INPUT

_COMPUTED = "context.outputs = [_presented(tensor) for tensor in outputs]"
_WITX_GET_OUTPUT = "abi.witx.operations:Operations.get_output"


@mutant(
    "host/fourth-compute-of-the-same-inputs",
    "the fourth compute since an input was set gives zeros",
    WITX,
    clauses=("compute.repeatable", "compute.inputs-stay-set"),
)
def _() -> None:
    bound = "context.inputs[index] = self._fitted(ports[index], tensor)"
    rewrite(SET_INPUT, bound, f"{bound}\n    context.times = 0")
    rewrite(
        COMPUTE,
        _COMPUTED,
        "context.times = context.__dict__.get('times', 0) + 1\n"
        "    if context.times == 4:\n"
        "        outputs = [Tensor(each.type, each.dimensions, bytes(len(each.data))) for each in outputs]\n"
        f"    {_COMPUTED}",
    )


@mutant(
    "host/outputs-read-fifty-times",
    "outputs of one compute can be read fifty times",
    WITX,
    clauses=("output.each-by-index",),
)
def _() -> None:
    rewrite(COMPUTE, _COMPUTED, f"{_COMPUTED}\n    context.reads = 0")
    rewrite(
        _WITX_GET_OUTPUT,
        "memory.write(buffer, data)",
        "read = self._contexts.get(context)\n"
        "    if read.reads == 50:\n"
        "        raise invalid_argument('the outputs were read fifty times')\n"
        "    read.reads += 1\n"
        "    memory.write(buffer, data)",
    )


rewritten(
    "host/three-hundred-too-large",
    "when 300 buffers were too small every one is",
    WITX,
    _WITX_GET_OUTPUT,
    "if len(data) > capacity:",
    "refused = self.__dict__.get('refused', 0)\n"
    "    if len(data) > capacity or refused == 300:\n"
    "        self.refused = min(refused + 1, 300)",
    # The count is the host's and not a guest's: the 300th may be of another conversation.
    clauses=("failure.no-lasting-harm", "output.too-small-buffer", "process.no-carry-over"),
)
