"""The shortest past after which a case fails: what a process served before, tried again on new ones."""

import time
from collections.abc import Sequence

from wasi_nn_conformance.vectors.case import Case

from .host_pool import Host

_SECONDS = 20.0  # for one finding: it stands whether or not the shortest past is found


def shortest_past(host: Host, before: Sequence[Case], case: Case) -> tuple[Case, ...]:
    """Return those of the cases before, the last ones, after which `case` fails again; none if it does not."""
    deadline = time.monotonic() + _SECONDS
    length = 1
    while before and time.monotonic() < deadline:
        tried = before[-length:]
        again = host.last_of([*tried, case])
        if again is not None and again.verdict.is_finding:
            return tuple(tried)
        if length >= len(before):
            break
        length *= 2
    return ()
