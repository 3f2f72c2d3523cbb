"""What came of one case of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.clause import Level

from .verdict import Verdict
from .violation import Violation, diagnosis

_SHOWN = 160  # characters of a line of the transcript


@dataclass(frozen=True)
class Judgement:
    """What one step or block came to; `choice` is the answer to what the clause leaves open.

    `reason` says why there is no verdict on a host that does not offer what the case needs.
    """

    verdict: Verdict
    violations: tuple[Violation, ...] = ()
    choice: str | None = None
    reason: str = ""

    def at(self, call: str, clause: str, step: int | None = None, line: int | None = None) -> "Judgement":
        """Return the judgement with the place of its violations, and the clause that was held against them.

        A violation of a clause that every answer is held against has it already.
        """
        placed = [
            msgspec.structs.replace(violation, call=call, clause=violation.clause or clause, step=step, line=line)
            for violation in self.violations
        ]
        return Judgement(self.verdict, tuple(placed), self.choice, self.reason)

    def with_printed(self, printed: str) -> "Judgement":
        """Return the judgement with what the host printed since the call, where the answer did not bring it."""
        if not printed or not self.violations or self.violations[0].printed:
            return self
        first = msgspec.structs.replace(self.violations[0], printed=printed)
        return Judgement(self.verdict, (first, *self.violations[1:]), self.choice, self.reason)

    @property
    def diagnosis(self) -> str:
        """In one line what is wrong; it begins with what the host did, which stays when vectors move."""
        return self.reason or diagnosis(self.violations)


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the file of known failures says of a case."""

    outcome: Annotated[Verdict, Meta(description="the verdict that is known")]
    because: Annotated[str, Meta(description="what is wrong with the host")]
    fix: Annotated[str, Meta(description="what would mend it")] = ""
    link: Annotated[str, Meta(description="where it is discussed")] = ""


class CaseResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the report keeps of one case."""

    id: Annotated[str, Meta(description="selects the case: --case ID")]
    vector: str
    clause: str
    level: Level
    abi: str
    encoding: Annotated[str | None, Meta(description="null for a conversation without a model")]
    verdict: Verdict
    diagnosis: Annotated[str, Meta(description="one line; empty for pass")]
    choice: Annotated[str | None, Meta(description="what the host answered where the text leaves it open")]
    seconds: Annotated[float, Meta(ge=0, description="the time of the whole conversation")]
    transcript: Annotated[tuple[str, ...], Meta(description="lines sent (`> `) and received (`< `)")] = ()
    expected: Expected | None = None
    why: Annotated[str, Meta(description="the reason of the vector")] = ""
    place: Annotated[str, Meta(description="the vector's file and line")] = ""
    question: Annotated[
        str | None, Meta(description="which question of a clause of level defined the case asks, if not all of it")
    ] = None
    violations: Annotated[tuple[Violation, ...], Meta(description="what is wrong with the answer, as fields")] = ()
    own_clause: Annotated[str, Meta(description="the vector's clause, where another one is accused")] = ""
    blocked_by: Annotated[str | None, Meta(description="the id of the case whose finding blocks this one")] = None
    alone: Annotated[bool, Meta(description="the case was judged in a process of its own")] = False
    shown_by: Annotated[
        tuple[str, ...], Meta(description="the cases that show it one after another in one process, if not it alone")
    ] = ()
    decoded: Annotated[
        tuple[str, ...], Meta(description="the transcript in words; empty where every answer is right")
    ] = ()

    @classmethod
    def of(
        cls,
        case: Case,
        judgements: Sequence[Judgement],
        seconds: float,
        transcript: Sequence[str],
        decoded: Sequence[str] = (),
    ) -> "CaseResult":
        """Make the result of `case` from what its steps came to: the worst verdict, and what explains it."""
        decisive = max(judgements, key=lambda judgement: judgement.verdict.severity, default=Judgement(Verdict.PASS))
        choices = dict.fromkeys(judgement.choice for judgement in judgements if judgement.choice)
        broken = next((violation.clause for violation in decisive.violations if violation.clause), None)
        clause = case.others.get(broken, case.clause) if broken else case.clause
        return cls(
            id=case.id,
            vector=case.vector.id,
            clause=clause.id,
            level=clause.level,
            abi=case.abi,
            encoding=case.encoding,
            verdict=decisive.verdict,
            diagnosis=decisive.diagnosis,
            choice="; ".join(choices) or None,
            seconds=round(seconds, 6),
            transcript=tuple(transcript),
            decoded=tuple(decoded),
            question=case.vector.question,
            why=" ".join(case.vector.why.split()),
            place=":".join(str(part) for part in (case.vector.path.name, case.vector.line) if part),
            violations=decisive.violations,
            own_clause=case.clause.id if clause is not case.clause else "",
        )

    def json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


def conversation(case_result: CaseResult, longest: int | None = None) -> list[str]:
    """Return the conversation for people: each line in words, where there are some, and as it went below it.

    What went is cut to `longest` characters, by default to what a reader takes in.
    """
    longest, lines = longest or _SHOWN, []
    for number, line in enumerate(case_result.transcript):
        if number < len(case_result.decoded):
            lines.append(f"{line[:2]}{case_result.decoded[number]}")
            if line[2:] != f"({case_result.decoded[number]})":  # what came instead of a line is words already
                lines.append(f"      {shortened(line[2:], longest)}")
        else:
            lines.append(shortened(line, longest))
    return lines


def shortened(line: str, longest: int = _SHOWN) -> str:
    """Cut a line of a transcript for people: the middle of long bytes says nothing."""
    return line if len(line) <= longest else f"{line[: longest - 60]} ... {line[-50:]} ({len(line)} characters)"
