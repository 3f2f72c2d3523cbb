"""What a run saw of the host's processes besides answers: no verdict, but a hint at what grows."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

_Natural = Annotated[int, Meta(ge=0)]
_MIB = 1 << 20


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a process of the host had at one moment, its children with it."""

    memory: Annotated[int, Meta(ge=0, description="bytes that it uses, and not only has reserved")]
    files: Annotated[int, Meta(ge=0, description="open files")]
    threads: _Natural
    processes: Annotated[int, Meta(ge=0, description="itself and its children")]


class Observation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The process that served most cases of one ABI and encoding, after its first and after its last case."""

    abi: str
    encoding: Annotated[str | None, Meta(description="null for conversations without a model")]
    cases: Annotated[int, Meta(ge=1, description="cases that it served, one after the other")]
    first: Size
    last: Size

    @property
    def words(self) -> str:
        """What it came to, on one line."""
        first, last = self.first, self.last
        what = ", ".join(part for part in (self.abi, self.encoding) if part)
        grew = [f"{first.memory / _MIB:.0f} to {last.memory / _MIB:.0f} MiB"]
        grew += [f"{getattr(first, name)} to {getattr(last, name)} {word}" for name, word in _COUNTED.items()]
        return f"{what}: over {self.cases} cases {', '.join(grew)}"


_COUNTED = {"files": "open files", "threads": "threads", "processes": "processes"}


def longest(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Return of each ABI and encoding the process that served most."""
    most: dict[tuple[str, str], Observation] = {}
    for each in observations:
        pair = (each.abi, each.encoding or "")
        if pair not in most or each.cases > most[pair].cases:
            most[pair] = each
    return tuple(most[pair] for pair in sorted(most))
