"""A failing case in words for the developer of the runtime: what is owed, what was seen, how to see it again."""

import shlex
import textwrap
from collections.abc import Sequence

from wasi_nn_conformance.results.case_result import CaseResult, conversation
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.case import Case

from .data import Report
from .grid import generated_vectors

_WIDTH = 100
_HEADLINES = {
    Verdict.FAIL: "FAIL",
    Verdict.HANG: "HANG",
    Verdict.CRASH: "CRASH",
    Verdict.XPASS: "PASSED where a finding is known",
    Verdict.ERROR: "ERROR of the suite, not of the host",
}
_WHOLE = 1 << 30  # characters: more than any line has


def paragraph(case: Case, case_result: CaseResult, replay: str) -> str:
    """Write the paragraph of one case that failed."""
    found = [
        *_wrapped(f"{_HEADLINES[case_result.verdict]}: {case_result.diagnosis}"),
        f"Vector: {case_result.place}",
        f"Replay: {replay}",
    ]
    return "\n".join([*_duty(case, case_result), "", *found, "", *_conversation(case_result)])


def account(case: Case, case_result: CaseResult, *, whole: bool = False) -> str:
    """Write what a case came to that somebody looks at by itself, whatever that is.

    With `whole` the lines that went to and fro are not shortened.
    """
    headline = _HEADLINES.get(case_result.verdict, case_result.verdict.upper())
    told = case_result.diagnosis or (f"chose {case_result.choice}" if case_result.choice else "every answer is right")
    lines = [case_result.id, "", *_duty(case, case_result), "", *_wrapped(f"{headline}: {told}")]
    lines.append(f"Vector: {case_result.place}")
    if case_result.transcript:
        lines += ["", *_conversation(case_result, _WHOLE if whole else None)]
    printed = case_result.violations[0].printed if case_result.violations else ""
    return "\n".join([*lines, *(["", "The host printed since the last request:", printed] if printed else [])])


def _duty(case: Case, case_result: CaseResult) -> list[str]:
    """Return what is owed, where that stands, and why there is this vector."""
    clause = case.others.get(case_result.clause, case.clause)
    return [
        *_wrapped(f"{clause.id} ({clause.level.value}): {clause.text}"),
        *(f"Where it stands: {source.url}" for source in clause.sources),
        *_wrapped(f"Why this vector: {case.vector.why}"),
    ]


def _conversation(case_result: CaseResult, longest: int | None = None) -> list[str]:
    return [
        "Conversation (requests to the probe and its replies):",
        *(f"  {line}" for line in conversation(case_result, longest)),
    ]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH, subsequent_indent="    ")


def replay_line(command: Sequence[str], case_id: str, file: str = "") -> str:
    """Return the line for a shell that runs one case alone. `command` runs the suite on the host.

    `file` holds the vector where it is none of the suite's.
    """
    return shell_line([*command, *([f"--vectors={file}"] if file else []), "--case", case_id])


def replay_of(report: Report, case: CaseResult) -> str:
    """Return that line for a case of a report."""
    generated = generated_vectors(report).get(case.id)
    return replay_line(report.replay, case.id, generated.file if generated else "")


def shell_line(command: Sequence[str]) -> str:
    """Write a command as a line for a shell."""
    return shlex.join(command)
