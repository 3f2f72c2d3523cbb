"""A failing case in words for the developer of the runtime: what is owed, what was seen, how to see it again."""

import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wasi_nn_conformance.results.case_result import CaseResult, Expected, conversation, shortened
from wasi_nn_conformance.results.causes import Cause
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.clause import Clause

from .data import Report
from .grid import generated_vectors

_WIDTH = 100
_PRINTED_FIRST, _PRINTED_LAST = 10, 20  # lines that are shown of more; what a host dies of stands last
_HEADLINES = {
    Verdict.FAIL: "FAIL",
    Verdict.HANG: "HANG",
    Verdict.CRASH: "CRASH",
    Verdict.XPASS: "PASSED where a finding is known",
    Verdict.ERROR: "ERROR of the suite, not of the host",
}
_WHOLE = 1 << 30  # characters: more than any line has


def paragraph(clause: Clause, case_result: CaseResult, replay: str, folder: Path | None = None) -> str:
    """Write the paragraph of one case that failed; `clause` is the one that is accused.

    `folder` is that of the report, which has whole what is too long for here.
    """
    found = [
        *_wrapped(f"{_HEADLINES[case_result.verdict]}: {case_result.diagnosis}"),
        *_known(case_result.expected),
        *([f"Vector: {case_result.place}"] if case_result.place else []),
        f"Replay: {replay}",
    ]
    lines = [*_duty(clause, case_result), "", *found, "", *_conversation(case_result)]
    return "\n".join([*lines, *_printed(case_result, folder)])


def _known(expected: Expected | None) -> Iterator[str]:
    """Return what the known failures tell of a case."""
    if expected:
        yield from _wrapped(f"Known: {expected.outcome}, because {expected.because}")
        yield from _wrapped(f"Fix: {expected.fix}") if expected.fix else ()
        yield from (f"Discussed: {expected.link}",) if expected.link else ()


def _printed(case_result: CaseResult, folder: Path | None) -> Iterator[str]:
    """Return what the host printed since the call, without the middle of much."""
    lines = printed(case_result).splitlines()
    if not lines:
        return
    yield from ("", "The host printed since the last request:")
    left_out = len(lines) - _PRINTED_FIRST - _PRINTED_LAST
    for number, line in enumerate(lines):
        if left_out <= 0 or number < _PRINTED_FIRST or number >= len(lines) - _PRINTED_LAST:
            yield f"  {shortened(line)}"
        elif number == _PRINTED_FIRST:
            whole = f"{folder / 'report.html'} has them" if folder else "run with --report DIR to have them"
            yield f"  ... {left_out} lines: {whole} ..."


def printed(case_result: CaseResult) -> str:
    """Return what the host printed since the call that went wrong."""
    return next((violation.printed for violation in case_result.violations if violation.printed), "")


def shown_causes(causes: Sequence[Cause], replay: Callable[[str], str]) -> Iterator[str]:
    """Return likely causes in lines; `replay` gives the line that shows the case of an id."""
    for number, cause in enumerate(causes, 1):
        where = ", ".join(cause.abis) + (f"; {', '.join(cause.encodings)}" if cause.encodings else "")
        yield f"{number}. {cause.clause} ({cause.level}), {extent(cause)} [{where}]"
        yield from textwrap.wrap(
            f"{cause.verdict}: {cause.diagnosis}", _WIDTH, initial_indent="   ", subsequent_indent="   "
        )
        if cause.touches:
            others = ", ".join(f"{name} {count}" for name, count in cause.touches.items())
            yield from textwrap.wrap(f"shows under {others} too", _WIDTH, initial_indent="   ", subsequent_indent="   ")
        yield f"   Replay: {replay(cause.case)}"


def extent(cause: Cause) -> str:
    """Return how many cases fail of a cause, and how many more it blocks: `3 cases, 12 blocked`."""
    number = len(cause.cases)
    return f"{number} case{'s' * (number != 1)}" + (f", {len(cause.blocked)} blocked" if cause.blocked else "")


def account(case: Case, case_result: CaseResult, *, whole: bool = False) -> str:
    """Write what a case came to that somebody looks at by itself, whatever that is.

    With `whole` the lines that went to and fro are not shortened.
    """
    headline = _HEADLINES.get(case_result.verdict, case_result.verdict.upper())
    told = case_result.diagnosis or (f"chose {case_result.choice}" if case_result.choice else "every answer is right")
    clause = case.others.get(case_result.clause, case.clause)
    lines = [case_result.id, "", *_duty(clause, case_result), "", *_wrapped(f"{headline}: {told}")]
    lines += [f"Vector: {case_result.place}"] if case_result.place else []
    if case_result.transcript:
        lines += ["", *_conversation(case_result, _WHOLE if whole else None)]
    words = printed(case_result)
    return "\n".join([*lines, *(["", "The host printed since the last request:", words] if words else [])])


def _duty(clause: Clause, case_result: CaseResult) -> list[str]:
    """Return what is owed, where that stands, and why there is this vector."""
    return [
        *_wrapped(f"{clause.id} ({clause.level.value}): {clause.text}"),
        *(f"Where it stands: {source.url}" for source in clause.sources),
        *(_wrapped(f"Why this vector: {case_result.why}") if case_result.why else []),
        *([f"Met while testing {case_result.own_clause}"] if case_result.own_clause else []),
    ]


def _conversation(case_result: CaseResult, longest: int | None = None) -> list[str]:
    return [
        "Conversation (requests to the probe and its replies):",
        *(f"  {line}" for line in conversation(case_result, longest)),
    ]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH, subsequent_indent="    ")


def replay_line(command: Sequence[str], case_ids: Sequence[str], file: str = "") -> str:
    """Return the line for a shell that runs these cases and no others. `command` runs the suite on the host.

    `file` holds the vector where it is none of the suite's.
    """
    cases = [word for case_id in case_ids for word in ("--case", case_id)]
    return shell_line([*command, *([f"--vectors={file}"] if file else []), *cases])


def replay_of(report: Report, case: CaseResult) -> str:
    """Return that line for a case of a report."""
    generated = generated_vectors(report).get(case.id)
    return replay_line(report.replay, shown_by(case), generated.file if generated else "")


def shown_by(case: CaseResult) -> tuple[str, ...]:
    """Return the ids of the cases that show what is wrong: its own, if it takes no others before it."""
    return case.shown_by or (case.id,)


def shell_line(command: Sequence[str]) -> str:
    """Write a command as a line for a shell."""
    return shlex.join(command)
