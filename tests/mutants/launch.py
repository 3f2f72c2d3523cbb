"""Applies mutants and runs the program `wasi-nn` so: launch.py MUTANT[+MUTANT...] run GUEST.wasm."""

from __future__ import annotations

import sys

from mutant import PatchError, faults_named

_USAGE, _NOT_APPLIED = 2, 70


def main(arguments: list[str]) -> int:
    """Run the reference with the faults that the first argument names."""
    try:
        faults = faults_named(arguments[0] if arguments else "")
    except PatchError as error:
        sys.stderr.write(f"usage: launch.py MUTANT[+MUTANT...] COMMAND ...; {error}\n")
        return _USAGE
    try:
        for fault in faults:
            fault.apply()
    except PatchError as error:
        sys.stderr.write(f"the mutant does not apply: {error}\n")
        return _NOT_APPLIED
    from wasi_nn_cli.program import main as run  # noqa: PLC0415 - after the patch, as the program itself does

    return run(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
