"""What came of one case of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.clause import Clause

from .verdict import Verdict

_SHOWN = 160  # characters of a line of the transcript


@dataclass(frozen=True)
class Judgement:
    """What one step or block came to, in words; `choice` is the answer to what the clause leaves open.

    `clause` is the one that was held against it, where it is known.
    """

    verdict: Verdict
    wanted: str = ""
    got: str = ""
    choice: str | None = None
    where: str = ""
    clause: Clause | None = None

    @property
    def diagnosis(self) -> str:
        """Return in one line what is wrong; it begins with what the host did, which stays when vectors move."""
        if self.verdict in (Verdict.PASS, Verdict.UNSUPPORTED):
            return self.got
        wanted = f"wanted {self.wanted}" if self.wanted else ""
        return "; ".join(part for part in (self.got, wanted, self.where) if part)


@dataclass(frozen=True)
class CaseResult:
    """What the report keeps of one case; all of it can be written as JSON.

    `seconds` is the time of the whole conversation, `transcript` the lines sent (`> `) and received (`< `).
    `why` is the vector's reason and `place` its file and line.
    `expected` has the outcome and the reason of a known failure, `question` what of a clause the vector
    asks where that is less than all of it.
    """

    id: str
    vector: str
    clause: str
    level: str
    abi: str
    encoding: str | None
    verdict: str
    diagnosis: str
    choice: str | None
    seconds: float
    transcript: Sequence[str] = field(default_factory=tuple)
    expected: Mapping[str, str] | None = None
    why: str = ""
    place: str = ""
    question: str | None = None

    @classmethod
    def of(cls, case: Case, judgements: Sequence[Judgement], seconds: float, transcript: Sequence[str]) -> "CaseResult":
        """Make the record of `case` from what its steps came to: the worst verdict, and what explains it."""
        decisive = max(judgements, key=lambda judgement: judgement.verdict.severity, default=Judgement(Verdict.PASS))
        choices = dict.fromkeys(judgement.choice for judgement in judgements if judgement.choice)
        clause = case.clause if decisive.verdict is Verdict.PASS else decisive.clause or case.clause
        return cls(
            id=case.id,
            vector=case.vector.id,
            clause=clause.id,
            level=clause.level.value,
            abi=case.abi,
            encoding=case.encoding,
            verdict=decisive.verdict.value,
            diagnosis=decisive.diagnosis,
            choice="; ".join(choices) or None,
            seconds=round(seconds, 6),
            transcript=tuple(transcript),
            question=case.vector.question,
            why=" ".join(case.vector.why.split()),
            place=":".join(str(part) for part in (case.vector.path.name, case.vector.line) if part),
        )

    def json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return {**asdict(self), "transcript": list(self.transcript)}


def shortened(line: str) -> str:
    """Cut a line of a transcript for people: the middle of long bytes says nothing."""
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 60]} ... {line[-50:]} ({len(line)} characters)"
