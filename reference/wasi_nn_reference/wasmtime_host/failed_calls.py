"""Tells the user of a guest that failed where to read why."""

from __future__ import annotations

from wasi_nn_reference.console import note


def point_to_verbose(failed: int, *, verbose: bool) -> None:
    """Write that calls of wasi-nn failed, for someone who has not been told of each."""
    if failed and not verbose:
        note(f"{failed} call{'s' if failed > 1 else ''} of wasi-nn failed; --verbose says why")
