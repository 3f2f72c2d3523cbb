"""Has in memory what the miniatures of numpy import and read, and forks one whenever it is asked to.

python zygote_of_hosts.py SOCKET
"""

import sys
from pathlib import Path

from committed_models import committed_models

sys.path.append(str(Path(__file__).resolve().parent.parent / "mutants"))
from zygote import serve


def prepare() -> None:
    """Import and read what a start takes its time for."""
    import noisy_host  # noqa: F401, PLC0415 - and so numpy_host

    committed_models()


if __name__ == "__main__":
    serve(sys.argv[1], prepare)
