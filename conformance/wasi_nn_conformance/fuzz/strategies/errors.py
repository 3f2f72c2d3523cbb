"""Errors: a good conversation with one to three faults in it. After each, good calls still work."""

from hypothesis import strategies as st

from wasi_nn_conformance.fuzz.features import clauses_tried
from wasi_nn_conformance.fuzz.target import Fields, Ground

from .call_fault import CALL_FAULTS
from .fault import REGISTERED, TENSOR_FAULTS, Fault, Setting, Step, tried
from .load_fault import LOAD_FAULTS
from .memory_fault import MEMORY_FAULTS

FAULTS = (*TENSOR_FAULTS, *CALL_FAULTS, *LOAD_FAULTS, *MEMORY_FAULTS)
MODELS = ("sub-f32", "two-outputs", "three-inputs", "neg-i32", "two-types", "identity-u8")
_KIND = "fuzz/errors/"
_RARELY = 12  # one conversation of so many ends with a trap, which costs a new process


@st.composite
def examples(draw: st.DrawFn, ground: Ground) -> Fields:
    """Draw a conversation and its faults."""
    model = draw(st.sampled_from(MODELS))
    possible = [fault for fault in FAULTS if ground.abi in fault.abis and not fault.is_end]
    faults = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=3))
    ends = [fault for fault in FAULTS if ground.abi in fault.abis and fault.is_end]
    last = draw(st.sampled_from(ends)) if ends and draw(st.integers(1, _RARELY)) == _RARELY else None
    setting = Setting(ground.abi, ground.encoding, ground.models[model], 0)
    steps: list[Step] = [{"load": {"model": model, "as": "g"}}, {"context": {"graph": "g", "as": "c"}}]
    if draw(st.booleans()):
        steps += setting.infer(draw)
    for number, fault in enumerate(faults, 1):
        steps += _put_in(draw, fault, Setting(ground.abi, ground.encoding, ground.models[model], number))
    steps += setting.infer(draw)
    if last is not None:
        steps += _put_in(draw, last, Setting(ground.abi, ground.encoding, ground.models[model], len(faults) + 1))
    registered = {"graphs": REGISTERED} if ground.registers else {}
    return {**_called_after(faults[0]), "clause": "failure.no-lasting-harm", **registered, "steps": steps}


def _called_after(fault: Fault) -> Fields:
    why = f"{fault.why}; and what a failing call leaves behind must not harm the calls after it"
    return {"id": f"{_KIND}{fault.name}", "why": why}


def called_after_what_is_left(fields: Fields) -> Fields:
    """Call a vector, if it is of this kind, after a fault that it has: that of its name may have been left out."""
    if not fields["id"].startswith(_KIND):
        return fields
    tried = set(clauses_tried(fields["steps"]))
    left = [_called_after(fault) for fault in FAULTS if fault.clause in tried]
    return fields if not left or any(each["id"] == fields["id"] for each in left) else {**fields, **left[0]}


def _put_in(draw: st.DrawFn, fault: Fault, setting: Setting) -> list[Step]:
    return tried(fault.clause, fault.steps(draw, setting))
