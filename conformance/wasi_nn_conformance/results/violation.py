"""What a host got wrong in one answer, as fields: findings are told apart, grouped and matched by them.

The sentence of a violation is made from its fields, here and nowhere else, so that rewording it changes nothing but
the words.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from .last_words import last_words, pattern

_WORDS_KEPT = 300  # characters of a dying host's last words in a sentence


class Violation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that is wrong with one answer.

    kind: one of `KINDS`. call: the step's action, or the block (`fails_by`, `may_fail`) that the answer was to satisfy.
    subject: what it is about: the name of an output, buffer or slot, or how a process ended (`signal SIGSEGV`).
    type: the element type of the tensor. wanted, got: the answer that the clause accepts, and the host's.
    element, differing: the first wrong element of a tensor, and how many are (`3 of 4`). step, line: the number of the
    step, from 1, and its line in the file. clause: the clause that was held against it. printed: what the host printed
    since the call.
    """

    kind: str
    call: str = ""
    subject: str = ""
    type: str = ""
    wanted: str = ""
    got: str = ""
    element: str = ""
    differing: str = ""
    step: int | None = None
    line: int | None = None
    clause: str = ""
    printed: str = ""

    @property
    def said(self) -> str:
        """The host's last words, whole: see `last_words`."""
        return last_words(self.printed)

    @property
    def sentence(self) -> str:
        """What is wrong, in a few words; empty where it only matters what was wanted."""
        return KINDS[self.kind](self)

    @property
    def cause(self) -> dict[str, str]:
        """The fields that violations of one cause share, from run to run and from case to case.

        No numbers, addresses, names of outputs or places: of a host that died what it said of it (with `*` for what may
        differ), of one that died silently the call.
        """
        if self.kind in ENDS:
            said = pattern(self.printed)
            how = {"subject": self.subject} if self.subject else {}
            return {"kind": self.kind, **how, **({"said": said} if said else {"call": self.call})}
        shared = {"kind": self.kind} | {name: getattr(self, name) for name in _TELLING.get(self.kind, ("type",))}
        return {name: value for name, value in shared.items() if value}

    @property
    def place(self) -> str:
        """Where in its vector it is: `step 4 (compute), line 92`."""
        what = f"step {self.step} ({self.call})" if self.step else _BEYOND_STEPS.get(self.call, self.call)
        return f"{what}, line {self.line}" if self.line else what


_BEYOND_STEPS = {"forget": "after the last step"}


def is_trap(violation: Violation) -> bool:
    """Return whether the host ended the guest where it owed an answer, by a trap or by an error of its own."""
    return violation.kind == "outcome" and violation.got.startswith(TRAPS)


def should_have_succeeded(violation: Violation) -> bool:
    """Return whether the answer had to be a success, or was one with something wrong in it.

    Otherwise it was misuse, of which no simpler case knows anything.
    """
    if violation.kind not in ("outcome", "crash", "hang"):
        return True
    accepted, _, preferred = violation.wanted.partition(" (rather ")
    return "success" in accepted and preferred in ("", "ok)")


def is_refusal(violation: Violation) -> bool:
    """Return whether the host answered with an error of wasi-nn."""
    return violation.kind == "outcome" and violation.got.startswith("error ")


def diagnosis(violations: Sequence[Violation]) -> str:
    """Return in one line what is wrong with one answer: it begins with what the host did."""
    if not violations:
        return ""
    return "; ".join(part for part in (*(each.sentence for each in violations), violations[0].place) if part)


def _shortened(words: str) -> str:
    return words if len(words) <= _WORDS_KEPT else words[:_WORDS_KEPT] + " ..."


def _outcome(violation: Violation) -> str:
    gave_no_answer = violation.subject or violation.kind in ENDS  # else what it printed is a log, and no last words
    ended = ": ".join(filter(None, (violation.subject, _shortened(violation.said)))) if gave_no_answer else ""
    got = f"{violation.got} ({ended})" if ended else violation.got
    return f"{got}; wanted {violation.wanted}" if violation.wanted else got


def _ended(violation: Violation) -> str:
    got = ": ".join(part for part in ("the host died", violation.subject, _shortened(violation.said)) if part)
    return f"{got}; wanted {violation.wanted}" if violation.wanted else got


def _written(violation: Violation) -> str:
    return f"the failing call wrote {f'{violation.got} ' if violation.got else ''}to {violation.subject}"


def _value(violation: Violation) -> str:
    return (
        f"output {violation.subject}: element {violation.element} of {violation.type} is {violation.got}"
        f" where {violation.wanted} was wanted ({violation.differing} differ)"
    )


def _output_has(what: str) -> Callable[[Violation], str]:
    return lambda v: f"output {v.subject} has {what.format(got=v.got, wanted=v.wanted)}"


def _fixed(words: str) -> Callable[[Violation], str]:
    return lambda v: words.format(subject=v.subject, got=v.got, wanted=v.wanted, call=v.call)


ENDS = frozenset({"crash", "hang"})
"""The kinds in which the host gives no answer."""
OF_ANSWERS = frozenset(
    {"outcome", "errno", "handle", "size", "length", "type", "dimensions", "value", "count", "names", "getter", "path"}
)
"""The kinds of what is wrong with the answer alone, and neither with the guest's memory nor with the process."""
TRAPS = ("a trap", "an error of the host itself")
"""What the answer that was given begins with where the host has ended the guest."""
SUCCESS = "success"

# What else than the kind tells one cause from another; the element type, where nothing is named.
_TELLING = {
    "outcome": ("got", "wanted"),
    "preference": ("got", "wanted"),
    "unwritten": ("subject",),
    "written": ("subject",),
    "handle": ("subject",),
    "slot": ("wanted",),
    "end": ("got",),
    "growth": ("subject",),
    "type": ("got", "wanted"),
    "getter": ("call",),
    "path": ("call",),
    "unjudged": ("got",),
}

KINDS: Mapping[str, Callable[[Violation], str]] = {
    # How the call ended.
    "outcome": _outcome,
    "preference": _outcome,
    "crash": _ended,
    "hang": _outcome,
    "end": _fixed("the guest returned, and the host ended with {got}; wanted {wanted}"),
    "growth": _fixed("{subject} grows by {got}, and does not stop"),
    # What the host wrote.
    "errno": _fixed("the result {got} is none of nn_errno, which has {wanted}"),
    "guards": _fixed("the host wrote outside the return slot or the output buffer"),
    "unwritten": _fixed("success, but no {subject} was written to the return pointer"),
    "written": _written,
    "handle": _fixed("the handle {got} is that of another {subject}"),
    "tail": _fixed("the host wrote to the buffer behind the bytes that it reports"),
    "changed": _fixed("the host changed {subject}, which the call does not give it to write"),
    "slot": _fixed("the return pointer {subject} holds {got}; it must be {wanted}"),
    "memory": _fixed("the memory holds {got} where {wanted} was wanted"),
    # What came back.
    "size": _fixed("output {subject}: the size reported is {got} bytes where {wanted} were wanted"),
    "length": _output_has("{got} bytes of data where {wanted} were wanted"),
    "type": _output_has("the type {got} where {wanted} was wanted"),
    "dimensions": _output_has("the dimensions {got} where {wanted} were wanted"),
    "value": _value,
    "count": _fixed("compute gave {got} outputs ({subject}) where the model has {wanted}"),
    "names": _fixed("compute called the outputs {got} where the model calls them {wanted}"),
    "getter": _fixed("{call} is {got} where {wanted} was wanted"),
    "path": _fixed("{call} names {subject}"),
    # The suite could not judge: a fault of the vector or the probe, never of the host.
    "unjudged": _fixed("{got}"),
}
"""The kinds of violation, and how each is said."""
