"""The reference as a host with many faults: it bears four graphs, keeps the guest's memory, has f32 alone, and logs.

`python many_faults.py run GUEST.wasm`. What the variable WASI_NN_LOG says stands in each line of its log.
"""

import sys
from pathlib import Path

MUTANTS = Path(__file__).resolve().parent.parent / "mutants"
HOST = "four graphs, memory kept, only f32, a log"


def main(arguments: list[str]) -> int:
    """Run the reference with these faults."""
    sys.path.insert(0, str(MUTANTS))
    from launch import main as launch  # noqa: PLC0415 - found there now
    from likenesses import HOSTS  # noqa: PLC0415 - as above

    return launch(["+".join(HOSTS[HOST]), *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
