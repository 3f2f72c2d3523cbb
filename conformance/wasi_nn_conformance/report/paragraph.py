"""A failing case in words for the developer of the runtime: what is owed, what was seen, how to see it again."""

import shlex
import textwrap
from collections.abc import Sequence

from wasi_nn_conformance.results.case_result import CaseResult, shortened
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


def paragraph(case: Case, case_result: CaseResult, replay: str) -> str:
    """Write the paragraph of one case that failed."""
    clause = case.others.get(case_result.clause, case.clause)
    lines = [
        *_wrapped(f"{clause.id} ({clause.level.value}): {clause.text}"),
        *(f"Where it stands: {source.url}" for source in clause.sources),
        *_wrapped(f"Why this vector: {case.vector.why}"),
        "",
        *_wrapped(f"{_HEADLINES[case_result.verdict]}: {case_result.diagnosis}"),
        f"Vector: {case_result.place}",
        f"Replay: {replay}",
        "",
        "Conversation (requests to the probe and its replies):",
        *(f"  {shortened(line)}" for line in case_result.transcript),
    ]
    return "\n".join(lines)


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
