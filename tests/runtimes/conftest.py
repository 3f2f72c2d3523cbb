"""The scripts of runtimes/ are no package: they are run, and imported here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "runtimes"))
