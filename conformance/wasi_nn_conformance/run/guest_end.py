"""The end of a guest that returns, and what its host makes of it: its own end, with the code of a success."""

from wasi_nn_conformance.results.case_result import Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation

from .probe_process import Ended, Silent, exit_words

END = "the end of input"
"""What a guest is given that is to return."""

_WANTED = "exit code 0"


def ending_words(answer: Ended | Silent) -> str:
    """Return how a host ended, in a few words."""
    return "no end" if isinstance(answer, Silent) else f"the process ended: {exit_words(answer.code)}"


def judged_end(answer: Ended | Silent) -> Judgement:
    """Judge the end of a host whose guest has returned."""
    if isinstance(answer, Silent):
        goes_on = f"no end within {answer.seconds:g} s after that of the guest"
        return Judgement(Verdict.HANG, (Violation("hang", wanted=_WANTED, got=goes_on, printed=answer.printed),))
    words = exit_words(answer.code)
    if answer.code < 0:
        return Judgement(Verdict.CRASH, (Violation("crash", wanted=_WANTED, subject=words, printed=answer.printed),))
    if answer.code:
        return Judgement(Verdict.FAIL, (Violation("end", wanted=_WANTED, got=words, printed=answer.printed),))
    return Judgement(Verdict.PASS)
