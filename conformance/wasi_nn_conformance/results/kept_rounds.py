"""The rounds of a case in its transcript: of many the first is kept, and the one that was not as it should be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NOTE = re.compile(r"> \(rounds? (?:\d+ to )?(\d+)\)")


def round_words(first: int, last: int | None = None) -> str:
    """Return what the transcript says in the place of a request where a round begins, or where some are left out."""
    return f"round {first}" if last is None else f"rounds {first} to {last}"


@dataclass(frozen=True)
class KeptRounds:
    """The lines of a transcript `before` the rounds, those of the `first` of `count` rounds, and those `after` all."""

    before: tuple[str, ...]
    first: tuple[str, ...]
    count: int
    after: tuple[str, ...]


def kept_rounds(transcript: Sequence[str]) -> KeptRounds | None:
    """Return the parts of a transcript; None if it has no second round."""
    notes = {number: int(note[1]) for number, line in enumerate(transcript) if (note := _NOTE.fullmatch(line))}
    if len(notes) < 2:
        return None
    first, *_, last = notes
    is_over = "rounds" in transcript[last]
    second = next(number for number in notes if number > first)
    return KeptRounds(
        tuple(transcript[:first]),
        tuple(transcript[first + 2 : second]),  # a note is two lines, too
        notes[last],
        tuple(transcript[last + 2 :]) if is_over else (),
    )
