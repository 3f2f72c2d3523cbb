"""Errors: a good conversation with one to three misuses in it. After each, all is as before and good calls work."""

from dataclasses import replace

from hypothesis import strategies as st

from wasi_nn_conformance.fuzz.features import clauses_tried
from wasi_nn_conformance.fuzz.kind import generated_by
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget

from .bystanders import STATES, Bystander, bystanders
from .call_misuse import CALL_MISUSES
from .load_misuse import LOAD_MISUSES
from .memory_misuse import MEMORY_MISUSES
from .misuse import REGISTERED, Misuse, Setting, Step, tried
from .tensor_misuse import TENSOR_MISUSES

MISUSES = (*TENSOR_MISUSES, *CALL_MISUSES, *LOAD_MISUSES, *MEMORY_MISUSES)
MODELS = (
    *("sub-f32", "two-outputs", "three-inputs", "neg-i32", "two-types", "identity-u8", "six-inputs", "unsorted"),
    *("identity-rank-1", "identity-rank-3", "identity-rank-4", "identity-single", "transpose-4d", "reduce-sum"),
)
_KIND = "fuzz/errors/"
_BROKEN_RARELY = 6  # one conversation of so many tries what is known to be broken, for other ways to break it
_RARELY = 12  # one conversation of so many ends with a trap, which costs a new process


@st.composite
def examples(draw: st.DrawFn, target: FuzzTarget) -> Fields:
    """Draw a conversation and its misuses."""
    model = draw(st.sampled_from(target.sayable(MODELS)))
    possible = [misuse for misuse in MISUSES if target.tag.has(misuse.needs) and not misuse.is_end]
    possible = _rarely_broken(draw, target, possible)
    misuses = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=3))
    ends = [misuse for misuse in MISUSES if target.tag.has(misuse.needs) and misuse.is_end]
    last = draw(st.sampled_from(ends)) if ends and draw(st.integers(1, _RARELY)) == _RARELY else None
    setting = Setting(target.abi, target.encoding, target.models[model], 0)
    steps: list[Step] = [{"load": {"model": model, "as": "g"}}, {"context": {"graph": "g", "as": "c"}}]
    if draw(st.booleans()):
        steps += setting.infer(draw)
    beside, made = bystanders(draw, target, setting)
    steps += made
    for number, misuse in enumerate(misuses, 1):
        setting = replace(setting, number=number)
        own = [Bystander("c", setting, draw(st.sampled_from(STATES)))] if misuse.spares else []
        steps += [step for one in own for step in one.prepared(draw)]
        steps += _put_in(draw, misuse, setting)
        steps += [step for one in (*own, *beside) for step in one.looked_at(draw)]
    steps += setting.infer(draw)
    if last is not None:
        steps += _put_in(draw, last, replace(setting, number=len(misuses) + 1))
    registered = {"graphs": REGISTERED} if target.registers else {}
    return {**_called_after(misuses[0]), "clause": "failure.no-lasting-harm", **registered, "steps": steps}


def _rarely_broken(draw: st.DrawFn, target: FuzzTarget, misuses: list[Misuse]) -> list[Misuse]:
    """Return the misuses without those of clauses that are known to be broken, most of the time."""
    others = [misuse for misuse in misuses if misuse.clause not in target.broken]
    if not others or others == misuses or draw(st.integers(1, _BROKEN_RARELY)) == _BROKEN_RARELY:
        return misuses
    return others


def _called_after(misuse: Misuse) -> Fields:
    why = f"{misuse.why}; and what a failing call leaves behind must not harm the calls after it"
    return {"id": f"{_KIND}{misuse.name}", "why": why}


def called_after_what_is_left(fields: Fields) -> Fields:
    """Call a vector, if it is of this kind, after a misuse that it has: that of its name may have been left out."""
    if not fields["id"].startswith(_KIND):
        return fields
    tried = set(clauses_tried(fields["steps"]))
    left = [_called_after(misuse) for misuse in MISUSES if misuse.clause in tried]
    return fields if not left or any(each["id"] == fields["id"] for each in left) else {**fields, **left[0]}


def _put_in(draw: st.DrawFn, misuse: Misuse, setting: Setting) -> list[Step]:
    return tried(misuse.clause, misuse.steps(draw, setting))


search = generated_by(examples)
