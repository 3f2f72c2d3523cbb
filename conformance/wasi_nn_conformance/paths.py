"""Where the vectors and the prebuilt guests lie: inside the wheel, or beside the package in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IMPLS = PACKAGE / "impls"

_IN_WHEEL = PACKAGE / "data"
CHECKOUT = PACKAGE.parent.parent

IN_WHEEL = _IN_WHEEL.is_dir()
"""Return whether this is an installed package and no checkout."""

VECTORS = _IN_WHEEL / "vectors" if IN_WHEEL else CHECKOUT / "vectors"
GUESTS = _IN_WHEEL / "guests" if IN_WHEEL else CHECKOUT / "guests" / "prebuilt"
SCHEMAS = VECTORS / "schema"
