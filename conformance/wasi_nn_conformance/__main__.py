"""`python -m wasi_nn_conformance`: the same as `wasi-nn check`."""

import sys

from wasi_nn_conformance.commands.check import console

if __name__ == "__main__":
    sys.exit(console())
