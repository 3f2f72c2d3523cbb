"""The scripts of runtimes/ are no package: they are run, and imported here, as is what makes sample reports."""

import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(HOUSE / "runtimes"), str(HOUSE / "tests" / "conformance")]
