"""`python -m wasi_nn_reference`: the same as the program `wasi-nn`."""

from __future__ import annotations

import sys

from wasi_nn_cli.program import main

if __name__ == "__main__":
    sys.exit(main())
