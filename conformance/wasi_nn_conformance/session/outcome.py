"""What a call of the guest came to, in words that are the same for every ABI."""

from dataclasses import dataclass, field
from enum import Enum

from .wire import Answer, Done


class Kind(Enum):
    """The kinds of outcome. Only the first three are answers that a clause can accept."""

    OK = "ok"
    ERROR = "error"
    TRAP = "trap"
    HOST_ERROR = "host_error"
    """The host ended the run with an error of its own, neither a trap of the guest nor a crash."""
    CRASH = "crash"
    HANG = "hang"
    BROKEN = "broken"
    """The probe or the vector is at fault, not the host."""


UNREAD = "unread"
"""In the place of a code, where nobody asked an error for it."""


@dataclass(frozen=True)
class Outcome:
    """What the guest saw.

    code: the error's name as in witx, or `UNREAD`; None for a number that is none. ended: how the process ended
    (`signal SIGSEGV`). printed: what the host printed since the call. detail: what is wrong, of a hang and of a broken
    probe.
    """

    kind: Kind
    code: str | None = None
    detail: str = ""
    reply: Answer = field(default_factory=Done)
    ended: str = ""
    printed: str = ""

    @property
    def words(self) -> str:
        """The outcome in a few words."""
        match self.kind:
            case Kind.OK:
                return "success"
            case Kind.ERROR:
                return f"error {self.code}"
            case Kind.HOST_ERROR:
                return "an error of the host itself"
            case _:
                return f"a {self.kind.value}"
