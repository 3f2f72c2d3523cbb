"""Where the vectors and the prebuilt guests lie: inside the wheel, or beside the package in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IMPLS = PACKAGE / "impls"

_IN_WHEEL = PACKAGE / "data"
_CHECKOUT = PACKAGE.parent.parent

VECTORS = _IN_WHEEL / "vectors" if _IN_WHEEL.is_dir() else _CHECKOUT / "vectors"
GUESTS = _IN_WHEEL / "guests" if _IN_WHEEL.is_dir() else _CHECKOUT / "guests" / "prebuilt"
SCHEMAS = VECTORS / "schema"
