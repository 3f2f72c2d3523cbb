"""What an exit code tells of a process that ended instead of answering."""

import re
import signal

from wasi_nn_conformance.session.outcome import Kind

from .adapter import ExitCodes

# Shells, containers and `timeout` turn the signal that a host died of into such a code; some hosts use 134 for traps.
_OF_SIGNALS = frozenset(
    128 + each for each in (signal.SIGILL, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV)
)
_DIED = re.compile(
    r"panicked at|core dumped|terminate called|Assertion .*failed|double free|free\(\): |malloc\(\): |corrupted "
    r"|[Ss]egmentation fault|AddressSanitizer|[Ff]atal (?:Python |runtime )?error|^Aborted$"
    r"|SIG(?:ABRT|SEGV|BUS|ILL|FPE)",
    re.MULTILINE,
)
_TRAPPED = re.compile(r"\b[Tt]rap(?:s|ped)?\b|\bunreachable\b")


def kind_of_end(code: int, printed: str, codes: ExitCodes) -> Kind:
    """Return how a process ended: by a trap of its guest, by an error of its own, or by its death.

    A code that stands for a trap and for a signal, too, is told by what the host `printed` of it.
    """
    if code in codes.trap:
        died = code in _OF_SIGNALS and _DIED.search(printed) and not _TRAPPED.search(printed)
        return Kind.CRASH if died else Kind.TRAP
    return Kind.HOST_ERROR if code in codes.host_error else Kind.CRASH
