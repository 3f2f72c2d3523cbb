"""`python -m wasi_nn_cli`: the same as the program `wasi-nn`."""

import sys

from wasi_nn_cli.program import main

if __name__ == "__main__":
    sys.exit(main())
