"""What a call of the guest came to, in words that are the same for every ABI."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Kind(Enum):
    """The kinds of outcome. Only the first three are answers that a clause can accept."""

    OK = "ok"
    ERROR = "error"
    TRAP = "trap"
    CRASH = "crash"
    HANG = "hang"
    BROKEN = "broken"
    """The probe or the vector is at fault, not the host."""


@dataclass(frozen=True)
class Outcome:
    """What the guest saw.

    `code` is the error's name as in witx, `detail` one line for people, and `faults` what is wrong whatever
    the clause accepts: memory written that was not the host's to write, a result that is none. `unchecked` says
    why nobody knows whether the success is right.
    """

    kind: Kind
    code: str | None = None
    detail: str = ""
    reply: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    unchecked: str = ""

    @property
    def words(self) -> str:
        """Return the outcome in a few words."""
        match self.kind:
            case Kind.OK:
                return "success"
            case Kind.ERROR:
                return f"error {self.code}"
            case _:
                return f"a {self.kind.value}" + (f" ({self.detail})" if self.detail else "")
