"""Applies one mutant and runs the program `wasi-nn` so: launch.py MUTANT run GUEST.wasm."""

from __future__ import annotations

import sys

from mutant import HEALTHY, PatchError, mutants

_USAGE, _NOT_APPLIED = 2, 70


def main(arguments: list[str]) -> int:
    """Run the reference with the fault that the first argument names."""
    known = {HEALTHY.id: HEALTHY, **mutants()}
    if not arguments or arguments[0] not in known:
        sys.stderr.write(f"usage: launch.py MUTANT COMMAND ...; there is no mutant {arguments[:1]}\n")
        return _USAGE
    try:
        known[arguments[0]].apply()
    except PatchError as error:
        sys.stderr.write(f"the mutant does not apply: {error}\n")
        return _NOT_APPLIED
    from wasi_nn_cli.program import main as run  # noqa: PLC0415 - after the patch, as the program itself does

    return run(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
