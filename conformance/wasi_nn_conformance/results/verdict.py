"""What a case came to. The words and their order of severity are the same in every report."""

from enum import StrEnum


class Verdict(StrEnum):
    """A verdict; later members are worse, and a case gets the worst that any of its steps earned."""

    PASS = "pass"  # noqa: S105 no password
    """Every step answered as the clause wants, and as it prefers."""
    UNSUPPORTED = "unsupported"
    """The host's adapter declares that it does not offer what the vector needs."""
    BLOCKED = "blocked"
    """What the case is about was not reached: another finding, which it names, stands before it."""
    DEVIATES = "deviates"
    """An answer that the clause accepts, but not the one it prefers."""
    XFAIL = "xfail"
    """A finding that a known failure tells of."""
    FAIL = "fail"
    """An answer that the clause does not accept."""
    HANG = "hang"
    """No answer within the time for one call."""
    CRASH = "crash"
    """The host itself died: a signal, a panic, an abort. A guest's trap is no crash."""
    XPASS = "xpass"
    """No finding where a known failure tells of one: the file must be mended."""
    ERROR = "error"
    """The suite could not judge: a fault of the vector, the probe or the adapter, never of the host."""

    @property
    def severity(self) -> int:
        """Rank from 0 (pass) upwards."""
        return _ORDER.index(self)

    @property
    def is_finding(self) -> bool:
        """Return whether the host broke the clause."""
        return self in (Verdict.FAIL, Verdict.HANG, Verdict.CRASH)

    @property
    def fails_the_run(self) -> bool:
        """Return whether somebody must do something: mend the host, the file of known failures or the suite."""
        return self.is_finding or self in (Verdict.XPASS, Verdict.ERROR)


_ORDER = tuple(Verdict)
